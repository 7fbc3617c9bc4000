//! An app's limits of requests, events, channels, remembered events and members of presence channels.

use clairon_test_servers::eventually;
use clairon_tests::api::{self, Request};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::{self, Response};
use clairon_tests::server::Server;
use serde_json::json;

fn start(limits: &[(&str, u32)]) -> (Server, App) {
    let app = limits.iter().fold(App::new("limited"), |app, (name, limit)| app.with(name, *limit));
    (Server::builder().app(app.clone()).env("CLAIRON_METRICS_TOKEN", "metrics-token-0123").start(), app)
}

fn event(channel: &str) -> serde_json::Value {
    json!({"name": "e", "channel": channel, "data": "d"})
}

/// Sends requests until one is refused.
fn refused(send: impl Fn() -> Response) -> Response {
    let refused = (0..1_000).map(|_| send()).find(|response| response.status != 200);
    refused.unwrap_or_else(|| panic!("a thousand requests, and none is refused"))
}

/// Checks that an answer is a 429 whose `Retry-After` is right: the request then succeeds.
fn assert_too_fast(response: &Response, limit: &str) {
    response.assert_refused(429, limit);
    let seconds: u64 = response.header("retry-after").and_then(|text| text.parse().ok()).unwrap_or_default();
    assert_eq!(seconds, 1, "{response:?}");
}

#[test]
fn a_backend_may_send_so_many_requests_in_a_second() {
    let (server, app) = start(&[("requests_per_second", 5)]);
    let get = || Request::get(&app, "/channels", &[]).send(&server);
    assert_too_fast(&refused(get), "requests_per_second");
    eventually("another second", || get().status == 200);
    // Requests with a wrong signature do not count.
    for _ in 0..20 {
        assert_eq!(Request::get(&app, "/channels", &[]).sign("wrong").send(&server).status, 401);
    }
    eventually("another second", || get().status == 200);
}

#[test]
fn a_backend_may_trigger_so_many_events_in_a_second() {
    let (server, app) = start(&[("events_per_second", 10)]);
    let one = || Request::post(&app, "/events", &event("c")).send(&server);
    assert_too_fast(&refused(one), "events_per_second");
    // Each event of a batch counts. An event for two channels counts once.
    let batch = json!({"batch": (0..6).map(|_| event("c")).collect::<Vec<_>>()});
    eventually("room for a batch", || Request::post(&app, "/batch_events", &batch).send(&server).status == 200);
    assert_too_fast(&refused(|| Request::post(&app, "/batch_events", &batch).send(&server)), "events_per_second");
    // Requests without events do not count.
    for _ in 0..50 {
        assert_eq!(Request::get(&app, "/channels", &[]).send(&server).status, 200);
    }
}

#[test]
fn an_app_may_have_so_many_channels() {
    let (server, app) = start(&[("channels", 2)]);
    let mut client = Client::connect(&server, &app);
    client.subscribe("a");
    client.subscribe("b");
    client.subscribe("a");
    client.send("pusher:subscribe", &json!({"channel": "c"}));
    let reason = client.refused("c");
    assert_eq!(
        (reason["status"].as_u64(), reason["error"].as_str()),
        (Some(403), Some("the app has 2 channels, which is the limit (channels)"))
    );
    // An event creates a channel only if it is remembered.
    api::trigger(&server, &app, "c", "e", "d");
    let refused = Request::post(&app, "/events", &event("cache-c")).send(&server);
    refused.assert_refused(400, "2 channels");
    let batch = json!({"batch": [event("a"), event("cache-c")]});
    Request::post(&app, "/batch_events", &batch).send(&server).assert_refused(400, "2 channels");
    client.expect_nothing();
    client.unsubscribe("b");
    client.expect_nothing();
    api::trigger(&server, &app, "cache-c", "e", "d");
    client.send("pusher:subscribe", &json!({"channel": "b"}));
    assert_eq!(client.refused("b")["status"], 403);
}

#[test]
fn the_oldest_remembered_event_goes() {
    let (server, app) = start(&[("cached_bytes", 200_000)]);
    let data = "x".repeat(60_000);
    let is_remembered = |channel: &str| {
        let path = format!("/channels/{channel}");
        let answer = Request::get(&app, &path, &[("info", "cache")]).send(&server).json();
        !answer["cache"].is_null()
    };
    for channel in ["cache-1", "cache-2"] {
        api::trigger(&server, &app, channel, "e", &data);
    }
    assert_eq!(["cache-1", "cache-2"].map(is_remembered), [false, true]);
    let mut client = Client::connect(&server, &app);
    client.subscribe("cache-1");
    client.expect("pusher:cache_miss");
    let page = http::request(&server, "GET", "/metrics", "Authorization: Bearer metrics-token-0123\r\n").body;
    let line = |name: &str| page.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    assert!(line("clairon_cached_events_dropped_total{").ends_with(" 1"), "{page}");
    assert!(line("clairon_cached_bytes{").rsplit(' ').next().is_some_and(|bytes| bytes.len() == 6), "{page}");
}

#[test]
fn the_members_of_a_channel_may_have_so_many_bytes() {
    let (server, app) = start(&[("snapshot_bytes", 1_000)]);
    let [mut ada, mut bob] = [(); 2].map(|()| Client::connect(&server, &app));
    let member = |id: &str, size| json!({"user_id": id, "user_info": "x".repeat(size)}).to_string();
    ada.join("presence-room", &member("ada", 600));
    bob.ask_to_join("presence-room", &member("bob", 400));
    let reason = bob.refused("presence-room");
    assert_eq!(reason["status"], 403);
    assert!(reason["error"].as_str().is_some_and(|error| error.contains("(snapshot_bytes)")), "{reason}");
    ada.expect_nothing();
    bob.join("presence-room", &member("bob", 200));
    ada.expect("pusher_internal:member_added");
    // A second connection of a member does not count.
    Client::connect(&server, &app).join("presence-room", &member("ada", 600));
}
