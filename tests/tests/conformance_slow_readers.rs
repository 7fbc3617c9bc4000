//! Clients that do not read what they are sent: disconnected within the bounds, and nobody else is held up.

use clairon_tests::{api, app::App, client::Client, eventually, server::Server};
use serde_json::{Value, json};

const EVENT: usize = 60_000;

fn app() -> App {
    App::new("slow")
}

fn subscribers(server: &Server, channel: &str) -> Value {
    api::get(server, &app(), &format!("/channels/{channel}"), &[("info", "subscription_count")])["subscription_count"]
        .clone()
}

/// Waits until the server has told why it closes a connection, and has forgotten its subscription.
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
    // What the kernel buffers for the stopped one is some megabytes; past that its outbox fills.
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

#[test]
fn a_socket_that_takes_nothing_for_too_long_is_given_up() {
    let server = Server::builder()
        .app(app().with("event_data_bytes", 10_000_000))
        .env("CLAIRON_OUTBOX_BYTES", "1000000000")
        .env("CLAIRON_OUTBOX_WRITE_TIMEOUT_SECONDS", "1")
        .start();
    let mut stopped = Client::connect(&server, &app());
    stopped.subscribe("news");
    // More than the kernel buffers, and within the outbox.
    api::trigger(&server, &app(), "news", "long", &"x".repeat(9_500_000));
    let mut reader = Client::connect(&server, &app());
    reader.subscribe("news");
    wait_for_4100(&server);
    reader.fence();
}
