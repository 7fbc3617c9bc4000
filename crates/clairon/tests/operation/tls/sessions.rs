//! The features of the server over TLS, which are those without TLS.

use std::io::{Read, Write};

use clairon_tests::api::Request;
use clairon_tests::app::App;
use clairon_tests::client::data;
use clairon_tests::http::HttpConnection;
use clairon_tests::raw::Received;
use serde_json::{Value, json};

use super::{Site, app, connect};

/// An app that allows long events.
fn roomy() -> App {
    app().with("event_data_bytes", 1_000_000)
}

/// Publishes an event over a connection.
fn publish(connection: &mut HttpConnection, body: &Value) {
    connection.write(Request::post(&roomy(), "/events", body).text());
    let _ = connection.response().ok();
}

#[test]
fn events_of_any_size_come_to_everyone_in_order() {
    let site = Site::new();
    let server = site.server_of(roomy()).listen(["127.0.0.1:0", "tls://127.0.0.1:0"]).start();
    let tls_port: u16 = server.listens()[1].rsplit_once(':').unwrap().1.parse().unwrap();
    let tls = || HttpConnection::over(site.client().connect(("127.0.0.1", tls_port)).unwrap());
    let mut clients = [connect(tls()), connect(tls()), connect(HttpConnection::open(&server))];
    for client in &mut clients {
        let _ = client.subscribe("private-room");
    }
    // One record, several records, and a batch that is written together.
    let sizes = [1, 16_383, 16_384, 16_385, 300_000, 10, 20, 30];
    for (number, size) in sizes.into_iter().enumerate() {
        let body = json!({"name": format!("event-{number}"), "channel": "private-room", "data": "x".repeat(size)});
        publish(&mut tls(), &body);
    }
    for client in &mut clients {
        for (number, size) in sizes.into_iter().enumerate() {
            let event = client.expect(&format!("event-{number}"));
            assert_eq!(event["data"].as_str().map(str::len), Some(size));
        }
    }
}

#[test]
fn clients_say_as_much_as_without_tls() {
    let site = Site::new();
    let server = site.server_of(roomy().with("client_messages", true)).start();
    let [mut one, mut other] = [(); 2].map(|()| connect(HttpConnection::tls(&server, &site.client())));
    for client in [&mut one, &mut other] {
        let _ = client.subscribe("private-room");
    }
    let long = "x".repeat(200_000);
    one.whisper("private-room", "client-long", &json!({"text": long}));
    assert!(data(&other.expect("client-long"))["text"] == long);
    for number in 0..20 {
        one.whisper("private-room", &format!("client-{number}"), &json!(number));
    }
    // The app allows ten per second.
    let _ = other.expect("client-0");
}

#[test]
fn one_connection_carries_many_requests_and_then_a_websocket() {
    let site = Site::new();
    let server = site.server().start();
    let mut connection = HttpConnection::tls(&server, &site.client());
    for _ in 0..3 {
        assert_eq!(connection.get("/up").status, 200);
    }
    let mut client = connect(connection);
    client.expect_nothing();
}

#[test]
fn the_end_is_said_in_tls_too() {
    let site = Site::new();
    let server = site.server().start();
    let mut client = connect(HttpConnection::tls(&server, &site.client()));
    server.signal(rustix::process::Signal::TERM);
    assert_eq!(client.expect("pusher:error")["data"]["code"], 4200);
    assert_eq!(client.socket.closed().0, Some(4200));
    // Without the closing alert this would be an error.
    assert_eq!(client.socket.receive(), Received::End);
    assert!(server.ended().success());
}

#[test]
fn a_session_is_resumed_without_its_certificate() {
    let site = Site::new();
    let server = site.server().start();
    let client = site.client();
    let is_resumed = || {
        let mut transport = client.connect((server.host(), server.port())).unwrap();
        transport.write_all(b"GET /up HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        // The ticket comes before the answer.
        transport.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        transport.is_resumed()
    };
    assert_eq!([is_resumed(), is_resumed()], [false, true]);
}

#[test]
fn a_client_that_reads_nothing_is_disconnected() {
    let site = Site::new();
    let server = site
        .server_of(roomy())
        // The outbox overflows, and then the client has this time to read on.
        .env("CLAIRON_OUTBOX_WRITE_TIMEOUT_SECONDS", "30")
        .env("CLAIRON_OUTBOX_BYTES", "1000000")
        .start();
    let mut slow = connect(HttpConnection::tls(&server, &site.client()));
    let _ = slow.subscribe("private-room");
    let mut backend = HttpConnection::tls(&server, &site.client());
    let body = json!({"name": "long", "channel": "private-room", "data": "x".repeat(900_000)});
    for _ in 0..30 {
        publish(&mut backend, &body);
    }
    let line = server.wait_for_log("the end of the slow client", |line| line["message"] == "closing");
    assert_eq!(line["code"], 4100, "{line}");
    // All earlier bytes are intact.
    let mut heard = 0;
    loop {
        match slow.socket.receive() {
            Received::Text(text) if text.contains("\"long\"") => heard += 1,
            Received::End | Received::Close(..) => break,
            _ => {}
        }
    }
    assert!((1..30).contains(&heard), "{heard}");
}
