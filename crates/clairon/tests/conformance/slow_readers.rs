//! Clients that do not read: they are disconnected within the bounds, and no other client is delayed.

use std::io::Write;
use std::thread;

use clairon_test_servers::eventually;
use clairon_tests::{
    api,
    app::App,
    client::Client,
    clock::Clock,
    http,
    raw::{RawFrame, Received, TEXT},
    server::Server,
};
use serde_json::{Value, json};

const EVENT: usize = 60_000;
const TOKEN: &str = "0123456789abcdef-token";

fn app() -> App {
    App::new("slow")
}

fn subscribers(server: &Server, channel: &str) -> Value {
    api::get(server, &app(), &format!("/channels/{channel}"), &[("info", "subscription_count")])["subscription_count"]
        .clone()
}

/// Waits until the server has logged why it closes a connection, and has ended its subscription.
fn wait_for_4100(server: &Server) {
    let closing = server.wait_for_log("the end of the slow reader", |line| line["message"] == "closing");
    assert_eq!(closing["code"], 4100, "{closing}");
    eventually("the slow reader to be forgotten", || subscribers(server, "news") == json!(1));
}

#[test]
fn a_reader_that_stops_is_disconnected_and_holds_nobody_up() {
    let server =
        Server::builder().app(app()).env("CLAIRON_OUTBOX_BYTES", "65536").env("CLAIRON_OUTBOX_FRAMES", "16").start();
    let mut stopped = Client::connect(&server, &app());
    let mut reader = Client::connect(&server, &app());
    stopped.subscribe("news");
    reader.subscribe("news");
    // The kernel buffers some megabytes for the stopped client. After that its outbox fills.
    let data = "x".repeat(EVENT);
    for _ in 0..500 {
        api::trigger(&server, &app(), "news", "wide", &data);
        assert_eq!(reader.expect("wide")["data"], data);
        if subscribers(&server, "news") == json!(1) {
            break;
        }
    }
    wait_for_4100(&server);
    assert_eq!(reader.fence(), Vec::<Value>::new());
}

/// A client's own requests do not end its connection: while it does not read the answers, the server reads nothing more
/// from it.
#[test]
fn a_client_that_asks_without_reading_has_to_wait() {
    const ASKED: usize = 1_000;
    let server = Server::builder()
        .app(app())
        .env("CLAIRON_OUTBOX_BYTES", "65536")
        .env("CLAIRON_METRICS_TOKEN", TOKEN)
        // With this setting the sweep runs ten times as often.
        .env("CLAIRON_HEARTBEAT_AUTHORIZATION_SECONDS", "1")
        .start();
    let mut others: Vec<Client> = (0..12).map(|_| Client::connect(&server, &app())).collect();
    for (number, client) in others.iter_mut().enumerate() {
        let member = json!({"user_id": number.to_string(), "user_info": "x".repeat(1_500)});
        client.join("presence-wide", &member.to_string());
    }
    // A repeated subscription is answered with all members, like the first one.
    let mut client = Client::connect(&server, &app());
    let member = json!({"user_id": "asking"}).to_string();
    let auth = client.auth("presence-wide", Some(&member));
    let ask = json!({"event": "pusher:subscribe",
        "data": {"channel": "presence-wide", "auth": auth, "channel_data": member}});
    let asked = RawFrame::new(TEXT, ask.to_string()).to_bytes().repeat(ASKED);
    let mut writer = client.socket.writer();
    thread::scope(|scope| {
        // The write fails if the server closes the connection. The answers show whether it did.
        scope.spawn(move || writer.write_all(&asked));
        eventually("an outbox to be half full", || {
            let page = http::request(&server, "GET", "/metrics", &format!("Authorization: Bearer {TOKEN}\r\n")).body;
            let sum = page.lines().find_map(|line| line.strip_prefix("clairon_outbox_bytes_sum "));
            sum.and_then(|sum| sum.parse::<f64>().ok()).is_some_and(|sum| sum > 32_768.0)
        });
        for number in 0..ASKED {
            let answer = client.socket.event();
            assert_eq!(answer["event"], "pusher_internal:subscription_succeeded", "answer {number}");
        }
    });
    client.expect_nothing();
}

#[test]
fn a_socket_that_takes_nothing_for_too_long_is_given_up() {
    let server = Server::builder()
        .app(app().with("event_data_bytes", 10_000_000))
        .env("CLAIRON_OUTBOX_BYTES", "1000000000")
        .env("CLAIRON_OUTBOX_WRITE_TIMEOUT_SECONDS", "4")
        .start();
    let mut stopped = Client::connect(&server, &app());
    stopped.subscribe("news");
    // More than the kernel buffers, and less than the outbox allows.
    api::trigger(&server, &app(), "news", "long", &"x".repeat(9_500_000));
    let mut reader = Client::connect(&server, &app());
    reader.subscribe("news");
    wait_for_4100(&server);
    reader.fence();
}

/// The client is slow but not stuck: it continues to read after more than the time that other clients have for the
/// closing handshake.
#[test]
fn a_reader_that_was_too_slow_learns_so_when_it_reads_on() {
    let server =
        Server::builder().app(app()).env("CLAIRON_OUTBOX_BYTES", "65536").env("CLAIRON_OUTBOX_FRAMES", "16").start();
    let mut clock = Clock::start();
    let mut slow = Client::connect(&server, &app());
    let mut reader = Client::connect(&server, &app());
    slow.subscribe("news");
    reader.subscribe("news");
    let data = "x".repeat(EVENT);
    while subscribers(&server, "news") == json!(2) {
        api::trigger(&server, &app(), "news", "wide", &data);
        reader.expect("wide");
    }
    wait_for_4100(&server);
    clock.wait(4);
    let end = std::iter::repeat_with(|| slow.socket.event()).find(|event| event["event"] != "wide");
    assert_eq!(end.unwrap_or_default()["data"]["code"], 4100);
    assert_eq!(slow.socket.closed().0, Some(4100));
}

#[test]
fn a_reader_that_takes_long_events_slowly_is_waited_for() {
    const TIMEOUT: usize = 7;
    const EVENTS: usize = 3;
    let server = Server::builder()
        .app(app().with("event_data_bytes", 10_000_000))
        .env("CLAIRON_OUTBOX_BYTES", "1000000000")
        .env("CLAIRON_OUTBOX_WRITE_TIMEOUT_SECONDS", TIMEOUT.to_string())
        .start();
    let mut clock = Clock::start();
    let mut slow = Client::connect(&server, &app());
    slow.subscribe("news");
    thread::scope(|scope| {
        // The first event waits for its reader while the others are still on their way.
        scope.spawn(|| {
            for _ in 0..EVENTS {
                api::trigger(&server, &app(), "news", "long", &"x".repeat(9_500_000));
            }
        });
        // Reading everything takes more than twice the time in which at least a byte must be read.
        for _ in 0..EVENTS {
            let event = slow.socket.receive_in_pieces(5, || clock.tick());
            assert!(
                matches!(&event, Received::Text(text) if text.contains(r#""event":"long""#)),
                "the connection ended"
            );
        }
    });
    slow.expect_nothing();
}
