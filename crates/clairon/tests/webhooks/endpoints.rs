//! Endpoints that refuse, are gone, are removed, and get deliveries again.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use clairon_test_servers::until;
use clairon_tests::admin;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::server::{self, Server};
use clairon_tests::webhook::{Received, Reply, WebhookReceiver};
use serde_json::{Value, json};

use crate::support::{Database, app, heard, server};

/// A receiver that answers with a status, which the test changes.
fn changing(status: u16) -> (WebhookReceiver, Arc<AtomicU16>) {
    let status = Arc::new(AtomicU16::new(status));
    let answer = status.clone();
    (WebhookReceiver::answering(move |_| Reply::Status(answer.load(Ordering::Relaxed))), status)
}

/// A server with the admin API.
fn start(database: &Database, app: &App) -> Server {
    server(database, app).env("CLAIRON_ADMIN_TOKEN", admin::TOKEN).start()
}

fn call(server: &Server, app: &App, method: &str, path: &str, body: Option<&Value>) -> Value {
    let response = admin::call(server, method, &format!("/apps/{}/webhooks{path}", app.id), body);
    assert!((200..300).contains(&response.status), "{method} {path}: {response:?}");
    if response.status == 204 { Value::Null } else { response.json() }
}

/// The only endpoint of an app.
fn endpoint(server: &Server, app: &App) -> Value {
    call(server, app, "GET", "", None)["webhooks"][0].clone()
}

fn path_of(endpoint: &Value) -> String {
    format!("/{}", endpoint["id"].as_str().unwrap_or_else(|| panic!("no id in {endpoint}")))
}

fn count(requests: &[Received], words: &str) -> usize {
    heard(requests).iter().filter(|heard| *heard == words).count()
}

fn subscribe(server: &Server, app: &App, channel: &str) -> Client {
    let mut client = Client::connect(server, app);
    client.subscribe(channel);
    client
}

#[test]
fn a_failing_delivery_holds_back_its_channel_at_its_endpoint_and_nothing_else() {
    let is_of = |request: &Received, channel: &str| request.events.iter().any(|event| event["channel"] == channel);
    let status = Arc::new(AtomicU16::new(500));
    let answer = status.clone();
    let receiver = WebhookReceiver::answering(move |request| {
        Reply::Status(if is_of(request, "private-a") { answer.load(Ordering::Relaxed) } else { 200 })
    });
    let (app, database) = (app(&receiver), Database::sqlite());
    let server = start(&database, &app);
    let other = WebhookReceiver::start();
    call(&server, &app, "POST", "", Some(&json!({"url": other.url()})));

    let mut client = subscribe(&server, &app, "private-a");
    client.whisper("private-a", "client-number", &json!(1));
    client.subscribe("private-b");
    client.whisper("private-b", "client-number", &json!(1));
    for channel in ["private-a", "private-b"] {
        let words = format!("client_event {channel}");
        drop(other.wait_for("all at the other endpoint", |requests| count(requests, &words) == 1));
    }
    let requests = receiver.wait_for("the other channel", |requests| {
        count(requests, "client_event private-b") == 1 && count(requests, "channel_occupied private-a") == 1
    });
    assert_eq!(count(&requests, "client_event private-a"), 0, "it waits behind the failing delivery");
    status.store(200, Ordering::Relaxed);
    let requests = receiver.wait_for("the rest", |requests| count(requests, "client_event private-a") == 1);
    let of_a: Vec<_> = requests.into_iter().filter(|request| is_of(request, "private-a")).collect();
    assert_eq!(heard(&of_a), ["channel_occupied private-a", "client_event private-a"]);
}

#[test]
fn a_410_disables_an_endpoint_until_an_operator_enables_it() {
    let (receiver, status) = changing(410);
    let (app, database) = (app(&receiver), Database::sqlite());
    let server = start(&database, &app);
    let _early = subscribe(&server, &app, "early");
    let disabled = until("it is disabled", || endpoint(&server, &app), |endpoint| endpoint["enabled"] == false);
    let reason = disabled["disabled_reason"].as_str().unwrap_or_default();
    assert!(reason.contains("410"), "{disabled}");
    drop(server.wait_for_log("a warning", |line| {
        line["level"] == "WARN" && line["message"].as_str().is_some_and(|text| text.contains("410"))
    }));
    status.store(200, Ordering::Relaxed);
    let refused = receiver.requests().len();
    // After a change through the admin API the server reads the apps at once.
    call(&server, &app, "PATCH", &path_of(&disabled), Some(&json!({"enabled": false})));
    let _while_off = subscribe(&server, &app, "while-off");
    call(&server, &app, "PATCH", &path_of(&disabled), Some(&json!({"enabled": true})));
    let _late = subscribe(&server, &app, "late");
    let requests = receiver.wait_for("it is enabled", |requests| count(requests, "channel_occupied late") == 1);
    assert_eq!(heard(&requests[refused..]), ["channel_occupied late"]);
    assert_eq!(endpoint(&server, &app)["disabled_reason"], Value::Null);
}

#[test]
fn a_removed_endpoint_discards_what_is_pending() {
    let (receiver, status) = changing(500);
    let (app, database) = (app(&receiver), Database::sqlite());
    let server = start(&database, &app);
    let _early = subscribe(&server, &app, "early");
    drop(receiver.wait_for("an attempt", |requests| !requests.is_empty()));
    call(&server, &app, "DELETE", &path_of(&endpoint(&server, &app)), None);
    let latest = || call(&server, &app, "GET", "/deliveries?limit=1", None)["attempts"][0].clone();
    let given_up = until("it is given up", latest, |attempt| attempt["outcome"] == "given_up");
    assert!(given_up.to_string().contains("the endpoint was removed"), "{given_up}");
    status.store(200, Ordering::Relaxed);
    let refused = receiver.requests().len();
    call(&server, &app, "POST", "", Some(&json!({"url": receiver.url()})));
    let _late = subscribe(&server, &app, "late");
    let requests = receiver.wait_for("it is there again", |requests| count(requests, "channel_occupied late") == 1);
    assert_eq!(heard(&requests[refused..]), ["channel_occupied late"]);
}

#[test]
fn a_replay_is_sent_at_once() {
    let receiver = WebhookReceiver::start();
    let (app, database) = (app(&receiver), Database::sqlite());
    let server = start(&database, &app);
    let _client = subscribe(&server, &app, "room");
    let first = receiver.wait_for("the event", |requests| requests.len() == 1)[0].delivery().to_owned();
    let delivered = || call(&server, &app, "GET", "/deliveries", None)["attempts"].as_array().map(Vec::len);
    until("its outcome is stored", delivered, |attempts| *attempts == Some(1));

    let of_api = call(&server, &app, "POST", "/deliveries/replay", Some(&json!({"deliveries": [first]})));
    drop(receiver.wait_for("the replay of the admin API", |requests| requests.len() == 2));
    let mut command = Command::new(server::binary());
    command.args(["webhook", "replay", &first]).env("CLAIRON_DATABASE_URL", database.url());
    assert!(command.output().is_ok_and(|output| output.status.success()));
    let requests = receiver.wait_for("the replay of the command line", |requests| requests.len() == 3);
    assert_eq!(of_api["replayed"][0]["delivery"], requests[1].delivery());
    for replay in &requests[1..] {
        assert_eq!(replay.header("X-Clairon-Replay-Of"), Some(first.as_str()));
        assert_eq!(replay.events, requests[0].events);
    }
}
