//! What the real server sends, as receivers read it.

use clairon_test_servers::certificates::Authority;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::server::Server;
use serde_json::{Value, json};

use super::receiver::{Receiver, Runtime};
use super::sent::STRANGE;

/// The events of a channel.
fn of(events: &[Value], channel: &str) -> Vec<Value> {
    events.iter().filter(|event| event["channel"] == channel).cloned().collect()
}

/// Makes an event of each kind, and compares what the receiver made of them.
fn exchange(runtime: Runtime, authority: Option<&Authority>) {
    let app = ["client_messages", "subscription_counts"]
        .into_iter()
        .fold(App::new("served"), |app, field| app.with(field, true));
    let receiver = Receiver::start(runtime, &app, authority.map(|authority| authority.issue("localhost")).as_ref());
    let mut builder = Server::builder()
        .app(app.clone().with("webhook_url", receiver.url()))
        .env("CLAIRON_WEBHOOKS_LINGER_SECONDS", "0");
    if let Some(authority) = authority {
        builder = builder.env("CLAIRON_WEBHOOKS_CA_FILE", authority.file());
    }
    let server = builder.start();

    let mut client = Client::connect(&server, &app);
    for channel in ["news", "cache-prices"] {
        client.send("pusher:subscribe", &json!({"channel": channel}));
        // Its answer, and the counts that the app wants.
        client.fence();
    }
    client.join("presence-room", r#"{"user_id":7}"#);
    client.whisper("presence-room", "client-text", &json!(STRANGE));
    client.whisper("presence-room", "client-json", &json!({"on": true}));
    let socket_id = client.socket_id.clone();
    client.fence();
    client.unsubscribe("presence-room");

    let room = |name: &str| json!({"name": name, "channel": "presence-room"});
    let member = |name: &str| json!({"name": name, "channel": "presence-room", "user_id": "7"});
    let whisper = |event: &str, data: &str| {
        json!({"name": "client_event", "channel": "presence-room", "event": event, "data": data,
            "socket_id": socket_id, "user_id": "7"})
    };
    let occupied = |channel: &str| json!({"name": "channel_occupied", "channel": channel});
    let count = |channel: &str| json!({"name": "subscription_count", "channel": channel, "subscription_count": 1});
    let events = receiver.events(11);
    assert_eq!(of(&events, "news"), [occupied("news"), count("news")]);
    let [first, .., last] = &of(&events, "presence-room")[..] else { panic!("{events:#?}") };
    assert_eq!((first, last), (&room("channel_occupied"), &room("channel_vacated")));
    assert_eq!(
        of(&events, "presence-room"),
        [
            room("channel_occupied"),
            member("member_added"),
            whisper("client-text", STRANGE),
            whisper("client-json", r#"{"on":true}"#),
            member("member_removed"),
            room("channel_vacated"),
        ]
    );
    let prices = of(&events, "cache-prices");
    assert_eq!(prices.len(), 3, "{prices:#?}");
    let miss = json!({"name": "cache_miss", "channel": "cache-prices"});
    assert!([occupied("cache-prices"), count("cache-prices"), miss].iter().all(|event| prices.contains(event)));
}

#[test]
fn laravel_makes_events_of_what_happens() {
    exchange(Runtime::Laravel, None);
}

#[test]
fn node_makes_events_of_what_happens_over_https() {
    exchange(Runtime::Node, Some(&Authority::new()));
}

#[test]
fn python_makes_events_of_what_happens_over_https() {
    exchange(Runtime::Python, Some(&Authority::new()));
}
