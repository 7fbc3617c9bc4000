//! Connecting: the URL, versions, sub-protocols, the first frame, refusals, and shutdown.

use std::collections::HashSet;
use std::thread;

use clairon_test_servers::{SharedServer, eventually};
use clairon_tests::api;
use clairon_tests::app::App;
use clairon_tests::client::{Client, data};
use clairon_tests::http::{self, HttpConnection};
use clairon_tests::raw::{self, RawFrame, RawSocket, Received, TEXT};
use clairon_tests::server::Server;
use serde_json::{Value, json};

/// One entry of each kind.
const PATTERNS: [&str; 8] = [
    "capacitor://localhost",
    "file://",
    "null",
    "https://*.shop.test",
    "http://localhost:*",
    "brand.*",
    "Dev.Test:8443",
    "https://münchen.test:443/",
];

static SERVER: SharedServer<Server> = SharedServer::new(|| {
    Server::builder()
        .app(App::new("open"))
        .app(App::new("off").with("enabled", false))
        .app(App::new("small").with("capacity", 2))
        .app(App::new("site").with("allowed_origins", vec!["https://site.test", "other.test"]))
        .app(App::new("patterns").with("allowed_origins", PATTERNS.to_vec()))
        .start()
});

/// A refused client gets the reason twice, with one code and message: in an event whose data is an object, and in the
/// close frame. It gets nothing else.
fn assert_refused(mut socket: RawSocket, code: u16, what: &str) {
    let error = socket.event();
    let message = error["data"]["message"].as_str().unwrap_or_default().to_owned();
    assert!(!message.is_empty(), "{what}: {error}");
    assert_eq!(error, json!({"event": "pusher:error", "data": {"code": code, "message": message}}), "{what}");
    assert_eq!(socket.receive(), Received::Close(Some(code), message), "{what}");
    socket.send(&RawFrame::close(code, ""));
    assert_eq!(socket.receive(), Received::End, "{what}");
}

/// The socket id in a connection's first event. Asserts its form.
fn assert_established(event: &Value) -> String {
    assert_eq!(event["event"], "pusher:connection_established", "{event}");
    assert_eq!(event.as_object().map(serde_json::Map::len), Some(2), "{event}");
    let data = data(event);
    let id = data["socket_id"].as_str().unwrap_or_default().to_owned();
    assert_eq!(data, json!({"socket_id": id, "activity_timeout": 30}));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    assert!(id.split_once('.').is_some_and(|(high, low)| is_number(high) && is_number(low)), "{id}");
    id
}

#[test]
fn versions_4_to_7_and_none_are_spoken() {
    let server = SERVER.get();
    for query in [
        "",
        "?client=js&version=8.6.0",
        "?protocol=4",
        "?protocol=5&client=java-client&version=2.4.4",
        "?client=Pysher&version=1.0.6&protocol=6",
        "?protocol=7&client=js&version=8.6.0&flash=false",
        "?protocol=7&unknown=%F0%9F%98%80&&=&x",
    ] {
        let mut socket = RawSocket::open(&server, &format!("/app/open-key{query}"));
        assert_established(&socket.event());
    }
}

#[test]
fn other_versions_are_refused() {
    let server = SERVER.get();
    for version in ["", "0", "1", "3", "8", "99999999999999999999", "-7", "7.0", "seven", "7%20"] {
        let socket = RawSocket::open(&server, &format!("/app/open-key?protocol={version}&client=js"));
        assert_refused(socket, 4007, version);
    }
}

#[test]
fn who_may_not_connect_is_told_why() {
    let server = SERVER.get();
    for (path, code) in [
        ("/app/nobody?protocol=7", 4001),
        ("/app/open", 4001),
        ("/app/OPEN-KEY", 4001),
        ("/app/open-key%20", 4001),
        ("/app/nobody?protocol=99", 4001),
        ("/app/off-key?protocol=7", 4003),
        ("/", 4005),
        ("/app", 4005),
        ("/apps/open-key", 4005),
        ("/app/open-key/more", 4005),
        ("/elsewhere/app/open-key", 4005),
    ] {
        assert_refused(RawSocket::open(&server, path), code, path);
    }
}

#[test]
fn refused_clients_of_every_version_get_event_and_close() {
    let server = SERVER.get();
    for version in 4..=7 {
        let path = format!("/app/nobody?protocol={version}");
        assert_refused(RawSocket::open(&server, &path), 4001, &path);
    }
}

#[test]
fn capacity_is_given_back() {
    let server = SERVER.get();
    let app = App::new("small");
    let first = Client::connect(&server, &app);
    let mut second = Client::connect(&server, &app);
    assert_refused(RawSocket::open(&server, "/app/small-key"), 4004, "the third");
    second.socket.send(&RawFrame::close(1000, ""));
    second.socket.closed();
    let mut third = Client::connect(&server, &app);
    third.expect_nothing();
    drop(first);
}

#[test]
fn origins() {
    let server = SERVER.get();
    let open = |origin: &str| RawSocket::open_with(&server, "/app/site-key?protocol=7", origin);
    for allowed in ["", "Origin: https://site.test\r\n", "Origin: http://other.test:8080\r\n"] {
        assert_established(&open(allowed).event());
    }
    for denied in
        ["https://evil.test", "http://site.test", "https://site.test.evil.test", "https://a.other.test", "null"]
    {
        assert_refused(open(&format!("Origin: {denied}\r\n")), 4009, denied);
    }
    let anywhere = RawSocket::open_with(&server, "/app/open-key", "Origin: https://evil.test\r\n").event();
    assert_established(&anywhere);
}

#[test]
fn origins_match_what_a_person_means_by_an_entry() {
    let server = SERVER.get();
    let open =
        |origin: &str| RawSocket::open_with(&server, "/app/patterns-key?protocol=7", &format!("Origin: {origin}\r\n"));
    for allowed in [
        "capacitor://localhost",
        "file://",
        "null",
        "https://a.b.shop.test",
        "http://localhost:5173",
        "http://brand.co.test:81",
        "http://dev.test:8443",
        "https://xn--mnchen-3ya.test",
        "https://münchen.test",
    ] {
        assert_established(&open(allowed).event());
    }
    for denied in [
        "ionic://localhost",
        "file://host",
        "https://shop.test",
        "http://a.shop.test",
        "https://a.shop.test:8443",
        "https://localhost:5173",
        "https://my.brand.test",
        "https://dev.test",
        "http://xn--mnchen-3ya.test",
        "nonsense",
    ] {
        assert_refused(open(denied), 4009, denied);
    }
}

#[test]
fn sub_protocols() {
    let server = SERVER.get();
    for (offered, selected) in [
        ("", None),
        ("pusher-channels-protocol-7", Some("pusher-channels-protocol-7")),
        ("arduino", Some("arduino")),
        ("chat, pusher-channels-protocol-7", Some("chat")),
        (" ,, chat,superchat", Some("chat")),
        ("chat\r\nSec-WebSocket-Protocol: superchat", Some("chat")),
    ] {
        let header = if offered.is_empty() { String::new() } else { format!("Sec-WebSocket-Protocol: {offered}\r\n") };
        let mut socket = RawSocket::open_with(&server, "/app/open-key?protocol=7", &header);
        assert_eq!(socket.response.header("sec-websocket-protocol"), selected, "{offered}");
        assert_established(&socket.event());
        // A refused client must understand the reason.
        let refused = RawSocket::open_with(&server, "/app/nobody?protocol=7", &header);
        assert_eq!(refused.response.header("sec-websocket-protocol"), selected, "{offered}");
        assert_refused(refused, 4001, offered);
        // The HTTP server, which handles upgrades after the first request of a connection, does the same.
        let mut connection = HttpConnection::open(&server);
        connection.write("GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(connection.response().status, 200);
        connection.write(raw::handshake("/app/open-key", &header));
        let later = RawSocket::switched(connection);
        assert_eq!(later.response.header("sec-websocket-protocol"), selected, "{offered}");
    }
}

#[test]
fn a_key_may_be_percent_encoded() {
    let server = SERVER.get();
    assert_established(&RawSocket::open(&server, "/app/%6fpen%2Dkey?protocol=7").event());
}

#[test]
fn socket_ids_are_unique() {
    let server = SERVER.get();
    let connect = |_| assert_established(&RawSocket::open(&server, "/app/open-key").event());
    let ids: HashSet<String> = (0..50).map(connect).collect();
    assert_eq!(ids.len(), 50);
}

#[test]
fn a_hasty_client_is_greeted_first() {
    let server = SERVER.get();
    let mut connection = HttpConnection::open(&server);
    let frame = RawFrame::new(TEXT, r#"{"event":"pusher:subscribe","data":{"channel":"hasty"}}"#).to_bytes();
    connection.write([raw::handshake("/app/open-key", "").as_bytes(), &frame].concat());
    let mut client = Client::established(RawSocket::switched(connection), &App::new("open"));
    client.succeeded("hasty");
    client.expect_nothing();
}

#[test]
fn a_handshake_may_come_in_pieces() {
    let server = SERVER.get();
    let mut connection = HttpConnection::open(&server);
    for byte in raw::handshake("/app/open-key", "").as_bytes() {
        connection.write([*byte]);
    }
    assert_established(&RawSocket::switched(connection).event());
}

/// Some proxies keep their connections to the server and reuse them for requests of any client.
#[test]
fn a_handshake_may_follow_another_request() {
    let server = SERVER.get();
    let mut connection = HttpConnection::open(&server);
    connection.write("GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(connection.response().status, 200);
    connection.write(raw::handshake("/app/open-key", ""));
    assert_established(&RawSocket::switched(connection).event());
}

#[test]
fn what_is_no_websocket_is_answered_in_http() {
    let server = SERVER.get();
    let handshake = raw::handshake("/app/open-key", "");
    let answer = |from: &str, to: &str| {
        assert!(handshake.contains(from), "{from}");
        let mut connection = HttpConnection::open(&server);
        connection.write(handshake.replace(from, to));
        connection.response()
    };
    let plain = http::get(&server, "/app/open-key");
    plain.assert_refused(426, "");
    assert_eq!(plain.header("upgrade").map(str::to_ascii_lowercase).as_deref(), Some("websocket"));
    answer("Connection: Upgrade", "Connection: keep-alive").assert_refused(426, "");
    let old = answer("Version: 13", "Version: 8");
    old.assert_refused(426, "");
    assert_eq!(old.header("sec-websocket-version"), Some("13"));
    answer("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=").assert_refused(400, "");
    answer("Sec-WebSocket-Key", "X-Key").assert_refused(400, "");
    assert_eq!(answer("GET ", "POST ").status, 405);
}

#[test]
fn header_names_and_values_are_read_without_regard_to_case() {
    let server = SERVER.get();
    let mut connection = HttpConnection::open(&server);
    connection.write(
        raw::handshake("/app/open-key", "")
            .replace("Upgrade: websocket", "upgrade: WebSocket")
            .replace("Connection: Upgrade", "connection: keep-alive, upgrade"),
    );
    assert_established(&RawSocket::switched(connection).event());
}

#[test]
fn a_path_prefix_is_optional() {
    let app = App::new("proxied");
    let server = Server::builder().app(app).env("CLAIRON_SERVER_PATH_PREFIX", "/ws").start();
    for path in ["/ws/app/proxied-key?protocol=7", "/app/proxied-key?protocol=7"] {
        assert_established(&RawSocket::open(&server, path).event());
    }
    assert_refused(RawSocket::open(&server, "/wsx/app/proxied-key"), 4005, "another prefix");
}

#[test]
fn who_does_not_read_is_sent_away_to_come_back_later() {
    let app = App::new("slow");
    let server = Server::builder().app(app.clone()).env("CLAIRON_OUTBOX_FRAMES", "16").start();
    let (mut slow, mut quick) = (Client::connect(&server, &app), Client::connect(&server, &app));
    let data = "x".repeat(100_000);
    for client in [&mut slow, &mut quick] {
        client.subscribe("flood");
    }
    let is_closing = |server: &Server| server.log().lines().iter().any(|line| line["code"] == 4100);
    eventually("the end of the slow client", || {
        api::trigger(&server, &app, "flood", "e", &data);
        quick.expect("e");
        is_closing(&server)
    });
    // The events that were not lost arrive completely, and then the reason.
    let mut event = slow.socket.event();
    while event["event"] == "e" {
        assert_eq!(event["data"].as_str(), Some(data.as_str()));
        event = slow.socket.event();
    }
    assert_eq!(event["data"]["code"], 4100, "{event}");
    assert_eq!(slow.socket.closed().0, Some(4100));
    quick.expect_nothing();
}

#[test]
fn a_stopping_server_sends_everyone_away_to_come_back() {
    let app = App::new("stopping");
    let server = Server::start(app.clone());
    let clients = [Client::connect(&server, &app), Client::connect(&server, &app)];
    let readers = clients.map(|client| thread::spawn(move || assert_refused(client.socket, 4200, "the server's end")));
    assert!(server.terminate().success());
    for reader in readers {
        assert!(reader.join().is_ok());
    }
}
