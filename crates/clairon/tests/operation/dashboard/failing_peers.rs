//! What the server's checks find while a peer fails: Redis, the receivers of webhooks, and clients that fill memory.

use clairon_test_servers::{Redis, until};
use clairon_tests::admin::{self, call};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::raw::{CONTINUATION, RawFrame, TEXT};
use clairon_tests::server::Server;
use clairon_tests::webhook::{Reply, WebhookReceiver};
use serde_json::{Value, json};

fn check(server: &Server, id: &str) -> Value {
    let checks = call(server, "GET", "/checks", None).ok();
    let found = checks["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).cloned();
    found.unwrap_or_else(|| panic!("no {id} in {checks}"))
}

/// Waits until a check has found this, and returns it.
fn wait_for(server: &Server, id: &str, state: &str, case: &str) -> Value {
    let is_so = |check: &Value| check["state"] == state && check["parameters"]["case"] == case;
    let found = until(case, || check(server, id), is_so);
    assert_eq!(found["advice"].is_null(), state == "ok", "{found}");
    found
}

#[test]
fn a_redis_that_does_not_answer_or_takes_no_writes_is_found() {
    let redis = Redis::start();
    let server = admin::builder()
        .app(App::new("peers"))
        .env("CLAIRON_REDIS_URL", redis.url())
        .env("CLAIRON_CLUSTER_BEAT_SECONDS", "1")
        .env("CLAIRON_CLUSTER_LEASE_SECONDS", "2")
        .env("CLAIRON_REDIS_RESPONSE_SECONDS", "1")
        .start();
    wait_for(&server, "redis", "ok", "answers");
    redis.set("min-replicas-to-write", "1");
    let found = wait_for(&server, "redis", "error", "read_only");
    assert!(found["parameters"]["cause"].as_str().unwrap().contains("NOREPLICAS"), "{found}");
    assert!(found["detail"].as_str().unwrap().contains("NOREPLICAS"), "{found}");
    redis.set("min-replicas-to-write", "0");
    wait_for(&server, "redis", "ok", "answers");
    redis.freeze();
    let found = wait_for(&server, "redis", "error", "unheard");
    assert!(found["parameters"]["seconds"].is_u64() && found["parameters"]["cause"].is_string(), "{found}");
    redis.thaw();
    wait_for(&server, "redis", "ok", "answers");
}

/// A server with an endpoint that answers with `status`, and that has heard of a channel.
fn server_with(status: u16, settings: &[(&str, &str)]) -> (Server, App, WebhookReceiver, Client) {
    let receiver = WebhookReceiver::answering(move |_| Reply::Status(status));
    let app = App::new("peers").with("webhook_url", receiver.url()).with("subscriptions_per_connection", 2_000);
    let server = admin::builder().app(app.clone()).env("CLAIRON_WEBHOOKS_LINGER_SECONDS", "0");
    let server = settings.iter().fold(server, |server, (name, value)| server.env(name, *value)).start();
    wait_for(&server, "webhooks", "ok", "arrive");
    let mut client = Client::connect(&server, &app);
    client.subscribe("news");
    drop(receiver.wait_for("a delivery", |requests| !requests.is_empty()));
    (server, app, receiver, client)
}

#[test]
fn a_receiver_that_is_gone_is_found() {
    let (server, app, _receiver, _client) = server_with(410, &[]);
    let found = wait_for(&server, "webhooks", "error", "disabled");
    assert_eq!(found["parameters"]["apps"], app.id.as_str());
}

#[test]
fn deliveries_that_were_given_up_are_found() {
    let (server, _, _receiver, _client) = server_with(500, &[("CLAIRON_WEBHOOKS_RETRY_SECONDS", "1")]);
    let found = wait_for(&server, "webhooks", "warning", "given_up");
    assert_eq!((&found["parameters"]["given_up"], &found["parameters"]["lost"]), (&json!(1), &json!(0)));
}

#[test]
fn an_endpoint_for_which_many_events_wait_is_found() {
    let (server, app, _receiver, mut client) = server_with(500, &[]);
    for number in 0..1_100 {
        client.subscribe(&format!("channel-{number}"));
    }
    let found = wait_for(&server, "webhooks", "warning", "late");
    assert_eq!(found["parameters"]["app"], app.id.as_str());
    assert!(found["parameters"]["pending"].as_u64().unwrap() > 1_000, "{found}");
}

#[test]
fn clients_that_fill_memory_are_found() {
    let app = App::new("peers").with("event_data_bytes", 100_000);
    let server = admin::builder().app(app.clone()).env("CLAIRON_EDGE_PARTIAL_BYTES_TOTAL", "75000").start();
    wait_for(&server, "memory", "ok", "free");
    let mut clients = [(); 2].map(|()| Client::connect(&server, &app));
    let part = |size: usize| RawFrame::new(TEXT, " ".repeat(size)).unfinished();
    clients[0].socket.send(&part(60_000));
    let found = wait_for(&server, "memory", "warning", "filling");
    let named = json!({
        "case": "filling", "setting": "edge.partial_bytes_total", "limit": 75_000, "bytes": found["parameters"]["bytes"]
    });
    assert_eq!(found["parameters"], named);
    clients[1].socket.send(&part(9_000));
    wait_for(&server, "memory", "error", "filling");
    for client in &mut clients {
        client.socket.send(&RawFrame::new(CONTINUATION, r#"{"event":"pusher:ping"}"#));
        client.expect("pusher:pong");
    }
    wait_for(&server, "memory", "ok", "free");
}
