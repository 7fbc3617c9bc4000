//! HTTP/1.1 as libraries and proxies use it: persistent connections, bodies in pieces, headers of every kind.

use clairon_test_servers::SharedServer;
use clairon_tests::api::{self, Request};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::{self, HttpConnection};
use clairon_tests::raw;
use clairon_tests::server::Server;
use serde_json::json;

static SERVER: SharedServer<Server> = SharedServer::new(|| Server::start(app()));

fn app() -> App {
    App::new("transport")
}

fn event(channel: &str, name: &str, data: &str) -> Request {
    Request::post(&app(), "/events", &json!({"name": name, "data": data, "channel": channel}))
}

fn subscriber(server: &Server, channel: &str) -> Client {
    let mut client = Client::connect(server, &app());
    client.subscribe(channel);
    client
}

#[test]
fn a_connection_is_kept_for_many_requests() {
    let server = SERVER.get();
    let mut connection = HttpConnection::open(&server);
    for n in 0..5 {
        connection.write(event("kept", "e", &n.to_string()).text());
        assert_eq!(connection.response().ok(), json!({}));
        // A refusal does not close the connection.
        connection.write(event("kept", "", "d").text());
        connection.response().assert_refused(400, "name");
        connection.write(Request::get(&app(), "/channels", &[]).sign("wrong").text());
        connection.response().assert_refused(401, "");
        connection.write("GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n");
        connection.response().assert_refused(404, "");
    }
    connection.write("GET /up HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_eq!(connection.response().status, 200);
    assert!(connection.is_closed());
}

#[test]
fn a_request_may_come_in_pieces() {
    let server = SERVER.get();
    let mut client = subscriber(&server, "pieces");
    let mut connection = HttpConnection::open(&server);
    let text = event("pieces", "e", "é😀").text();
    for byte in text.as_bytes() {
        connection.write([*byte]);
    }
    assert_eq!(connection.response().ok(), json!({}));
    client.expect("e");
    let large = event("pieces", "large", &"x".repeat(100_000));
    connection.write(large.head(""));
    for piece in large.body.as_bytes().chunks(1_000) {
        connection.write(piece);
    }
    assert_eq!(connection.response().ok(), json!({}));
    client.expect("large");
}

#[test]
fn a_body_may_wait_for_permission() {
    let server = SERVER.get();
    let mut client = subscriber(&server, "expected");
    let mut connection = HttpConnection::open(&server);
    let request = event("expected", "e", "d");
    connection.write(request.head("Expect: 100-continue"));
    assert_eq!(connection.response().status, 100);
    connection.write(&request.body);
    assert_eq!(connection.response().ok(), json!({}));
    client.expect("e");
}

#[test]
fn requests_may_be_sent_ahead() {
    let server = SERVER.get();
    let mut client = subscriber(&server, "ahead");
    let mut connection = HttpConnection::open(&server);
    let texts: String = (0..20).map(|n| event("ahead", &n.to_string(), "d").text()).collect();
    connection.write(texts);
    for n in 0..20 {
        assert_eq!(connection.response().ok(), json!({}));
        client.expect(&n.to_string());
    }
}

#[test]
fn a_body_may_be_chunked() {
    let server = SERVER.get();
    let mut client = subscriber(&server, "chunked");
    let request = event("chunked", "e", "d");
    let head = request.head("Transfer-Encoding: chunked");
    let size = format!("Content-Length: {}\r\n", request.body.len());
    let (start, end) = request.body.split_at(7);
    let mut connection = HttpConnection::open(&server);
    connection.write(head.replace(&size, ""));
    connection.write(format!("{:x}\r\n{start}\r\n{:X}\r\n{end}\r\n0\r\n\r\n", start.len(), end.len()));
    assert_eq!(connection.response().ok(), json!({}));
    client.expect("e");
}

#[test]
fn headers_do_not_matter() {
    let server = SERVER.get();
    let mut client = subscriber(&server, "headers");
    for header in [
        "X-Pusher-Library: pusher-http-php 7.2.7",
        "Authorization: Bearer x",
        "Accept: text/html",
        "Origin: https://evil.test",
        "Content-Encoding: identity",
        "User-Agent: é",
    ] {
        let request = event("headers", "e", "d");
        let mut connection = HttpConnection::open(&server);
        connection.write(request.head(header) + &request.body);
        assert_eq!(connection.response().ok(), json!({}), "{header}");
        client.expect("e");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"] {
        let request = event("headers", "e", "d");
        let mut connection = HttpConnection::open(&server);
        connection.write(request.text().replace("application/json", kind));
        assert_eq!(connection.response().ok(), json!({}), "{kind}");
        client.expect("e");
    }
}

/// RFC 9112, 3.2: a request without a host, or with two, is refused, whatever its path is.
#[test]
fn every_request_names_one_host() {
    let server = SERVER.get();
    let answer = |head: String| {
        let mut connection = HttpConnection::open(&server);
        connection.write(head);
        connection.response()
    };
    let handshake = raw::handshake("/app/transport-key?protocol=7", "");
    let signed = Request::get(&app(), "/channels", &[]).text();
    let page = "GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned();
    let ask = "OPTIONS /apps/1/events HTTP/1.1\r\nHost: localhost\r\nOrigin: https://a.test\r\n\
               Access-Control-Request-Method: POST\r\n\r\n";
    for request in [handshake, signed, page, ask.to_owned()] {
        let with = |hosts: &str| answer(request.replace("Host: localhost\r\n", hosts));
        with("").assert_refused(400, "Host is missing");
        with("Host: localhost\r\nhost: localhost\r\n").assert_refused(400, "2 times");
        with("Host: a.test\r\nHost: b.test\r\n").assert_refused(400, "2 times");
        with("Host: a/b\r\n").assert_refused(400, "not a host");
        for host in ["a.test", "a.test:1", "[::1]:1", ""] {
            let answer = with(&format!("Host: {host}\r\n"));
            assert!(matches!(answer.status, 101 | 200), "{host}: {answer:?}");
        }
    }
    // HTTP/1.0 does not have this header.
    let mut old = HttpConnection::open(&server);
    old.write("GET /up HTTP/1.0\r\n\r\n");
    assert_eq!(old.read(12).as_deref(), Some(&b"HTTP/1.0 200"[..]));
}

#[test]
fn what_is_no_http_gets_no_further() {
    let server = SERVER.get();
    for text in ["\r\n\r\nnonsense\r\n\r\n", "GET /up\r\n\r\n", "\x15\x03\x01\x02\x00\x01\x00\x01\r\n\r\n"] {
        let mut connection = HttpConnection::open(&server);
        connection.write(text);
        assert!(connection.is_closed() || connection.response().status == 400, "{text:?}");
    }
    let mut connection = HttpConnection::open(&server);
    connection.write(format!("GET /up HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(15_000)));
    assert_eq!(connection.response().status, 200);
    assert_eq!(http::get(&server, "/up").status, 200);
    assert_eq!(api::get(&server, &app(), "/channels", &[("filter_by_prefix", "none")]), json!({"channels": {}}));
}
