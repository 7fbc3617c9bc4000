//! A low limit of open files, and peers that exhaust it.

use clairon_tests::api::{self, Request};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::{self, HttpConnection};
use clairon_tests::raw::{RawSocket, handshake};
use clairon_tests::server::Server;
use serde_json::{Value, json};

const LIMIT: usize = 320;
/// Without those of the server itself and of receivers of webhooks; then without those of backends.
const CONNECTIONS: usize = LIMIT - 64 - LIMIT / 16;
const WEBSOCKETS: usize = CONNECTIONS - 64;

fn app() -> App {
    App::new("files")
}

fn server() -> Server {
    Server::builder().app(app()).open_files(LIMIT).start()
}

/// Opens as many connections as the server may have files, and writes `text` to each.
fn flood(server: &Server, text: &str) -> Vec<HttpConnection> {
    let open = |_| {
        let mut connection = HttpConnection::open(server);
        // The server may have closed it already.
        let _ = connection.try_write(text.as_bytes());
        connection
    };
    (0..LIMIT).map(open).collect()
}

/// Asserts that backends, operators and clients are served.
fn assert_serves(server: &Server) {
    for path in ["/up", "/ready"] {
        assert_eq!(http::get(server, path).status, 200, "{path}");
    }
    let mut client = Client::connect(server, &app());
    client.subscribe("news");
    api::trigger(server, &app(), "news", "e", "{}");
    client.expect("e");
}

fn up(connection: &mut HttpConnection) {
    connection.write("GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(connection.response().status, 200);
}

#[test]
fn silent_connections_give_way_the_oldest_first() {
    let server = server();
    let mut silent = flood(&server, "");
    assert_serves(&server);
    assert!(silent[0].is_closed());
    up(&mut silent[LIMIT - 1]);
    let line = server.wait_for_log("a warning", |line| line["level"] == "WARN" && line["limit"] == CONNECTIONS);
    assert!(line["message"].as_str().is_some_and(|text| text.starts_with("open files run low")), "{line}");
}

#[test]
fn half_a_request_is_no_request() {
    let server = server();
    for text in ["G", "GET /up HTTP/1.1\r\nHost: localhost\r\n", "\x16\x03", "PROXY "] {
        let _held = flood(&server, text);
        assert_serves(&server);
    }
    let half = handshake("/app/files-key?protocol=7", "");
    let _held = flood(&server, &half[..half.len() - 2]);
    assert_serves(&server);
}

#[test]
fn refused_clients_that_stay_give_way() {
    let server = server();
    let _held = flood(&server, &handshake("/app/unknown?protocol=7", ""));
    assert_serves(&server);
}

#[test]
fn connections_that_idle_after_a_request_give_way_and_those_of_backends_last() {
    let server = server();
    let mut backend = HttpConnection::open(&server);
    let mut query = || {
        backend.write(Request::get(&app(), "/channels", &[]).text());
        assert_eq!(backend.response().ok(), json!({"channels": {}}));
    };
    query();
    let mut idle: Vec<HttpConnection> = (0..LIMIT)
        .map(|_| {
            let mut connection = HttpConnection::open(&server);
            up(&mut connection);
            connection
        })
        .collect();
    assert!(idle[0].is_closed());
    query();
    let _silent = flood(&server, "");
    query();
    drop(idle);
    assert_serves(&server);
}

#[test]
fn websockets_leave_room_for_backends() {
    let server = server();
    let clients: Vec<Client> = (0..WEBSOCKETS).map(|_| Client::connect(&server, &app())).collect();
    let refused = RawSocket::open(&server, "/app/files-key?protocol=7").closed();
    assert_eq!(refused.0, Some(4100), "{refused:?}");
    let _silent = flood(&server, "");
    assert_eq!(http::get(&server, "/up").status, 200);
    api::trigger(&server, &app(), "news", "e", "{}");
    drop(clients);
}

#[test]
fn silence_has_a_short_time_while_few_files_are_left() {
    let server = server();
    let mut spoken = HttpConnection::open(&server);
    up(&mut spoken);
    let mut silent: Vec<HttpConnection> = (0..LIMIT - 100).map(|_| HttpConnection::open(&server)).collect();
    // Connections are closed until a quarter is free.
    let too_many = silent.len() - CONNECTIONS * 3 / 4;
    assert!(silent[..too_many].iter_mut().all(HttpConnection::is_closed));
    up(&mut spoken);
}

#[test]
fn a_limit_that_leaves_no_connection_stops_the_start() {
    let (code, log) = Server::builder().app(app()).open_files(128).start_in_vain();
    let error = log.last().map(Value::to_string).unwrap_or_default();
    assert_eq!(code, Some(1), "{error}");
    for part in ["the limit of open files is 128", "137 and more", "ulimit -n 65536", "LimitNOFILE", "docker run"] {
        assert!(error.contains(part), "no {part:?} in {error}");
    }
}

#[test]
fn a_low_limit_is_warned_of() {
    let warnings = |limit: usize| {
        let server = Server::builder().app(app()).open_files(limit).start();
        let is_warning = |line: &Value| {
            line["level"] == "WARN" && line["message"].as_str().is_some_and(|text| text.contains("ulimit -n"))
        };
        server.log().lines().into_iter().filter(is_warning).count()
    };
    assert_eq!([137, 1_023, 1_024].map(warnings), [1, 1, 0]);
}
