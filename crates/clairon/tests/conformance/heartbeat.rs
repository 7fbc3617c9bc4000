//! Signs of life: the protocol's pings, the server's ping frames, and the end of a silent connection.

use std::thread;

use clairon_tests::api;
use clairon_tests::app::App;
use clairon_tests::client::{Client, data};
use clairon_tests::raw::{PING, PONG, RawFrame, RawSocket, Received};
use clairon_tests::server::Server;
use serde_json::json;

fn app() -> App {
    App::new("heartbeat")
}

/// A server that sends a ping after `ping` seconds of silence and closes the connection after `close` seconds.
fn server(ping: u32, close: u32) -> Server {
    Server::builder()
        .app(app())
        .env("CLAIRON_HEARTBEAT_PING_AFTER_SECONDS", ping.to_string())
        .env("CLAIRON_HEARTBEAT_CLOSE_AFTER_SECONDS", close.to_string())
        .start()
}

#[test]
fn pings_come_in_every_form() {
    let server = Server::start(app());
    let mut client = Client::connect(&server, &app());
    for text in [
        r#"{"event":"pusher:ping","data":{}}"#,
        r#"{"event":"pusher:ping","data":""}"#,
        r#"{"event":"pusher:ping","data":"{}"}"#,
        r#"{"event":"pusher:ping","data":null}"#,
        r#"{"event":"pusher:ping"}"#,
        r#"{"data":{},"event":"pusher:ping","channel":"c"}"#,
    ] {
        client.socket.text(text);
        assert_eq!(client.socket.event(), json!({"event": "pusher:pong", "data": "{}"}), "{text}");
    }
    for text in [r#"{"event":"pusher:pong","data":{}}"#, r#"{"event":"pusher:pong"}"#] {
        client.socket.text(text);
        client.expect_nothing();
    }
}

#[test]
fn clients_are_told_how_long_silence_may_last() {
    let server = Server::builder().app(app()).env("CLAIRON_HEARTBEAT_ACTIVITY_TIMEOUT_SECONDS", "17").start();
    let event = RawSocket::open(&server, "/app/heartbeat-key?protocol=7").event();
    assert_eq!(data(&event)["activity_timeout"], 17);
}

#[test]
fn a_client_that_stays_silent_is_asked_and_then_sent_away() {
    let server = server(1, 4);
    let mut client = Client::connect(&server, &app());
    client.subscribe("news");
    assert!(matches!(client.socket.receive(), Received::Ping(_)));
    // Messages of the server are not signs of life of the client.
    api::trigger(&server, &app(), "news", "hello", "{}");
    client.expect("hello");
    let error = client.expect("pusher:error");
    assert_eq!(error["data"]["code"], 4201, "{error}");
    let message = error["data"]["message"].as_str().map(str::to_owned);
    let (code, reason) = client.socket.closed();
    assert_eq!((code, Some(reason)), (Some(4201), message));
}

/// Anything that a client sends is a sign of life. A client that answers the server's pings in any form stays
/// connected.
#[test]
fn every_answer_keeps_a_client() {
    let server = server(1, 4);
    let answers = [
        RawFrame::new(PONG, ""),
        RawFrame::new(PING, ""),
        RawFrame::new(1, r#"{"event":"pusher:pong","data":{}}"#),
        RawFrame::new(1, r#"{"event":"pusher:ping","data":{}}"#),
    ];
    let clients = answers.map(|answer| {
        let mut client = Client::connect(&server, &app());
        thread::spawn(move || {
            let mut pings = 0;
            while pings < 5 {
                match client.socket.receive() {
                    Received::Ping(_) => {
                        client.socket.send(&answer);
                        pings += 1;
                    }
                    Received::Pong(_) => {}
                    Received::Text(text) => assert!(text.contains("pusher:pong"), "{text}"),
                    other => panic!("{other:?} to a client that answers with {answer:?}"),
                }
            }
        })
    });
    for client in clients {
        assert!(client.join().is_ok());
    }
}
