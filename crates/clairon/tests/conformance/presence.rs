//! Presence channels: snapshots, changes of members, several connections of one user, limits.

use std::thread;

use clairon_test_servers::{SharedServer, eventually};
use clairon_tests::api;
use clairon_tests::app::App;
use clairon_tests::client::{Client, data};
use clairon_tests::raw::RawFrame;
use clairon_tests::server::Server;
use serde_json::{Value, json};

static SERVER: SharedServer<Server> = SharedServer::new(|| {
    Server::builder()
        .app(app())
        .app(App::new("tight").with("presence_members", 2).with("user_id_chars", 4).with("user_info_bytes", 10))
        .start()
});

fn app() -> App {
    App::new("presence")
}

fn connect(server: &Server) -> Client {
    Client::connect(server, &app())
}

fn member(user_id: &str) -> String {
    json!({"user_id": user_id, "user_info": {"name": user_id}}).to_string()
}

fn added(channel: &str, data: &str) -> Value {
    json!({"event": "pusher_internal:member_added", "channel": channel, "data": data})
}

/// The event that `client` gets when one member comes or goes. Asserts that it gets nothing else.
fn change(client: &mut Client, event: &str, channel: &str) -> Value {
    let change = client.expect(event);
    assert_eq!(change["channel"], channel, "{change}");
    client.expect_nothing();
    data(&change)
}

#[test]
fn newcomers_get_a_snapshot_and_the_others_are_told() {
    let (server, channel) = (SERVER.get(), "presence-room");
    let (mut ann, mut bob) = (connect(&server), connect(&server));
    let snapshot = ann.join(channel, &member("ann"));
    assert_eq!(snapshot, json!({"ids": ["ann"], "hash": {"ann": {"name": "ann"}}, "count": 1}));
    ann.expect_nothing();
    let mut snapshot = bob.join(channel, &member("bob"));
    if let Some(ids) = snapshot["ids"].as_array_mut() {
        ids.sort_by_key(Value::to_string);
    }
    let hash = json!({"ann": {"name": "ann"}, "bob": {"name": "bob"}});
    assert_eq!(snapshot, json!({"ids": ["ann", "bob"], "hash": hash, "count": 2}));
    // A new member gets no event about itself.
    bob.expect_nothing();
    let told = change(&mut ann, "pusher_internal:member_added", channel);
    assert_eq!(told, json!({"user_id": "bob", "user_info": {"name": "bob"}}));
    bob.unsubscribe(channel);
    bob.expect_nothing();
    assert_eq!(change(&mut ann, "pusher_internal:member_removed", channel), json!({"user_id": "bob"}));
    bob.join(channel, &member("bob"));
    change(&mut ann, "pusher_internal:member_added", channel);
    bob.socket.abort();
    assert_eq!(change(&mut ann, "pusher_internal:member_removed", channel), json!({"user_id": "bob"}));
}

#[test]
fn the_texts_of_the_events() {
    let (server, channel) = (SERVER.get(), "presence-texts");
    let (mut ann, mut bob) = (connect(&server), connect(&server));
    ann.ask_to_join(channel, r#"{"user_id":"ann","user_info":{"n":1}}"#);
    let answer = ann.succeeded(channel);
    assert_eq!(answer["data"], r#"{"presence":{"ids":["ann"],"hash":{"ann":{"n":1}},"count":1}}"#);
    bob.join(channel, r#"{"user_id":2}"#);
    assert_eq!(ann.socket.event(), added(channel, r#"{"user_id":2,"user_info":null}"#));
    bob.unsubscribe(channel);
    let removed = json!({"event": "pusher_internal:member_removed", "channel": channel, "data": r#"{"user_id":2}"#});
    assert_eq!(ann.socket.event(), removed);
}

#[test]
fn numbers_stay_numbers_in_events_where_javascript_can_hold_them() {
    let (server, channel) = (SERVER.get(), "presence-numbers");
    let mut watcher = connect(&server);
    watcher.join(channel, &member("watcher"));
    for (id, told_as) in [
        ("7", "7"),
        ("0", "0"),
        ("-1", "-1"),
        ("1.5", "1.5"),
        ("9007199254740992", "9007199254740992"),
        // JavaScript writes these numbers differently, so as numbers they would not be found under their key in `hash`.
        ("1.0", r#""1.0""#),
        ("-0", r#""-0""#),
        ("1e3", r#""1e3""#),
        ("9007199254740993", r#""9007199254740993""#),
    ] {
        let mut client = connect(&server);
        let snapshot = client.join(channel, &format!(r#"{{"user_id":{id},"user_info":{{}}}}"#));
        assert!(snapshot["ids"].as_array().is_some_and(|ids| ids.contains(&json!(id))), "{snapshot}");
        assert_eq!(snapshot["hash"][id], json!({}), "{snapshot}");
        let told = watcher.expect("pusher_internal:member_added");
        assert_eq!(told["data"], format!(r#"{{"user_id":{told_as},"user_info":{{}}}}"#));
        client.unsubscribe(channel);
        let told = watcher.expect("pusher_internal:member_removed");
        assert_eq!(told["data"], format!(r#"{{"user_id":{told_as}}}"#));
    }
    // Both have the same user id, in different JSON types.
    let (mut number, mut text) = (connect(&server), connect(&server));
    number.join(channel, r#"{"user_id":5}"#);
    assert_eq!(text.join(channel, r#"{"user_id":"5"}"#)["count"], 2);
    change(&mut watcher, "pusher_internal:member_added", channel);
}

#[test]
fn a_user_with_several_connections_is_one_member() {
    let (server, channel) = (SERVER.get(), "presence-tabs");
    let mut watcher = connect(&server);
    watcher.join(channel, &member("watcher"));
    let mut tabs: Vec<Client> = (0..4).map(|_| connect(&server)).collect();
    for tab in &mut tabs {
        assert_eq!(tab.join(channel, &member("ann"))["count"], 2);
        tab.expect_nothing();
    }
    change(&mut watcher, "pusher_internal:member_added", channel);
    // Connections end by unsubscribing, closing, and dropping. None of them is the user's last.
    let mut last = tabs.remove(0);
    tabs[0].unsubscribe(channel);
    tabs[0].expect_nothing();
    tabs[1].socket.send(&RawFrame::close(1000, ""));
    tabs[1].socket.closed();
    drop(tabs);
    let info = [("info", "subscription_count")];
    eventually("the end of all connections but two", || {
        api::get(&server, &app(), "/channels/presence-tabs", &info)["subscription_count"] == 2
    });
    watcher.expect_nothing();
    last.expect_nothing();
    last.socket.abort();
    change(&mut watcher, "pusher_internal:member_removed", channel);
}

#[test]
fn a_user_who_comes_at_once_from_everywhere_comes_once() {
    let (server, channel) = (SERVER.get(), "presence-crowd");
    let mut watcher = connect(&server);
    watcher.join(channel, &member("watcher"));
    let tabs: Vec<Client> = (0..8).map(|_| connect(&server)).collect();
    let join = |mut tab: Client| {
        thread::spawn(move || {
            assert_eq!(tab.join(channel, &member("ann"))["count"], 2);
            tab
        })
    };
    let joining: Vec<_> = tabs.into_iter().map(join).collect();
    let tabs: Vec<Client> = joining.into_iter().map(|tab| tab.join().unwrap()).collect();
    change(&mut watcher, "pusher_internal:member_added", channel);
    drop(tabs);
    watcher.expect("pusher_internal:member_removed");
    watcher.expect_nothing();
}

#[test]
fn user_info_is_any_json() {
    let server = SERVER.get();
    for (n, info) in ["{}", "[]", "true", "null", "0", r#""é""#, r#"{"a":{"b":[1,2.50]}}"#].iter().enumerate() {
        let channel = format!("presence-info-{n}");
        let (mut watcher, mut client) = (connect(&server), connect(&server));
        watcher.join(&channel, &member("watcher"));
        client.ask_to_join(&channel, &format!(r#"{{"user_info":{info},"user_id":"u","more":1}}"#));
        let answer = client.succeeded(&channel);
        assert!(answer["data"].as_str().is_some_and(|data| data.contains(&format!(r#""u":{info}"#))), "{answer}");
        assert_eq!(watcher.socket.event(), added(&channel, &format!(r#"{{"user_id":"u","user_info":{info}}}"#)));
    }
    let mut client = connect(&server);
    assert_eq!(client.join("presence-no-info", r#"{"user_id":"u"}"#)["hash"], json!({"u": null}));
}

#[test]
fn the_first_connection_says_who_a_user_is() {
    let (server, channel) = (SERVER.get(), "presence-first");
    let (mut first, mut second, mut third) = (connect(&server), connect(&server), connect(&server));
    first.join(channel, r#"{"user_id":"u","user_info":"old"}"#);
    assert_eq!(second.join(channel, r#"{"user_id":"u","user_info":"new"}"#)["hash"], json!({"u": "old"}));
    first.unsubscribe(channel);
    first.expect_nothing();
    assert_eq!(third.join(channel, &member("v"))["hash"]["u"], "old");
    for client in [&mut second, &mut third] {
        client.unsubscribe(channel);
        client.fence();
    }
    assert_eq!(first.join(channel, r#"{"user_id":"u","user_info":"new"}"#)["hash"], json!({"u": "new"}));
}

#[test]
fn joining_again_changes_nothing() {
    let (server, channel) = (SERVER.get(), "presence-again");
    let (mut watcher, mut client) = (connect(&server), connect(&server));
    watcher.join(channel, &member("watcher"));
    let first = client.join(channel, &member("ann"));
    assert_eq!(client.join(channel, &member("ann")), first);
    client.expect_nothing();
    change(&mut watcher, "pusher_internal:member_added", channel);
    client.unsubscribe(channel);
    client.expect_nothing();
    change(&mut watcher, "pusher_internal:member_removed", channel);
}

#[test]
fn members_who_are_none() {
    let (server, channel) = (SERVER.get(), "presence-none");
    let mut client = connect(&server);
    for text in [
        "",
        "ann",
        "null",
        "[]",
        r#"["ann",{}]"#,
        r#""ann""#,
        "{}",
        r#"{"user_info":{}}"#,
        r#"{"user_id":null}"#,
        r#"{"user_id":""}"#,
        r#"{"user_id":true}"#,
        r#"{"user_id":{}}"#,
        r#"{"user_id":["ann"]}"#,
        r#"{"user_id":"ann""#,
    ] {
        client.ask_to_join(channel, text);
        client.refused(channel);
    }
    let auth = client.auth(channel, None);
    client.send("pusher:subscribe", &json!({"channel": channel, "auth": auth}));
    client.refused(channel);
    let users = api::get(&server, &app(), "/channels/presence-none/users", &[]);
    assert_eq!(users, json!({"users": []}));
}

#[test]
fn who_has_signed_in_needs_no_data() {
    let (server, channel) = (SERVER.get(), "presence-signed-in");
    let mut client = connect(&server);
    client.sign_in(r#"{"id":"ann","user_info":{"name":"Ann"}}"#);
    let answer = client.subscribe(channel);
    let snapshot = json!({"ids": ["ann"], "hash": {"ann": {"name": "Ann"}}, "count": 1});
    assert_eq!(data(&answer)["presence"], snapshot);
    // The signed data of the subscription overrides the sign-in.
    assert_eq!(client.join("presence-named", &member("bob"))["ids"], json!(["bob"]));
}

#[test]
fn a_full_channel_still_takes_those_who_are_there() {
    let (server, channel) = (SERVER.get(), "presence-full");
    let connect = || Client::connect(&server, &App::new("tight"));
    let plain = |id: &str| json!({ "user_id": id }).to_string();
    let (mut ann, mut bob, mut carl) = (connect(), connect(), connect());
    ann.join(channel, &plain("ann"));
    bob.join(channel, &plain("bob"));
    carl.ask_to_join(channel, &plain("carl"));
    carl.refused(channel);
    assert_eq!(connect().join(channel, &plain("ann"))["count"], 2);
    ann.expect("pusher_internal:member_added");
    ann.expect_nothing();
    bob.unsubscribe(channel);
    bob.fence();
    assert_eq!(carl.join(channel, &plain("carl"))["count"], 2);
}

#[test]
fn limits_of_members() {
    let (server, channel) = (SERVER.get(), "presence-limits");
    let mut client = Client::connect(&server, &App::new("tight"));
    for (data, is_good) in [
        (r#"{"user_id":"éééé"}"#, true),
        (r#"{"user_id":"eeeee"}"#, false),
        (r#"{"user_id":1234}"#, true),
        (r#"{"user_id":12345}"#, false),
        (r#"{"user_id":"u","user_info":"12345678"}"#, true),
        (r#"{"user_id":"u","user_info":"123456789"}"#, false),
        (r#"{"user_id":"u","user_info":"éééé"}"#, true),
        (r#"{"user_id":"u","user_info":"ééééé"}"#, false),
    ] {
        client.ask_to_join(channel, data);
        if is_good {
            client.succeeded(channel);
            client.unsubscribe(channel);
        } else {
            client.refused(channel);
        }
    }
    let mut client = connect(&server);
    for (id, info, is_good) in [(128, 2_046, true), (129, 1, false), (1, 2_047, false)] {
        client.ask_to_join(channel, &json!({"user_id": "i".repeat(id), "user_info": "x".repeat(info)}).to_string());
        if is_good {
            client.succeeded(channel);
        } else {
            client.refused(channel);
        }
        client.unsubscribe(channel);
    }
}

#[test]
fn a_hundred_members_and_no_more() {
    let (server, channel) = (SERVER.get(), "presence-hundred");
    let mut clients: Vec<Client> = (0..101).map(|_| connect(&server)).collect();
    let mut last = clients.remove(100);
    for (id, client) in clients.iter_mut().enumerate() {
        client.join(channel, &json!({ "user_id": id }).to_string());
    }
    last.ask_to_join(channel, &member("ann"));
    last.refused(channel);
    assert_eq!(last.join(channel, r#"{"user_id":0}"#)["count"], 100);
}
