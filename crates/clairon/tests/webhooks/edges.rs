//! What the endpoint of a lone server hears.

use clairon_tests::api;
use clairon_tests::client::Client;
use clairon_tests::webhook::WebhookReceiver;
use serde_json::json;

use crate::support::{Database, app, member, server, wait_for_last, words};

#[test]
fn clients_that_flap_make_no_pair_on_sqlite() {
    clients_that_flap_make_no_pair(&Database::sqlite());
}

#[test]
fn clients_that_flap_make_no_pair_on_postgres() {
    clients_that_flap_make_no_pair(&Database::postgres());
}

#[test]
fn clients_that_flap_make_no_pair_on_mysql() {
    clients_that_flap_make_no_pair(&Database::mysql());
}

fn clients_that_flap_make_no_pair(database: &Database) {
    let receiver = WebhookReceiver::start();
    let app = app(&receiver);
    // So long that a client is back in time on a busy machine.
    let server = server(database, &app).env("CLAIRON_WEBHOOKS_LINGER_SECONDS", "4").start();
    for _ in 0..5 {
        drop(member(&server, &app, "presence-a", "ada"));
    }
    let mut ada = member(&server, &app, "presence-a", "ada");
    ada.unsubscribe("presence-a");
    ada.join("presence-a", &json!({"user_id": "ada"}).to_string());
    drop(ada);
    let all = wait_for_last(&receiver, "channel_vacated presence-a");
    assert_eq!(
        all,
        [
            "channel_occupied presence-a",
            "member_added presence-a ada",
            "member_removed presence-a ada",
            "channel_vacated presence-a"
        ]
    );
    let requests = receiver.requests();
    assert!(requests.iter().all(|request| request.events.len() == 1), "one event a request");
    for request in &requests {
        request.assert_signed_by(&app);
    }
}

#[test]
fn each_user_comes_and_goes_once_over_several_connections() {
    let receiver = WebhookReceiver::start();
    let app = app(&receiver);
    let database = Database::sqlite();
    let server = server(&database, &app).start();
    let [first, second] = [0, 1].map(|_| member(&server, &app, "presence-a", "ada"));
    let bob = member(&server, &app, "presence-a", "bob");
    drop(first);
    drop(second);
    let until_ada = wait_for_last(&receiver, "member_removed presence-a ada");
    assert_eq!(
        until_ada,
        [
            "channel_occupied presence-a",
            "member_added presence-a ada",
            "member_added presence-a bob",
            "member_removed presence-a ada"
        ]
    );
    drop(bob);
    let all = wait_for_last(&receiver, "channel_vacated presence-a");
    assert_eq!(all[4..], ["member_removed presence-a bob", "channel_vacated presence-a"]);
}

#[test]
fn client_events_misses_and_counts_are_told() {
    let receiver = WebhookReceiver::start();
    let app = app(&receiver).with("subscription_counts", true);
    let database = Database::sqlite();
    // So long that the cache channel is occupied again in time on a busy machine.
    let server = server(&database, &app).env("CLAIRON_WEBHOOKS_LINGER_SECONDS", "4").start();
    let mut ada = member(&server, &app, "presence-a", "ada");
    ada.whisper("presence-a", "client-typing", &json!({"on": true}));
    ada.fence();
    let mut plain = Client::connect(&server, &app);
    plain.subscribe("private-b");
    plain.whisper("private-b", "client-text", &json!("as it is"));
    plain.fence();
    // Several misses are one, also if the channel was empty in between.
    for _ in 0..3 {
        let mut client = Client::connect(&server, &app);
        client.subscribe("cache-c");
        client.expect("pusher:cache_miss");
        client.unsubscribe("cache-c");
        client.fence();
    }
    api::trigger(&server, &app, "cache-c", "e", "d");
    let mut listeners: Vec<_> = (0..2).map(|_| Client::connect(&server, &app)).collect();
    for listener in &mut listeners {
        listener.subscribe("cache-c");
    }
    drop(listeners);
    let of_cache = wait_for_last(&receiver, "channel_vacated cache-c");
    let count = |kind: &str| of_cache.iter().filter(|words| words.starts_with(kind)).count();
    assert_eq!((count("cache_miss"), count("channel_occupied"), count("channel_vacated")), (1, 1, 1), "{of_cache:?}");
    let events = receiver.events();
    let counts: Vec<_> = events
        .iter()
        .filter(|event| event["name"] == "subscription_count" && event["channel"] == "cache-c")
        .map(|event| event["subscription_count"].clone())
        .collect();
    assert_eq!(counts, [1, 1, 1, 1, 2, 1], "presence channels have none");
    // There is no order between channels.
    let mut of_clients: Vec<_> = events.iter().filter(|event| event["name"] == "client_event").cloned().collect();
    of_clients.sort_by_key(|event| event["channel"].to_string());
    let by_ada = json!({
        "name": "client_event", "channel": "presence-a", "event": "client-typing", "data": "{\"on\":true}",
        "socket_id": ada.socket_id, "user_id": "ada",
    });
    let by_plain = json!({
        "name": "client_event", "channel": "private-b", "event": "client-text", "data": "as it is",
        "socket_id": plain.socket_id,
    });
    assert_eq!(of_clients, [by_ada, by_plain]);
    assert!(events.iter().all(|event| event["channel"] != "presence-a" || event["name"] != "subscription_count"));
    assert!(events.iter().all(|event| !words(event).contains("server-to-user")));
}
