//! Limits of what comes from one address, and clients of other addresses beside it.

use clairon_test_servers::eventually;
use clairon_tests::admin;
use clairon_tests::api::Request;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::{self, HttpConnection};
use clairon_tests::metrics::Page;
use clairon_tests::raw::RawSocket;
use clairon_tests::server::Server;
use serde_json::{Value, json};

fn app() -> App {
    App::new("crowded")
}

/// A server that takes the addresses of clients from a proxy.
fn server(limits: &[(&str, &str)]) -> Server {
    start(limits, "127.0.0.1")
}

fn start(limits: &[(&str, &str)], trusted: &str) -> Server {
    let server = admin::builder()
        .app(app())
        .env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0")
        .env("CLAIRON_SERVER_TRUSTED_PROXIES", trusted);
    limits.iter().fold(server, |server, (name, limit)| server.env(&format!("CLAIRON_EDGE_{name}"), *limit)).start()
}

fn open(server: &Server, address: &str) -> RawSocket {
    let path = format!("/app/{}?protocol=7", app().key);
    RawSocket::open_with(server, &path, &format!("X-Forwarded-For: {address}\r\n"))
}

fn connect(server: &Server, address: &str) -> Client {
    Client::established(open(server, address), &app())
}

/// A refused client gets the code in an event and in a close frame.
fn assert_refused(mut socket: RawSocket, message: &str) {
    let event = socket.event();
    assert_eq!((&event["event"], &event["data"]["code"]), (&json!("pusher:error"), &json!(4100)), "{event}");
    assert_eq!(event["data"]["message"], message);
    assert_eq!(socket.closed(), (Some(4100), message.to_owned()));
}

fn effects(server: &Server, limit: &str, effect: &str) -> f64 {
    Page::of(server).value("clairon_edge_limits_total", &[("limit", limit), ("effect", effect)])
}

/// The line about a limit, which is written once a minute.
fn line(server: &Server, limit: &str) -> Value {
    server.wait_for_log("the line about the limit", |line| line["limit"] == format!("edge.{limit}"))
}

#[test]
fn an_address_has_so_many_open_connections() {
    const MESSAGE: &str = "Over capacity: too many connections from this address";
    let server = server(&[("CONNECTIONS_PER_ADDRESS", "3")]);
    let mut clients: Vec<Client> = (0..3).map(|_| connect(&server, "192.0.2.1")).collect();
    let mut beside = connect(&server, "192.0.2.2");
    for _ in 0..3 {
        assert_refused(open(&server, "192.0.2.1"), MESSAGE);
    }
    beside.fence();
    let line = line(&server, "connections_per_address");
    assert_eq!((&line["peer"], &line["app"]), (&json!("192.0.2.1"), &json!(app().id)), "{line}");
    assert!(effects(&server, "connections_per_address", "refused") >= 3.0);
    let refusals = |line: &Value| line["message"] == "connection refused";
    assert!(!server.log().lines().iter().any(refusals), "one line a minute is enough");
    // Networks of IPv6 count as one address.
    let _network: Vec<Client> = (1..=3).map(|host| connect(&server, &format!("2001:db8::{host}"))).collect();
    assert_refused(open(&server, "2001:db8::4"), MESSAGE);
    let _other = connect(&server, "2001:db8:0:1::1");
    // A place becomes free.
    clients.remove(0).socket.abort();
    eventually("a free place", || open(&server, "192.0.2.1").event()["event"] == "pusher:connection_established");
}

#[test]
fn connections_of_the_proxy_itself_are_not_limited() {
    let server = server(&[("CONNECTIONS_PER_ADDRESS", "1"), ("NEW_CONNECTIONS_PER_ADDRESS_PER_SECOND", "1")]);
    let clients: Vec<Client> = (0..5).map(|_| Client::connect(&server, &app())).collect();
    assert_eq!(clients.len(), 5);
}

#[test]
fn backends_are_served_and_do_not_count() {
    let server = start(&[("CONNECTIONS_PER_ADDRESS", "2"), ("NEW_CONNECTIONS_PER_ADDRESS_PER_SECOND", "2")], "");
    let ask = |connection: &mut HttpConnection| {
        connection.write(Request::get(&app(), "/channels", &[]).text());
        connection.response().ok()
    };
    let mut backends: Vec<HttpConnection> = (0..5).map(|_| HttpConnection::open(&server)).collect();
    for backend in &mut backends {
        ask(backend);
    }
    let _clients = [(); 2].map(|()| Client::connect(&server, &app()));
    let path = format!("/app/{}?protocol=7", app().key);
    assert_eq!(RawSocket::open(&server, &path).closed().0, Some(4100));
    for backend in &mut backends {
        ask(backend);
    }
    ask(&mut HttpConnection::open(&server));
    // Others are closed after an answer.
    let mut other = HttpConnection::open(&server);
    let answer = other.get("/up");
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    assert!(other.is_closed());
}

#[test]
fn connections_of_an_address_may_come_so_fast() {
    let server = server(&[("NEW_CONNECTIONS_PER_ADDRESS_PER_SECOND", "5")]);
    let mut beside = connect(&server, "192.0.2.2");
    let mut first = connect(&server, "192.0.2.1");
    eventually("a refusal", || {
        let mut socket = open(&server, "192.0.2.1");
        let is_refused = socket.event()["event"] == "pusher:error";
        if is_refused {
            let message = "Over capacity: connections from this address come too fast";
            assert_eq!(socket.closed(), (Some(4100), message.to_owned()));
        }
        is_refused
    });
    beside.fence();
    first.fence();
    connect(&server, "192.0.2.3").fence();
    assert_eq!(line(&server, "new_connections_per_address_per_second")["peer"], "192.0.2.1");
    assert!(effects(&server, "new_connections_per_address_per_second", "refused") >= 1.0);
    eventually("the next second", || open(&server, "192.0.2.1").event()["event"] == "pusher:connection_established");
}

/// A connection that has sent a PROXY header and nothing else, once the server knows its address.
fn silent(server: &Server, address: &str) -> HttpConnection {
    let mut connection = HttpConnection::open(server);
    connection.write(format!("PROXY TCP4 {address} 192.0.2.99 4711 443\r\n"));
    connection
}

#[test]
fn the_oldest_connection_without_a_request_is_closed() {
    let server = admin::builder()
        .app(app())
        .listen(["127.0.0.1:0?proxy_protocol"])
        .env("CLAIRON_SERVER_TRUSTED_PROXIES", "127.0.0.1")
        .env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0")
        .env("CLAIRON_EDGE_PENDING_HANDSHAKES_PER_ADDRESS", "3")
        .start();
    let mut beside = silent(&server, "192.0.2.2");
    let mut flood: Vec<HttpConnection> = (0..3).map(|_| silent(&server, "192.0.2.1")).collect();
    let closed = || effects(&server, "pending_handshakes_per_address", "closed");
    // One that brings a request makes room for another.
    assert_eq!(flood[1].get("/up").status, 200);
    flood.push(silent(&server, "192.0.2.1"));
    flood[3].write("GET /up HTTP/1.1\r\n");
    flood.push(silent(&server, "192.0.2.1"));
    assert!(flood[0].is_closed());
    eventually("the effect", || closed() > 0.0);
    for alive in [1, 2, 4] {
        assert_eq!(flood[alive].get("/up").status, 200);
    }
    assert_eq!(beside.get("/up").status, 200);
    assert_eq!(line(&server, "pending_handshakes_per_address")["peer"], "192.0.2.1");
}

#[test]
fn all_connections_without_a_request_have_a_limit_too() {
    let server = start(&[("PENDING_HANDSHAKES", "4")], "");
    let mut client = Client::connect(&server, &app());
    let mut flood: Vec<HttpConnection> = (0..8).map(|_| HttpConnection::open(&server)).collect();
    for closed in &mut flood[..4] {
        assert!(closed.is_closed());
    }
    assert_eq!(flood[7].get("/up").status, 200);
    client.fence();
    assert!(effects(&server, "pending_handshakes", "closed") >= 4.0);
    let _ = line(&server, "pending_handshakes");
}

#[test]
fn refusals_of_an_address_are_explained_so_often() {
    let server = server(&[("REFUSALS_PER_ADDRESS_PER_SECOND", "2")]);
    let refuse = |key: &str, address: &str| {
        let headers = format!("X-Forwarded-For: {address}\r\n");
        let mut socket = RawSocket::open_with(&server, &format!("/app/{key}?protocol=7"), &headers);
        assert_eq!(socket.event()["data"]["code"], 4001);
    };
    let unexplained = || effects(&server, "refusals_per_address_per_second", "unexplained");
    // The id of an app in the place of its key is recognized, as long as reasons are searched for.
    let id = app().id;
    let reason = |line: &Value, reason: &str| line["reason"].as_str().is_some_and(|text| text.contains(reason));
    refuse(&id, "192.0.2.1");
    let _ = server.wait_for_log("an explanation", |line| reason(line, "the key is the id of the app"));
    // Looking at the metrics takes time, in which some refusals are given back.
    eventually("too many", || {
        (0..10).for_each(|_| refuse(&id, "192.0.2.1"));
        unexplained() > 0.0
    });
    let _ = server.wait_for_log("a refusal without one", |line| reason(line, &format!("key ({} bytes)", id.len())));
    let explained = |line: &Value| line["peer"] == "192.0.2.2" && reason(line, "the key is the id of the app");
    refuse(&id, "192.0.2.2");
    let _ = server.wait_for_log("an explanation for another address", explained);

    // Signatures of clients and of backends.
    let mut client = connect(&server, "192.0.2.3");
    let before = unexplained();
    eventually("too many subscriptions", || {
        for _ in 0..10 {
            client.send("pusher:subscribe", &json!({"channel": "private-c", "auth": format!("{}:x", app().key)}));
            client.refused("private-c");
        }
        unexplained() > before
    });
    let before = unexplained();
    eventually("too many requests", || {
        for _ in 0..10 {
            let mut backend = HttpConnection::open(&server);
            backend.write(Request::get(&app(), "/channels", &[]).sign("wrong").head("X-Forwarded-For: 192.0.2.4"));
            assert_eq!(backend.response().status, 401);
        }
        unexplained() > before
    });
    assert_eq!(line(&server, "refusals_per_address_per_second")["peer"], "192.0.2.1");
}

#[test]
fn wrong_tokens_are_answered_late_and_the_right_one_is_not() {
    let server = server(&[("REFUSALS_PER_ADDRESS_PER_SECOND", "2")]);
    let ask = |token: &str| {
        let headers = format!("Authorization: Bearer {token}\r\nX-Forwarded-For: 192.0.2.1\r\n");
        http::request(&server, "GET", "/admin/api/apps", &headers).status
    };
    let delayed = || effects(&server, "refusals_per_address_per_second", "delayed");
    assert_eq!(ask("a-wrong-token-of-someone"), 401);
    // Several at once, because none is sent before the answer to the last one.
    let flood = std::thread::scope(|scope| {
        let guesses = [(); 8].map(|()| scope.spawn(|| ask("a-wrong-token-of-someone")));
        eventually("a delay", || delayed() > 0.0);
        assert_eq!(ask(admin::TOKEN), 200);
        guesses.map(|guess| guess.join().unwrap_or_default())
    });
    assert_eq!(flood, [401; 8]);
}
