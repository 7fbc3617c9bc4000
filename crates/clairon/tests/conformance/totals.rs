//! The limits of what waits for all connections together.

use clairon_test_servers::eventually;
use clairon_tests::api;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::metrics::Page;
use clairon_tests::raw::{CONTINUATION, RawFrame, Received, TEXT};
use clairon_tests::server::Server;
use serde_json::json;

/// Several megabytes of it exceed what the sockets on both sides take.
const BIG: usize = 90_000;

fn app() -> App {
    App::new("totals").with("event_data_bytes", 100_000)
}

fn start(limit: &str, bytes: usize) -> Server {
    Server::builder()
        .app(app())
        .env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0")
        .env(&format!("CLAIRON_EDGE_{limit}"), bytes.to_string())
        .start()
}

fn closed(server: &Server, limit: &str) -> f64 {
    Page::of(server).value("clairon_edge_limits_total", &[("limit", limit), ("effect", "closed")])
}

/// The code and reason of the close frame, after all that was written before.
fn end(client: &mut Client) -> (Option<u16>, String) {
    loop {
        match client.socket.receive() {
            Received::Close(code, reason) => return (code, reason),
            Received::End => panic!("the end without a close frame"),
            _ => {}
        }
    }
}

#[test]
fn readers_that_stop_take_so_much_memory_together() {
    const TOTAL: usize = 8 << 20;
    let server = start("OUTBOX_BYTES_TOTAL", TOTAL);
    api::trigger(&server, &app(), "cache-big", "e", &"x".repeat(BIG));
    let mut beside = Client::connect(&server, &app());
    beside.subscribe("news");
    // Each asks for the remembered event again and again, and does not read.
    let mut readers: Vec<Client> = (0..8).map(|_| Client::connect(&server, &app())).collect();
    for reader in &mut readers {
        for _ in 0..200 {
            reader.send("pusher:subscribe", &json!({"channel": "cache-big"}));
            reader.unsubscribe("cache-big");
        }
    }
    eventually("the fullest are closed", || closed(&server, "outbox_bytes_total") > 0.0);
    eventually("the memory is free", || Page::of(&server).value("clairon_outbox_memory_bytes", &[]) <= 8_388_608.0);
    api::trigger(&server, &app(), "news", "e", "{}");
    beside.expect("e");
    let line = server.wait_for_log("the line", |line| line["limit"] == "edge.outbox_bytes_total");
    assert_eq!((&line["peer"], &line["app"]), (&json!("127.0.0.1"), &json!(app().id)));
    // Not all are closed, so each is asked to close.
    let message = "Over capacity: too many events wait for slow clients".to_owned();
    let ends = readers.iter_mut().map(|reader| {
        reader.socket.send(&RawFrame::close(1000, ""));
        end(reader)
    });
    assert!(ends.filter(|end| *end == (Some(4100), message.clone())).count() > 0);
}

#[test]
fn incomplete_messages_take_so_much_memory_together() {
    let server = start("PARTIAL_BYTES_TOTAL", 150_000);
    let mut clients = [(); 3].map(|()| Client::connect(&server, &app()));
    let part = |size: usize| RawFrame::new(TEXT, " ".repeat(size)).unfinished();
    let held = || Page::of(&server).value("clairon_partial_message_bytes", &[]);
    clients[0].socket.send(&part(30_000));
    eventually("the first part", || held() >= 30_000.0);
    clients[1].socket.send(&part(60_000));
    eventually("the second part", || held() >= 90_000.0);
    // The largest gives way.
    clients[2].socket.send(&part(100_000));
    let message = "Over capacity: too many incomplete messages".to_owned();
    assert_eq!(clients[2].socket.closed(), (Some(4100), message));
    let last = RawFrame::new(CONTINUATION, r#"{"event":"pusher:ping"}"#);
    for client in &mut clients[..2] {
        client.socket.send(&last);
        client.expect("pusher:pong");
    }
    eventually("nothing is left", || held() < 1.0);
    assert!(closed(&server, "partial_bytes_total") > 0.0);
}
