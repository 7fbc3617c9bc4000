//! Clients and proxies that speak another protocol than HTTP/1.1: the log names the protocol and what to change.

use clairon_tests::app::App;
use clairon_tests::http::{self, HttpConnection};
use clairon_tests::server::Server;
use serde_json::Value;

/// The start of a TLS handshake: a record with a `ClientHello`, up to the session id.
const CLIENT_HELLO: &[u8] = b"\x16\x03\x01\x00\x2b\x01\x00\x00\x27\x03\x03\
    0123456789abcdef0123456789abcdef\x00\x00\x02\x13\x01";
/// The fatal alert `handshake_failure`.
const ALERT: &[u8] = b"\x15\x03\x03\x00\x02\x02\x28";

/// All info lines that contain `part`.
fn lines(server: &Server, part: &str) -> Vec<Value> {
    let is_wanted =
        |line: &Value| line["level"] == "INFO" && line["message"].as_str().is_some_and(|text| text.contains(part));
    server.log().lines().into_iter().filter(is_wanted).collect()
}

/// Sends the bytes twice, each time in one packet, and expects one log line about them.
fn assert_logged_once(server: &Server, bytes: &[u8], part: &str, end: impl Fn(&mut HttpConnection)) {
    for _ in 0..2 {
        let mut connection = HttpConnection::open(server);
        connection.write(bytes);
        end(&mut connection);
    }
    let is_wanted = |line: &Value| line["message"].as_str().is_some_and(|text| text.contains(part));
    let line = server.wait_for_log(part, is_wanted);
    assert_eq!((&line["peer"], &line["port"]), (&"127.0.0.1".into(), &server.port().into()), "{line}");
    assert_eq!(lines(server, part).len(), 1);
}

#[test]
fn tls_gets_an_alert() {
    let server = Server::start(App::new("foreign"));
    assert_logged_once(&server, CLIENT_HELLO, "TLS came", |connection| {
        assert_eq!(connection.read(ALERT.len()).as_deref(), Some(ALERT));
        assert!(connection.is_closed());
    });
    assert!(lines(&server, "TLS came")[0].to_string().contains("PUSHER_SCHEME=http"));
}

#[test]
fn a_proxy_header_is_refused_and_named() {
    let server = Server::start(App::new("foreign"));
    let text = b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\nGET /up HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_logged_once(&server, text, "PROXY header", |connection| assert_eq!(connection.response().status, 400));
    let server = Server::start(App::new("foreign"));
    let binary =
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\0\x02\x01\xc0\0\x02\x02\xdc\x04\x01\xbbGET /up HTTP/1.1\r\n\r\n";
    assert_logged_once(&server, binary, "PROXY header", |connection| assert_eq!(connection.response().status, 400));
}

#[test]
fn http_2_is_refused_and_named() {
    let server = Server::start(App::new("foreign"));
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    assert_logged_once(&server, preface, "HTTP/2 came", |connection| assert!(connection.is_closed()));
    assert_eq!(http::get(&server, "/up").status, 200);
}

#[test]
fn the_port_of_the_metrics_says_so_too() {
    let server = Server::builder().app(App::new("foreign")).env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0").start();
    let ready = server.wait_for_log("the line that says ready", |line| line["message"] == "ready");
    let address = ready["metrics"].as_str().unwrap_or_else(|| panic!("no port of the metrics in {ready}"));
    let mut connection = HttpConnection::to(address);
    connection.write(CLIENT_HELLO);
    assert_eq!(connection.read(ALERT.len()).as_deref(), Some(ALERT));
    let _ = server.wait_for_log("a line about TLS", |line| line.to_string().contains("TLS came"));
}
