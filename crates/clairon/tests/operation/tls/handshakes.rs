//! Failed and incomplete handshakes, and bytes that are not TLS.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};

use clairon_test_servers::eventually;
use clairon_tests::api::Request;
use clairon_tests::http::HttpConnection;
use clairon_tests::metrics::Page;
use clairon_tests::transport::Transport;
use serde_json::Value;

use super::{Site, connect};

#[test]
fn plain_http_is_told_that_the_port_speaks_tls() {
    let site = Site::new();
    let server = site.server().start();
    for request in ["GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n", "POST /apps/1/events HTTP/1.1\r\nHost: h\r\n\r\n"] {
        let mut connection = HttpConnection::open(&server);
        connection.write(request);
        let response = connection.response();
        response.assert_refused(400, "HTTPS");
        assert!(connection.is_closed());
    }
    let line = server.wait_for_log("an info line", |line| line.to_string().contains("plain HTTP came"));
    assert_eq!((&line["level"], &line["peer"]), (&"INFO".into(), &"127.0.0.1".into()));
}

#[test]
fn handshakes_that_stop_are_ended_and_hinder_nobody() {
    let site = Site::new();
    let server = site.server().start();
    // An incomplete ClientHello, and a connection without any bytes.
    let mut stopped: Vec<_> = (0..50).map(|_| HttpConnection::open(&server)).collect();
    for connection in &mut stopped {
        connection.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    }
    let mut client = connect(HttpConnection::tls(&server, &site.client()));
    client.expect_nothing();
    // Ten seconds, as the test waits longer.
    assert!(stopped.iter_mut().all(HttpConnection::is_closed));
    client.expect_nothing();
}

#[test]
fn a_client_that_speaks_http_2_alone_is_refused() {
    let site = Site::new();
    let server = site.server().start();
    let address = (server.host(), server.port());
    let error = site.client().alpn(&["h2"]).connect(address).unwrap_err();
    assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
    let line = server.wait_for_log("an info line", |line| line["message"] == "a TLS handshake has failed");
    assert_eq!(line["peer"], "127.0.0.1");
    assert!(site.client().alpn(&["h2", "http/1.1"]).connect(address).is_ok());
}

/// Neither the library for TLS nor the server writes a line for each of them.
#[test]
fn a_flood_of_broken_handshakes_fills_no_log() {
    // A record with an unknown message, and one with a name in it that is not a host name.
    let unknown = b"\x16\x03\x01\x00\x05\xd5\x00\x00\x01\x00".to_vec();
    let wrong_name = client_hello(&[b"\x07", &[b'a'; 9_000][..]].concat());
    let site = Site::new();
    for level in ["info", "info,clairon_server=debug"] {
        let server = site.server().env("CLAIRON_LOG", level).start();
        for bytes in [&unknown, &wrong_name].into_iter().cycle().take(20) {
            let mut connection = HttpConnection::open(&server);
            connection.write(bytes);
            // An alert of seven bytes.
            assert!(connection.read(7).is_some_and(|alert| alert.starts_with(b"\x15\x03\x03\x00\x02\x02")));
            assert!(connection.is_closed());
        }
        let has_failed = |line: &Value| line["message"] == "a TLS handshake has failed";
        let _ = server.wait_for_log("an info line", has_failed);
        // The last line of a server is written after all others.
        server.signal(rustix::process::Signal::TERM);
        let _ = server.wait_for_log("the end", |line| line["message"] == "stopped");
        let lines = server.log().lines();
        assert_eq!(lines.iter().filter(|line| has_failed(line)).count(), 1);
        let foreign = |line: &&Value| line.to_string().contains("rustls") || line.to_string().len() > 1_000;
        assert_eq!(lines.iter().filter(foreign).collect::<Vec<_>>(), Vec::<&Value>::new());
    }
}

/// The first message of a TLS client that requests this host name (RFC 8446, 4.1.2; RFC 6066, 3).
fn client_hello(name: &[u8]) -> Vec<u8> {
    let size = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap_or_else(|error| panic!("a name too long: {error}"));
    let sized = |bytes: &[u8]| [&size(bytes).to_be_bytes(), bytes].concat();
    let names = sized(&[&[0][..], &sized(name)].concat());
    let extensions = sized(&[&[0, 0][..], &sized(&names)].concat());
    let hello = [&b"\x03\x03"[..], &[b'r'; 32], b"\x00", b"\x00\x02\x13\x01", b"\x01\x00", &extensions].concat();
    let message = [&[1, 0][..], &sized(&hello)].concat();
    [&b"\x16\x03\x01"[..], &sized(&message)].concat()
}

#[test]
fn a_client_that_renegotiates_is_refused_and_hinders_nobody() {
    let site = Site::new();
    let server = site.server().start();
    let mut client = connect(HttpConnection::tls(&server, &site.client()));
    let mut openssl = Command::new("openssl")
        .args(["s_client", "-tls1_2", "-connect", &format!("{}:{}", server.host(), server.port())])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A line that contains only `R` makes openssl renegotiate.
    openssl.stdin.take().unwrap().write_all(b"R\n").unwrap();
    let output = openssl.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("RENEGOTIATING") && said.contains("no renegotiation"), "{said}");
    client.expect_nothing();
}

#[test]
fn a_proxy_header_comes_before_the_handshake() {
    let site = Site::new();
    let server = site.server().listen(["tls://127.0.0.1:0?proxy_protocol"]).env("CLAIRON_LOG", "debug").start();
    let mut stream = TcpStream::connect((server.host(), server.port())).unwrap();
    stream.write_all(b"PROXY TCP4 192.0.2.9 192.0.2.2 56324 443\r\n").unwrap();
    let mut client = connect(HttpConnection::over(site.client().handshake(stream).unwrap()));
    client.expect_nothing();
    let _ = server.wait_for_log("its address", |line| line["message"] == "connected" && line["peer"] == "192.0.2.9");
}

/// The server has signed when a client breaks off. Clients of other addresses, and handshakes that bring a request of a
/// backend, feel nothing.
#[test]
fn an_address_may_break_off_so_many_handshakes() {
    let site = Site::new();
    let server = site
        .server()
        .listen(["tls://127.0.0.1:0?proxy_protocol"])
        .env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0")
        .env("CLAIRON_EDGE_NEW_CONNECTIONS_PER_ADDRESS_PER_SECOND", "5")
        .start();
    let from = |address: &str| {
        let mut stream = TcpStream::connect((server.host(), server.port())).unwrap();
        write!(stream, "PROXY TCP4 {address} 192.0.2.2 56324 443\r\n").unwrap();
        stream
    };
    let tls = |address: &str| site.client().handshake(from(address));
    let closed = || {
        let labels = [("limit", "new_connections_per_address_per_second"), ("effect", "closed")];
        Page::of(&server).value("clairon_edge_limits_total", &labels)
    };
    let mut beside = connect(HttpConnection::over(tls("192.0.2.1").unwrap()));
    let mut before = connect(HttpConnection::over(tls("192.0.2.66").unwrap()));
    for _ in 0..20 {
        let mut backend = HttpConnection::over(tls("192.0.2.66").unwrap());
        backend.write(Request::get(&super::app(), "/channels", &[]).text());
        let _ = backend.response().ok();
    }
    assert!(closed() < 1.0);
    let hello = client_hello(b"ws.test");
    // Looking at the metrics takes time, in which some handshakes are given back.
    eventually("a handshake is not made", || {
        for _ in 0..20 {
            let mut stream = from("192.0.2.66");
            stream.write_all(&hello).unwrap();
            // The client goes while the server waits for it, or at once.
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read(&mut [0; 16]);
        }
        closed() > 0.0
    });
    connect(HttpConnection::over(tls("192.0.2.3").unwrap())).expect_nothing();
    beside.expect_nothing();
    before.expect_nothing();
    let line =
        server.wait_for_log("the line", |line| line["message"].as_str().unwrap_or_default().contains("breaks off"));
    assert_eq!((&line["peer"], &line["level"]), (&"192.0.2.66".into(), &"WARN".into()));
    eventually("another second", || tls("192.0.2.66").is_ok());
}

#[test]
fn a_tls_port_without_a_certificate_stops_the_start() {
    let socket = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let server = clairon_tests::server::Server::builder().app(super::app()).passed(socket, "tls");
    let (code, log) = server.start_in_vain();
    assert_eq!(code, Some(1), "{log:?}");
    assert!(log.iter().any(|line| line.to_string().contains("there is no certificate")), "{log:?}");
}

#[test]
fn nonsense_after_the_handshake_ends_one_connection() {
    let site = Site::new();
    let server = site.server().start();
    let mut innocent = connect(HttpConnection::tls(&server, &site.client()));
    let Transport::Tls(mut stream) = site.client().connect((server.host(), server.port())).unwrap() else { panic!() };
    stream.sock.write_all(&[&[23, 3, 3, 0, 64][..], &[0; 64]].concat()).unwrap();
    let error = stream.read(&mut [0; 16]).unwrap_err();
    assert!(error.to_string().contains("BadRecordMac"), "{error}");
    innocent.expect_nothing();
}
