//! Changed limits apply to new requests and do not end anything.

use clairon_test_servers::eventually;
use clairon_tests::api::{self, Request};
use clairon_tests::raw::{RawFrame, RawSocket, Received, TEXT};
use serde_json::json;

use super::site::Site;

pub(crate) fn what_is_new_is_bound_by_a_lower_limit(site: &Site) {
    let mut client = site.connect();
    client.subscribe("one");
    client.subscribe("two");
    let lower = ["update", &site.app.id, "--event-data-bytes", "5", "--subscriptions-per-connection", "1"];
    let changed = site.clairon(&lower);
    assert_eq!(changed["changed"]["event_data_bytes"]["to"], 5);

    let event = |data: &str| json!({"name": "e", "data": data, "channel": "two"});
    let status = |data: &str| Request::post(&site.app, "/events", &event(data)).send(&site.server).status;
    eventually("six bytes being too many", || status("123456") == 413);
    client.fence();
    assert_eq!(status("12345"), 200);
    assert_eq!(client.expect("e")["data"], "12345");
    client.send("pusher:subscribe", &json!({"channel": "three"}));
    client.refused("three");

    site.clairon(&["update", &site.app.id, "--event-data-bytes", "6"]);
    eventually("six bytes being allowed", || status("123456") == 200);
}

/// The present limit applies to an open connection, not the limit at the time of its last message.
pub(crate) fn longer_messages_are_taken_from_open_connections(site: &Site) {
    let limits = |event_data_bytes: &str| {
        let lower = ["--watchlist-users", "1", "--event-data-bytes", event_data_bytes];
        site.clairon(&[&["update", site.app.id.as_str()], &lower[..]].concat());
    };
    let long = format!("{:50000}", r#"{"event":"pusher:ping"}"#);
    limits("1");
    let is_refused = || {
        let mut client = site.connect();
        client.socket.text(&long);
        matches!(client.socket.receive(), Received::Close(Some(1009), _))
    };
    eventually("a long message being too long", is_refused);
    let mut client = site.connect();
    client.fence();
    limits("50000");
    eventually("a long message being allowed", || !is_refused());
    client.socket.send(&RawFrame::new(TEXT, &long));
    client.expect("pusher:pong");
}

pub(crate) fn capacity_ends_nobody(site: &Site) {
    let mut clients = [site.connect(), site.connect()];
    for client in &mut clients {
        client.subscribe("room");
    }
    site.clairon(&["update", &site.app.id, "--capacity", "1", "--client-messages", "true"]);
    let log = site.server.wait_for_log("the changed app", |line| line["message"] == "app changed");
    assert_eq!((&log["app"], &log["change"]), (&site.app.id.as_str().into(), &"changed".into()), "{log}");
    assert_eq!(site.refusal(&site.app.key), Some(4004));
    api::trigger(&site.server, &site.app, "room", "e", "d");
    for client in &mut clients {
        client.expect("e");
    }
    site.clairon(&["update", &site.app.id, "--capacity", "0"]);
    eventually("a place for one more", || is_let_in(site));
}

fn is_let_in(site: &Site) -> bool {
    let path = format!("/app/{}?protocol=7", site.app.key);
    let event = RawSocket::open(&site.server, &path).event();
    event["event"] == "pusher:connection_established"
}
