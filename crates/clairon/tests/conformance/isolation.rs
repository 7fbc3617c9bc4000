//! Two apps on one server with the same channels, events and users get nothing of each other.

use std::sync::Arc;

use clairon_test_servers::SharedServer;
use clairon_tests::api;
use clairon_tests::app::App;
use clairon_tests::client::{Client, data};
use clairon_tests::server::Server;
use clairon_tests::sign;
use serde_json::{Value, json};

static SERVER: SharedServer<Server> =
    SharedServer::new(|| Server::builder().app(app("north")).app(app("south")).start());

fn app(name: &str) -> App {
    ["client_messages", "subscription_counts", "watchlist"]
        .into_iter()
        .fold(App::new(name), |app, field| app.with(field, true))
}

/// The server, and one client of each app.
fn clients() -> (Arc<Server>, Client, Client) {
    let server = SERVER.get();
    let [north, south] = ["north", "south"].map(|name| Client::connect(&server, &app(name)));
    (server, north, south)
}

#[test]
fn events() {
    let (server, mut north, mut south) = clients();
    for channel in ["events", "private-events", "private-encrypted-events"] {
        for client in [&mut north, &mut south] {
            client.subscribe(channel);
            // Each client is the only subscriber.
            let count = client.expect("pusher_internal:subscription_count");
            assert_eq!(data(&count), json!({"subscription_count": 1}));
        }
        api::trigger(&server, &north.app, channel, "e", "north");
        assert_eq!(north.fence(), [json!({"event": "e", "channel": channel, "data": "north"})]);
        south.expect_nothing();
        let event = json!({"name": "e", "data": "south", "channel": channel, "socket_id": north.socket_id});
        assert_eq!(api::post(&server, &south.app, "/batch_events", &json!({"batch": [event]})), json!({}));
        assert_eq!(south.fence(), [json!({"event": "e", "channel": channel, "data": "south"})]);
        north.expect_nothing();
    }
}

#[test]
fn client_events() {
    let (server, mut north, mut south) = clients();
    let mut receiver = Client::connect(&server, &app("north"));
    for client in [&mut north, &mut south, &mut receiver] {
        client.subscribe("private-whispers");
        client.fence();
    }
    north.fence();
    north.whisper("private-whispers", "client-x", &json!({}));
    north.expect_nothing();
    receiver.expect("client-x");
    south.expect_nothing();
}

#[test]
fn members() {
    let (_server, mut north, mut south) = clients();
    let channel = "presence-members";
    assert_eq!(north.join(channel, r#"{"user_id":"ann","user_info":"north"}"#)["count"], 1);
    let snapshot = south.join(channel, r#"{"user_id":"ann","user_info":"south"}"#);
    assert_eq!(snapshot, json!({"ids": ["ann"], "hash": {"ann": "south"}, "count": 1}));
    north.expect_nothing();
    south.unsubscribe(channel);
    south.expect_nothing();
    north.expect_nothing();
}

#[test]
fn lists_and_counts() {
    let (server, mut north, south) = clients();
    north.subscribe("listed");
    north.fence();
    north.join("presence-listed", r#"{"user_id":"ann"}"#);
    let get = |path: &str, info: &[(&str, &str)]| api::get(&server, &south.app, path, info);
    assert_eq!(get("/channels", &[("filter_by_prefix", "listed")]), json!({"channels": {}}));
    assert_eq!(get("/channels", &[("filter_by_prefix", "presence-listed")]), json!({"channels": {}}));
    let count = [("info", "subscription_count")];
    assert_eq!(get("/channels/listed", &count), json!({"occupied": false, "subscription_count": 0}));
    assert_eq!(get("/channels/presence-listed/users", &[]), json!({"users": []}));
    let event = json!({"name": "e", "data": "d", "channel": "listed", "info": "subscription_count"});
    let answer = api::post(&server, &south.app, "/events", &event);
    assert_eq!(answer, json!({"channels": {"listed": {"subscription_count": 0}}}));
    north.fence();
    north.expect_nothing();
}

#[test]
fn remembered_events() {
    let (server, mut north, mut south) = clients();
    api::trigger(&server, &north.app, "cache-remembered", "e", "north");
    let info = api::get(&server, &south.app, "/channels/cache-remembered", &[("info", "cache")]);
    assert_eq!(info["cache"], Value::Null);
    for (client, event) in [(&mut north, "e"), (&mut south, "pusher:cache_miss")] {
        client.subscribe("cache-remembered");
        client.expect(event);
    }
}

#[test]
fn users() {
    let (server, mut north, mut south) = clients();
    let mut watcher = Client::connect(&server, &app("south"));
    watcher.sign_in(r#"{"id":"watcher","watchlist":["ann"]}"#);
    watcher.expect("pusher_internal:watchlist_events");
    north.sign_in(r#"{"id":"ann"}"#);
    watcher.expect_nothing();
    south.sign_in(r#"{"id":"ann"}"#);
    watcher.expect("pusher_internal:watchlist_events");
    for client in [&mut north, &mut south] {
        client.subscribe("#server-to-user-ann");
    }
    api::trigger(&server, &north.app, "#server-to-user-ann", "e", "d");
    north.expect("e");
    south.expect_nothing();
    let path = "/users/ann/terminate_connections";
    assert_eq!(api::post(&server, &south.app, path, &json!({})), json!({}));
    assert_eq!(south.socket.closed().0, Some(4009));
    north.expect_nothing();
}

#[test]
fn signatures() {
    let (_server, mut north, south) = clients();
    let auth = sign::subscription(&south.app, &north.socket_id, "private-signed", None);
    for auth in [auth.clone(), auth.replace("south-key", "north-key")] {
        north.send("pusher:subscribe", &json!({"channel": "private-signed", "auth": auth}));
        assert_eq!(north.refused("private-signed")["status"], 401);
    }
    let auth = sign::user(&south.app, &north.socket_id, r#"{"id":"ann"}"#);
    north.send("pusher:signin", &json!({"auth": auth, "user_data": r#"{"id":"ann"}"#}));
    north.complained();
}
