//! PROXY headers from trusted load balancers and from other peers.

use std::net::TcpStream;

use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::HttpConnection;
use clairon_tests::raw::{RawSocket, handshake};
use clairon_tests::server::Server;
use serde_json::Value;

const LINE: &[u8] = b"PROXY TCP4 192.0.2.7 192.0.2.2 56324 443\r\n";
/// Version 2, with a field after the addresses.
const FIELDS: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x10\xc0\0\x02\x08\xc0\0\x02\x02\xdc\x04\x01\xbb\x04\0\x01\x09";
/// The load balancer's own connection (version 2, command LOCAL).
const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

fn app() -> App {
    App::new("proxied")
}

fn server(trusted: &str) -> Server {
    let server = Server::builder().app(app()).listen(["127.0.0.1:0?proxy_protocol"]);
    server.env("CLAIRON_SERVER_TRUSTED_PROXIES", trusted).start()
}

/// Connects with a header to an app that does not exist, and returns the address in the log.
fn logged_peer(server: &Server, header: &[u8], key: &str) -> Value {
    let mut connection = HttpConnection::open(server);
    connection.write([header, handshake(&format!("/app/{key}?protocol=7"), "").as_bytes()].concat());
    let mut socket = RawSocket::switched(connection);
    assert_eq!(socket.event()["data"]["code"], 4001);
    let is_wanted = |line: &Value| line["reason"].as_str().is_some_and(|reason| reason.contains(key));
    server.wait_for_log("a refusal", is_wanted)["peer"].clone()
}

fn refusal(server: &Server, part: &str) -> Value {
    server.wait_for_log(part, |line| line["reason"].as_str().is_some_and(|reason| reason.contains(part)))
}

#[test]
fn a_header_names_the_client() {
    let server = server("");
    assert_eq!(logged_peer(&server, LINE, "by-line"), "192.0.2.7");
    assert_eq!(logged_peer(&server, FIELDS, "by-fields"), "192.0.2.8");
    assert_eq!(logged_peer(&server, LOCAL, "of-the-balancer"), "127.0.0.1");
    assert_eq!(logged_peer(&server, b"PROXY UNKNOWN\r\n", "unknown"), "127.0.0.1");
    // Nobody has this address. The server does not take it for a connection without one.
    assert_eq!(logged_peer(&server, b"PROXY TCP6 :: ::1 1 2\r\n", "unspecified"), "127.0.0.1");
}

#[test]
fn a_client_behind_a_header_is_served_as_any() {
    let server = server("127.0.0.0/8");
    let mut connection = HttpConnection::open(&server);
    // The header arrives in two parts.
    connection.write(&LINE[..20]);
    connection.write(&LINE[20..]);
    connection.write(handshake(&format!("/app/{}?protocol=7", app().key), ""));
    let mut client = Client::established(RawSocket::switched(connection), &app());
    let _ = client.subscribe("private-a");
    let mut backend = HttpConnection::open(&server);
    backend.write(LINE);
    // The header is sent once for each connection.
    assert_eq!(backend.get("/up").status, 200);
    assert_eq!(backend.get("/up").status, 200);
}

#[test]
fn headers_of_strangers_are_not_read() {
    let server = server("192.0.2.0/24, unix");
    let mut connection = HttpConnection::open(&server);
    // The server may close the connection before all of this is written.
    let _ = connection.try_write(&[LINE, b"GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n"].concat());
    assert!(connection.is_closed());
    assert_eq!(refusal(&server, "server.trusted_proxies")["peer"], "127.0.0.1");
}

#[test]
fn connections_without_a_right_header_are_closed() {
    let server = server("");
    let huge = [&FIELDS[..14], b"\xff\xff", &[0; 200][..]].concat();
    for (bytes, part) in [
        (&b"GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n"[..], "without a PROXY header"),
        (b"\x16\x03\x01\x00\x2b\x01", "without a PROXY header"),
        (b"PROXY TCP4 192.0.2.7\r\nGET /up HTTP/1.1\r\n\r\n", "version 1 is malformed"),
        (&[b"PROXY UNKNOWN ", &[b'x'; 500][..]].concat(), "too long"),
        (b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c000000000000", "version 2 is malformed"),
        (&huge, "too long"),
    ] {
        let mut connection = HttpConnection::open(&server);
        let _ = connection.try_write(bytes);
        assert!(connection.is_closed(), "{part}");
        assert_eq!(refusal(&server, part)["peer"], "127.0.0.1");
    }
}

#[test]
fn a_header_that_does_not_come_keeps_nothing_open() {
    let server = server("");
    let mut connection = HttpConnection::open(&server);
    connection.write(&LINE[..20]);
    // After ten seconds. The test's deadline is longer.
    assert!(connection.is_closed());
    // A load balancer that checks whether the port is open sends nothing, and this is not logged.
    drop(TcpStream::connect(("127.0.0.1", server.port())).unwrap());
    let lines = server.log().lines();
    assert!(!lines.iter().any(|line| line["level"] == "WARN"), "{lines:?}");
}

#[test]
fn the_port_of_the_metrics_can_have_one_too() {
    let server = Server::builder().app(app()).env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0?proxy_protocol").start();
    let ready = server.wait_for_log("the line that says ready", |line| line["message"] == "ready");
    let mut connection = HttpConnection::to(ready["metrics"].as_str().unwrap());
    connection.write(LOCAL);
    assert!(connection.get("/metrics").body.contains("clairon_connected"));
}
