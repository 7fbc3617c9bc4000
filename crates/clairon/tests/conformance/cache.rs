//! Cache channels: the last published event is sent to later subscribers.

use clairon_test_servers::{SharedServer, eventually};
use clairon_tests::api::{self, Request};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::raw::Received;
use clairon_tests::server::Server;
use serde_json::{Value, json};

const KINDS: [&str; 4] = ["cache-", "private-cache-", "private-encrypted-cache-", "presence-cache-"];
const MEMBER: &str = r#"{"user_id":"1"}"#;

static SERVER: SharedServer<Server> = SharedServer::new(|| {
    let forgetful = App::new("forgetful").with("cache_ttl_seconds", 1);
    Server::builder().app(app()).app(forgetful).start()
});

fn app() -> App {
    App::new("cache").with("client_messages", true)
}

/// Subscribes, and returns the single event after the success.
fn subscribe(client: &mut Client, channel: &str) -> Value {
    if channel.starts_with("presence-") {
        client.join(channel, MEMBER);
    } else {
        client.subscribe(channel);
    }
    client.socket.event()
}

fn miss(channel: &str) -> Value {
    json!({"event": "pusher:cache_miss", "channel": channel})
}

#[test]
fn a_channel_without_an_event_says_so() {
    let server = SERVER.get();
    let mut client = Client::connect(&server, &app());
    for kind in KINDS {
        let channel = format!("{kind}empty");
        assert_eq!(subscribe(&mut client, &channel), miss(&channel));
    }
    for channel in ["x-cache-y", "cachex", "private-xcache-y"] {
        client.subscribe(channel);
    }
    client.expect_nothing();
}

#[test]
fn newcomers_get_the_last_event_and_they_alone() {
    let server = SERVER.get();
    for kind in KINDS {
        let channel = format!("{kind}news");
        // There is no subscriber yet.
        api::trigger(&server, &app(), &channel, "old", "{}");
        api::trigger(&server, &app(), &channel, "App\\News", r#"{ "é" : "\u0007" }"#);
        let cached = json!({"event": "App\\News", "channel": channel, "data": r#"{ "é" : "\u0007" }"#});
        let mut first = Client::connect(&server, &app());
        assert_eq!(subscribe(&mut first, &channel), cached);
        first.expect_nothing();
        let mut second = Client::connect(&server, &app());
        assert_eq!(subscribe(&mut second, &channel), cached);
        first.expect_nothing();
        api::trigger(&server, &app(), &channel, "newer", "2");
        for client in [&mut first, &mut second] {
            client.expect("newer");
        }
        // The event is kept after the last subscriber has left.
        first.unsubscribe(&channel);
        second.unsubscribe(&channel);
        first.fence();
        second.fence();
        let newer = json!({"event": "newer", "channel": channel, "data": "2"});
        assert_eq!(subscribe(&mut second, &channel), newer);
    }
}

#[test]
fn batches_are_remembered_too() {
    let server = SERVER.get();
    let event = |name: &str| json!({"name": name, "data": "d", "channel": "cache-batch"});
    let batch = json!({"batch": [event("first"), event("second")]});
    assert_eq!(api::post(&server, &app(), "/batch_events", &batch), json!({}));
    let mut client = Client::connect(&server, &app());
    assert_eq!(subscribe(&mut client, "cache-batch")["event"], "second");
}

#[test]
fn an_event_that_excludes_its_sender_is_remembered() {
    let (server, channel) = (SERVER.get(), "cache-excluding");
    let mut sender = Client::connect(&server, &app());
    subscribe(&mut sender, channel);
    let event = json!({"name": "e", "data": "d", "channel": channel, "socket_id": sender.socket_id});
    assert_eq!(api::post(&server, &app(), "/events", &event), json!({}));
    sender.expect_nothing();
    assert_eq!(subscribe(&mut Client::connect(&server, &app()), channel)["event"], "e");
}

#[test]
fn client_events_and_comings_and_goings_are_not_remembered() {
    let server = SERVER.get();
    for kind in ["private-cache-", "presence-cache-"] {
        let channel = format!("{kind}whispers");
        let mut sender = Client::connect(&server, &app());
        subscribe(&mut sender, &channel);
        sender.whisper(&channel, "client-x", &json!({}));
        sender.expect_nothing();
        let mut newcomer = Client::connect(&server, &app());
        assert_eq!(subscribe(&mut newcomer, &channel), miss(&channel));
    }
}

#[test]
fn an_event_of_another_channel_is_not_remembered() {
    let server = SERVER.get();
    let mut client = Client::connect(&server, &app());
    api::trigger(&server, &app(), "uncached", "e", "{}");
    client.subscribe("uncached");
    client.expect_nothing();
}

#[test]
fn the_api_tells_what_is_remembered() {
    let server = SERVER.get();
    let info = |channel: &str| api::get(&server, &app(), &format!("/channels/{channel}"), &[("info", "cache")]);
    assert_eq!(info("cache-asked"), json!({"occupied": false, "cache": null}));
    api::trigger(&server, &app(), "cache-asked", "e", r#"{"a":1}"#);
    let answer = info("cache-asked");
    let ttl = answer["cache"]["ttl"].as_u64().unwrap_or_default();
    assert!((1..=1_800).contains(&ttl), "{answer}");
    assert_eq!(answer, json!({"occupied": false, "cache": {"data": r#"{"a":1}"#, "ttl": ttl}}));
    // A channel without subscribers is not occupied, even if it remembers an event.
    assert_eq!(api::get(&server, &app(), "/channels", &[("filter_by_prefix", "cache-asked")]), json!({"channels": {}}));
}

#[test]
fn a_string_that_is_no_unicode_is_remembered_as_it_was_sent() {
    let (server, channel) = (SERVER.get(), "cache-halves");
    let event = format!(r#"{{"name":"e","channel":"{channel}","data":"half \ud83d"}}"#);
    let batch = format!(r#"{{"batch":[{event}]}}"#);
    for (path, body) in [("/events", &event), ("/batch_events", &batch)] {
        assert_eq!(Request::new(&app(), "POST", path, &[], body).send(&server).ok(), json!({}));
        let mut client = Client::connect(&server, &app());
        client.subscribe(channel);
        let received = format!(r#"{{"event":"e","channel":"{channel}","data":"half \ud83d"}}"#);
        assert_eq!(client.socket.receive(), Received::Text(received));
    }
    let answer = Request::get(&app(), "/channels/cache-halves", &[("info", "cache")]).send(&server);
    assert!(answer.body.contains(r#""cache":{"data":"half \ud83d","ttl":"#), "{answer:?}");
}

#[test]
fn an_old_event_is_forgotten() {
    let (server, app, channel) = (SERVER.get(), App::new("forgetful"), "cache-old");
    let mut client = Client::connect(&server, &app);
    api::trigger(&server, &app, channel, "e", "{}");
    let path = format!("/channels/{channel}");
    eventually("the end of the event", || api::get(&server, &app, &path, &[("info", "cache")])["cache"].is_null());
    assert_eq!(subscribe(&mut client, channel), miss(channel));
}
