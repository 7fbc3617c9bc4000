//! Hostile peers by the dozen. In each test an innocent client beside them gets its events.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::collections::HashSet;
use std::net::TcpStream;

use clairon_test_servers::eventually;
use clairon_tests::api::{self, Request};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::{self, HttpConnection};
use clairon_tests::metrics::Page;
use clairon_tests::raw::{RawFrame, RawSocket, TEXT, handshake};
use clairon_tests::server::{Builder, Server};
use serde_json::json;

const MANY: usize = 100;

fn app() -> App {
    App::new("flooded").with("client_messages", true).with("event_data_bytes", 100_000)
}

fn builder() -> Builder {
    Server::builder().app(app()).env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0")
}

fn path() -> String {
    format!("/app/{}?protocol=7", app().key)
}

fn effects(server: &Server, limit: &str, effect: &str) -> f64 {
    Page::of(server).value("clairon_edge_limits_total", &[("limit", limit), ("effect", effect)])
}

/// A subscriber that must get every event, and its backend.
struct Innocent<'a> {
    server: &'a Server,
    client: Client,
    events: usize,
}

impl<'a> Innocent<'a> {
    fn new(server: &'a Server) -> Self {
        let mut client = Client::connect(server, &app());
        client.subscribe("news");
        Self { server, client, events: 0 }
    }

    /// Asserts that events arrive, each once, and that requests and new connections are served.
    fn is_served(&mut self) {
        for _ in 0..3 {
            self.events += 1;
            api::trigger(self.server, &app(), "news", "e", &self.events.to_string());
            assert_eq!(self.client.expect("e")["data"], self.events.to_string());
        }
        self.client.fence();
        assert_eq!(http::get(self.server, "/up").status, 200);
        Client::connect(self.server, &app()).subscribe("other");
    }
}

fn connections(server: &Server) -> Vec<HttpConnection> {
    (0..MANY).map(|_| HttpConnection::open(server)).collect()
}

#[test]
fn slow_heads_and_half_open_handshakes() {
    let server = builder().env("CLAIRON_EDGE_PENDING_HANDSHAKES", "150").start();
    let mut innocent = Innocent::new(&server);
    let (mut heads, mut handshakes) = (connections(&server), connections(&server));
    let handshake = handshake(&path(), "");
    for at in 0..20 {
        for connection in &mut heads {
            // The oldest are closed.
            let _ = connection.try_write(&b"GET /up HTTP/1.1\r\nHost: localhost\r\n"[at..=at]);
        }
        for connection in &mut handshakes {
            connection.write(&handshake.as_bytes()[at..=at]);
        }
        if at % 5 == 0 {
            innocent.is_served();
        }
    }
    assert!(effects(&server, "pending_handshakes", "closed") >= 50.0);
    for connection in &mut handshakes {
        connection.write(&handshake.as_bytes()[20..]);
    }
    assert_eq!(RawSocket::switched(handshakes.pop().unwrap()).event()["event"], "pusher:connection_established");
    innocent.is_served();
}

/// Only a backend's signature lets the server wait for a body.
#[test]
fn slow_bodies() {
    let server = builder().start();
    let mut innocent = Innocent::new(&server);
    let event = Request::post(&app(), "/events", &json!({"name": "e", "channel": "c", "data": "x".repeat(50_000)}));
    let mut bodies = connections(&server);
    for connection in &mut bodies {
        connection.write(&event.text()[..10_000]);
    }
    innocent.is_served();
    let mut forged = connections(&server);
    for connection in &mut forged {
        connection.write(event.clone().sign("wrong").head(""));
        assert_eq!(connection.response().status, 401);
    }
    innocent.is_served();
    bodies[0].write(&event.text()[10_000..]);
    assert_eq!(bodies[0].response().status, 200);
}

#[test]
fn connection_floods() {
    let server = builder()
        .env("CLAIRON_SERVER_TRUSTED_PROXIES", "127.0.0.1")
        .env("CLAIRON_EDGE_CONNECTIONS_PER_ADDRESS", "20")
        .env("CLAIRON_EDGE_NEW_CONNECTIONS_PER_ADDRESS_PER_SECOND", "30")
        .start();
    let mut innocent = Innocent::new(&server);
    let open = || RawSocket::open_with(&server, &path(), "X-Forwarded-For: 192.0.2.66\r\n");
    let mut sockets: Vec<RawSocket> = (0..MANY).map(|_| open()).collect();
    innocent.is_served();
    let admitted = |socket: &mut RawSocket| socket.event()["event"] == "pusher:connection_established";
    assert_eq!(sockets.iter_mut().filter_map(|socket| admitted(socket).then_some(())).count(), 20);
    drop(sockets);
    innocent.is_served();
}

/// Without trusted proxies a client cannot escape from the limit of its address.
#[test]
fn forged_forwarding_headers() {
    let server = builder().env("CLAIRON_EDGE_CONNECTIONS_PER_ADDRESS", "5").start();
    let mut client = Client::connect(&server, &app());
    client.subscribe("news");
    let admitted = |number: usize| {
        let headers = format!("X-Forwarded-For: 198.51.100.{number}\r\nForwarded: for=198.51.100.{number}\r\n");
        let mut socket = RawSocket::open_with(&server, &path(), &headers);
        (socket.event()["event"] == "pusher:connection_established").then_some(socket)
    };
    let sockets: Vec<RawSocket> = (0..MANY).filter_map(admitted).collect();
    assert_eq!(sockets.len(), 4);
    api::trigger(&server, &app(), "news", "e", "{}");
    client.expect("e");
}

#[test]
fn proxy_headers_of_strangers() {
    let listens = ["127.0.0.1:0", "127.0.0.1:0?proxy_protocol"];
    let server = builder().listen(listens).env("CLAIRON_SERVER_TRUSTED_PROXIES", "192.0.2.0/24").start();
    let mut innocent = Innocent::new(&server);
    let address = server.listens()[1].split('?').next().unwrap().to_owned();
    for number in 0..MANY {
        let mut connection = HttpConnection::to(address.as_str());
        let header = format!("PROXY TCP4 192.0.2.{number} 192.0.2.2 56324 443\r\n");
        let _ = connection.try_write((header + &handshake(&path(), "")).as_bytes());
        assert!(connection.is_closed());
    }
    // On the other listener they are no HTTP.
    for number in 0..MANY {
        let mut connection = HttpConnection::open(&server);
        connection.write(format!("PROXY TCP4 192.0.2.{number} 192.0.2.2 56324 443\r\n\r\n"));
        assert_eq!(connection.response().status, 400);
    }
    innocent.is_served();
}

#[test]
fn readers_that_stop_by_the_hundred() {
    const TOTAL: f64 = 4.0 * 1024.0 * 1024.0;
    let server = builder().env("CLAIRON_EDGE_OUTBOX_BYTES_TOTAL", TOTAL.to_string()).start();
    let mut innocent = Innocent::new(&server);
    api::trigger(&server, &app(), "cache-big", "e", &"x".repeat(90_000));
    let mut readers: Vec<RawSocket> = (0..MANY).map(|_| RawSocket::over(small(&server), &path())).collect();
    for reader in &mut readers {
        for _ in 0..20 {
            reader.text(&json!({"event": "pusher:subscribe", "data": {"channel": "cache-big"}}).to_string());
            reader.text(&json!({"event": "pusher:unsubscribe", "data": {"channel": "cache-big"}}).to_string());
        }
    }
    innocent.is_served();
    eventually("the fullest are closed", || effects(&server, "outbox_bytes_total", "closed") > 0.0);
    eventually("memory is bounded", || Page::of(&server).value("clairon_outbox_memory_bytes", &[]) <= TOTAL);
    innocent.is_served();
}

/// A connection with small segments, so that the kernel buffers little for it.
fn small(server: &Server) -> HttpConnection {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_tcp_mss(1_000).unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let address: std::net::SocketAddr = format!("{}:{}", server.host(), server.port()).parse().unwrap();
    socket.connect(&address.into()).unwrap();
    HttpConnection::over(clairon_tests::transport::Transport::tcp(TcpStream::from(socket)).unwrap())
}

#[test]
fn signature_floods_with_ten_thousand_apps() {
    let others = (0..10_000).map(|number| App::new(&format!("a{number}")));
    let server = others.fold(builder(), Builder::app).env("CLAIRON_EDGE_REFUSALS_PER_ADDRESS_PER_SECOND", "5").start();
    let mut innocent = Innocent::new(&server);
    let mut hostile = Client::connect(&server, &app());
    let request = Request::get(&app(), "/channels", &[]).sign("wrong");
    for number in 0..MANY {
        RawSocket::open(&server, &format!("/app/unknown-{number}?protocol=7")).abort();
        assert_eq!(request.send(&server).status, 401);
        let auth = format!("{}:{}", app().key, "0".repeat(64));
        hostile.send("pusher:subscribe", &json!({"channel": "private-c", "auth": auth}));
        hostile.refused("private-c");
        if number % 25 == 0 {
            innocent.is_served();
        }
    }
    assert!(effects(&server, "refusals_per_address_per_second", "unexplained") > 0.0);
    innocent.is_served();
}

#[test]
fn subscribe_floods() {
    let server = builder().env("CLAIRON_EDGE_MESSAGES_PER_CONNECTION_PER_SECOND", "100").start();
    let mut innocent = Innocent::new(&server);
    let mut hostile = [(); 5].map(|()| Client::connect(&server, &app()));
    for client in &mut hostile {
        for number in 0..300 {
            client.send("pusher:subscribe", &json!({"channel": format!("unique-{}-{number}", client.socket_id)}));
        }
    }
    innocent.is_served();
    eventually("a delay", || effects(&server, "messages_per_connection_per_second", "delayed") >= 5.0);
    innocent.is_served();
}

/// Each joining costs a list of all members.
#[test]
fn snapshot_floods() {
    let server = builder().env("CLAIRON_EDGE_FANOUT_PER_CONNECTION_PER_SECOND", "500").start();
    let mut innocent = Innocent::new(&server);
    let mut members: Vec<Client> = (0..20).map(|_| Client::connect(&server, &app())).collect();
    let info = "i".repeat(900);
    for (number, member) in members.iter_mut().enumerate() {
        member.join("presence-room", &json!({"user_id": number, "user_info": info}).to_string());
    }
    let mut hostile = Client::connect(&server, &app());
    let data = json!({"user_id": "hostile"}).to_string();
    for _ in 0..40 {
        hostile.ask_to_join("presence-room", &data);
        hostile.unsubscribe("presence-room");
    }
    innocent.is_served();
    eventually("a delay", || effects(&server, "fanout_per_connection_per_second", "delayed") > 0.0);
    for _ in 0..40 {
        hostile.succeeded("presence-room");
    }
    innocent.is_served();
}

#[test]
fn compressed_bombs() {
    let server = builder().start();
    let mut innocent = Innocent::new(&server);
    let bomb = RawFrame::compressed(TEXT, vec![b' '; 50_000_000]);
    assert!(bomb.payload().len() < 100_000);
    let codes: HashSet<Option<u16>> = (0..20)
        .map(|_| {
            let mut socket = RawSocket::open_offering(&server, &path(), "permessage-deflate");
            assert_eq!(socket.event()["event"], "pusher:connection_established");
            socket.send(&bomb);
            socket.closed().0
        })
        .collect();
    assert_eq!(codes, HashSet::from([Some(1009)]));
    innocent.is_served();
}

/// Events of a client that many others receive.
#[test]
fn client_event_floods() {
    let app = app().with("client_events_per_second", 1_000);
    let server = Server::builder()
        .app(app.clone())
        .env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0")
        .env("CLAIRON_EDGE_FANOUT_PER_CONNECTION_PER_SECOND", "1000")
        .start();
    let mut innocent = Innocent::new(&server);
    let mut others: Vec<Client> = (0..50).map(|_| Client::connect(&server, &app)).collect();
    for other in &mut others {
        other.subscribe("private-c");
    }
    let mut hostile = Client::connect(&server, &app);
    hostile.subscribe("private-c");
    for number in 0..60 {
        hostile.whisper("private-c", "client-e", &json!(number));
    }
    innocent.is_served();
    eventually("a delay", || effects(&server, "fanout_per_connection_per_second", "delayed") > 0.0);
    // All arrive, later.
    for _ in 0..60 {
        others[49].expect("client-e");
    }
    innocent.is_served();
}
