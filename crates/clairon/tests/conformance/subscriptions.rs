//! Subscribing and unsubscribing: kinds of channels, names, signatures, repetition, limits, counts.

use clairon_test_servers::SharedServer;
use clairon_tests::api;
use clairon_tests::app::App;
use clairon_tests::client::{Client, data};
use clairon_tests::raw::{RawFrame, TEXT};
use clairon_tests::server::Server;
use clairon_tests::sign;
use serde_json::{Value, json};

static SERVER: SharedServer<Server> = SharedServer::new(|| {
    Server::builder()
        .app(app())
        .app(App::new("other"))
        .app(counting())
        .app(App::new("tight").with("subscriptions_per_connection", 3).with("channel_name_bytes", 20))
        .start()
});

/// The signed kinds except presence channels, whose answers differ.
const PRIVATE: [&str; 4] = ["private-x", "private-encrypted-x", "private-cache-x", "private-encrypted-cache-x"];
const MEMBER: &str = r#"{"user_id":"1"}"#;

fn app() -> App {
    App::new("subscriptions")
}

fn counting() -> App {
    App::new("counting").with("subscription_counts", true)
}

fn connect(server: &Server) -> Client {
    Client::connect(server, &app())
}

/// Sends a subscription with these fields.
fn subscribe(client: &mut Client, channel: &str, auth: impl Into<Value>, channel_data: impl Into<Value>) {
    let data = json!({"channel": channel, "auth": auth.into(), "channel_data": channel_data.into()});
    client.send("pusher:subscribe", &data);
}

#[test]
fn every_kind_of_channel_answers_and_listens() {
    let server = SERVER.get();
    let mut client = connect(&server);
    for kind in ["", "cache-", "private-", "private-cache-", "private-encrypted-", "private-encrypted-cache-"] {
        let channel = format!("{kind}every-kind");
        let answer = client.subscribe(&channel);
        let expected = json!({"event": "pusher_internal:subscription_succeeded", "channel": channel, "data": "{}"});
        assert_eq!(answer, expected);
        if channel.contains("cache-") {
            client.expect("pusher:cache_miss");
        }
        // The data of an encrypted channel is passed on unchanged, like all data.
        let text = r#"{"nonce":"AAAA","ciphertext":"BBBB"}"#;
        api::trigger(&server, &app(), &channel, "event", text);
        assert_eq!(client.fence(), [json!({"event": "event", "channel": channel, "data": text})]);
    }
    for kind in ["presence-", "presence-cache-"] {
        let channel = format!("{kind}every-kind");
        assert_eq!(client.join(&channel, MEMBER)["count"], 1);
        let _ = client.fence();
        api::trigger(&server, &app(), &channel, "event", "x");
        assert_eq!(client.fence(), [json!({"event": "event", "channel": channel, "data": "x"})]);
    }
}

#[test]
fn public_subscriptions_come_in_every_form() {
    let server = SERVER.get();
    let mut client = connect(&server);
    for (channel, data) in [
        ("f1", json!({"channel": "f1", "auth": ""})),
        ("f2", json!({"channel": "f2"})),
        ("f3", json!({"channel": "f3", "auth": null, "channel_data": null})),
        ("f4", json!({"channel": "f4", "auth": "", "channel_data": ""})),
        ("f5", json!(r#"{"channel":"f5","auth":""}"#)),
    ] {
        client.send("pusher:subscribe", &data);
        client.succeeded(channel);
    }
    client.expect_nothing();
}

#[test]
fn valid_names() {
    let server = SERVER.get();
    let mut client = connect(&server);
    let (longest, longest_private) = ("x".repeat(200), format!("private-{}", "x".repeat(192)));
    for name in
        ["a", "Az09_-=@,.;", "-", "private", "privatex", "presence", "presencex-y", "cache", "client-x", &longest]
    {
        client.subscribe(name);
    }
    // A kind is determined by a prefix at the very start, so these channels are public.
    for name in ["x-private-y", "x-presence-y", "Private-x", "Presence-x", "encrypted-x", "x-cache-y"] {
        client.subscribe(name);
    }
    for name in ["private-", "private-encryptedx", "private-presence-x", "private-x-cache-y", &longest_private] {
        client.subscribe(name);
    }
    client.expect_nothing();
}

#[test]
fn invalid_names() {
    let server = SERVER.get();
    let mut client = connect(&server);
    let too_long = "x".repeat(201);
    let names = [
        "", " ", "a b", "a/b", "a:b", "a!", "a#", "#a", "a*", "a%20b", "a\\b", "a\"b", "a\nb", "é", "😀", "{}",
        &too_long,
    ];
    for name in names {
        client.send("pusher:subscribe", &json!({"channel": name, "auth": ""}));
        assert!(client.refused(name)["status"].is_u64());
    }
    for name in ["private-a b", "private-é"] {
        let auth = client.auth(name, None);
        subscribe(&mut client, name, auth, Value::Null);
        client.refused(name);
    }
}

#[test]
fn a_subscription_without_a_channel_names_what_is_missing() {
    let server = SERVER.get();
    let mut client = connect(&server);
    for data in [json!({}), json!({"auth": ""}), json!("{}")] {
        client.send("pusher:subscribe", &data);
        let message = client.complained();
        assert!(message.contains("Missing") && message.contains("channel"), "{message}");
    }
}

#[test]
fn signatures_that_are_not_for_this_subscription() {
    let server = SERVER.get();
    let mut client = connect(&server);
    let neighbour = connect(&server);
    let (app, id) = (app(), client.socket_id.clone());
    let other = App::new("other");
    for channel in PRIVATE {
        let good = client.auth(channel, None);
        let (key, signature) = good.split_once(':').unwrap();
        let flipped = if signature.ends_with('0') { "1" } else { "0" };
        for (what, auth) in [
            ("none", json!(null)),
            ("an empty one", json!("")),
            ("no colon", json!(signature)),
            ("no signature", json!(format!("{key}:"))),
            ("no key", json!(format!(":{signature}"))),
            ("another key", json!(format!("other-key:{signature}"))),
            ("a key of nobody", json!(format!("nobody:{signature}"))),
            ("another app", json!(sign::subscription(&other, &id, channel, None))),
            ("another secret", json!(format!("{key}:{}", sign::hmac(&other.secret, &format!("{id}:{channel}"))))),
            ("another socket", json!(neighbour.auth(channel, None))),
            ("another channel", json!(client.auth(&format!("{channel}y"), None))),
            ("no prefix", json!(client.auth("x", None))),
            ("data that is not there", json!(client.auth(channel, Some(MEMBER)))),
            ("empty data that is not there", json!(client.auth(channel, Some("")))),
            ("one digit less", json!(&good[..good.len() - 1])),
            ("one digit more", json!(format!("{good}0"))),
            ("the last digit", json!(format!("{}{flipped}", &good[..good.len() - 1]))),
            ("no hexadecimal digits", json!(format!("{key}:{}", "zz".repeat(32)))),
            ("a sign-in", json!(sign::user(&app, &id, channel))),
        ] {
            subscribe(&mut client, channel, auth, Value::Null);
            let status = client.refused(channel)["status"].clone();
            assert!(status == 401 || what.starts_with("none") || what == "an empty one", "{what}: {status}");
        }
        client.send("pusher:subscribe", &json!({"channel": channel}));
        client.refused(channel);
        api::trigger(&server, &app, channel, "secret", "{}");
    }
    client.expect_nothing();
}

#[test]
fn a_refusal_has_the_form_that_echo_reads() {
    let server = SERVER.get();
    let mut client = connect(&server);
    subscribe(&mut client, "private-form", format!("subscriptions-key:{}", "0".repeat(64)), Value::Null);
    let reason = client.refused("private-form");
    assert_eq!(reason, json!({"type": "AuthError", "error": reason["error"], "status": 401}));
}

#[test]
fn data_is_signed_along_on_every_kind() {
    let server = SERVER.get();
    let mut client = connect(&server);
    for channel in PRIVATE {
        for data in [MEMBER, "", "not JSON", r#"{ "spaces" : "é\n" }"#] {
            for (auth, is_good) in [
                (client.auth(channel, Some(data)), true),
                (client.auth(channel, None), false),
                (client.auth(channel, Some("{}")), false),
            ] {
                subscribe(&mut client, channel, auth, data);
                if is_good {
                    client.succeeded(channel);
                    client.unsubscribe(channel);
                    let _ = client.fence();
                } else {
                    assert_eq!(client.refused(channel)["status"], 401, "{channel} with {data:?}");
                }
            }
        }
    }
    let channel = "presence-data";
    for auth in [client.auth(channel, None), client.auth(channel, Some(r#"{"user_id": "1"}"#))] {
        subscribe(&mut client, channel, auth, MEMBER);
        assert_eq!(client.refused(channel)["status"], 401);
    }
}

#[test]
fn a_public_channel_does_not_look_at_signatures() {
    let server = SERVER.get();
    let mut client = connect(&server);
    subscribe(&mut client, "open", "nonsense", "nonsense");
    client.succeeded("open");
}

#[test]
fn subscribing_again_is_answered_and_changes_nothing() {
    let server = SERVER.get();
    let mut client = connect(&server);
    for channel in ["again", "private-again"] {
        let first = client.subscribe(channel);
        assert_eq!(client.subscribe(channel), first);
        let channel_info =
            api::get(&server, &app(), &format!("/channels/{channel}"), &[("info", "subscription_count")]);
        assert_eq!(channel_info["subscription_count"], 1);
        api::trigger(&server, &app(), channel, "once", "{}");
        assert_eq!(client.fence().len(), 1);
        client.unsubscribe(channel);
        api::trigger(&server, &app(), channel, "never", "{}");
        client.fence();
        api::trigger(&server, &app(), channel, "never", "{}");
        client.expect_nothing();
    }
}

#[test]
fn unsubscribing_is_not_answered() {
    let server = SERVER.get();
    let mut client = connect(&server);
    for data in [json!({"channel": "left"}), json!(r#"{"channel":"left"}"#)] {
        client.subscribe("left");
        client.send("pusher:unsubscribe", &data);
        client.expect_nothing();
        api::trigger(&server, &app(), "left", "late", "{}");
        client.expect_nothing();
    }
    for channel in ["left", "never-joined", "private-never-joined", "#not a name"] {
        client.unsubscribe(channel);
        client.unsubscribe(channel);
    }
    client.expect_nothing();
    client.subscribe("left");
    api::trigger(&server, &app(), "left", "back", "{}");
    client.expect("back");
}

#[test]
fn who_has_changed_its_mind_is_answered_all_the_same() {
    let server = SERVER.get();
    let mut client = connect(&server);
    let say = |event: &str| json!({"event": event, "data": {"channel": "hasty"}}).to_string();
    let frames = ["pusher:subscribe", "pusher:unsubscribe"].map(|event| RawFrame::new(TEXT, say(event)).to_bytes());
    client.socket.write(frames.concat());
    client.succeeded("hasty");
    client.expect_nothing();
    api::trigger(&server, &app(), "hasty", "late", "{}");
    client.expect_nothing();
}

#[test]
fn a_refusal_leaves_other_subscriptions_alone() {
    let server = SERVER.get();
    let mut client = connect(&server);
    client.subscribe("private-kept");
    subscribe(&mut client, "private-kept", "", Value::Null);
    let _ = client.fence();
    api::trigger(&server, &app(), "private-kept", "still", "{}");
    client.expect("still");
}

#[test]
fn limits_of_the_app() {
    let server = SERVER.get();
    let mut client = Client::connect(&server, &App::new("tight"));
    let (longest, too_long) = ("x".repeat(20), "x".repeat(21));
    client.send("pusher:subscribe", &json!({"channel": too_long}));
    client.refused(&too_long);
    for channel in ["one", "two", &longest] {
        client.subscribe(channel);
    }
    client.send("pusher:subscribe", &json!({"channel": "four"}));
    client.refused("four");
    client.subscribe("two");
    client.unsubscribe("one");
    client.subscribe("four");
}

#[test]
fn everyone_is_told_how_many_they_are() {
    let server = SERVER.get();
    let connect = || Client::connect(&server, &counting());
    let count = |channel: &str, count: u32| {
        let data = json!({ "subscription_count": count }).to_string();
        json!({"event": "pusher_internal:subscription_count", "channel": channel, "data": data})
    };
    let (mut first, mut second) = (connect(), connect());
    for channel in ["counted", "private-counted"] {
        first.subscribe(channel);
        assert_eq!(first.fence(), [count(channel, 1)]);
        first.subscribe(channel);
        first.expect_nothing();
        second.subscribe(channel);
        assert_eq!(second.fence(), [count(channel, 2)]);
        assert_eq!(first.fence(), [count(channel, 2)]);
        second.unsubscribe(channel);
        second.expect_nothing();
        assert_eq!(first.fence(), [count(channel, 1)]);
    }
    second.subscribe("counted");
    assert_eq!(first.socket.event(), count("counted", 2));
    second.socket.abort();
    assert_eq!(first.socket.event(), count("counted", 1));
    first.join("presence-counted", MEMBER);
    first.expect_nothing();
}

#[test]
fn the_count_of_a_crowd_comes_later() {
    let server = SERVER.get();
    let mut crowd: Vec<Client> = (0..102).map(|_| Client::connect(&server, &counting())).collect();
    for client in &mut crowd {
        client.subscribe("crowd");
    }
    let first = &mut crowd[0];
    loop {
        let event = first.expect("pusher_internal:subscription_count");
        if data(&event)["subscription_count"] == 102 {
            break;
        }
    }
    first.expect_nothing();
}

#[test]
fn counts_are_not_told_unasked() {
    let server = SERVER.get();
    let (mut first, mut second) = (connect(&server), connect(&server));
    for client in [&mut first, &mut second] {
        client.subscribe("uncounted");
        client.expect_nothing();
    }
    first.expect_nothing();
}
