//! Client events: their receivers, their content, and refusals.

use clairon_test_servers::{SharedServer, eventually};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::raw::Received;
use clairon_tests::server::Server;
use serde_json::{Value, json};

static SERVER: SharedServer<Server> = SharedServer::new(|| {
    let slow = App::new("slow").with("client_messages", true).with("client_events_per_second", 3);
    Server::builder().app(app()).app(App::new("off")).app(slow).start()
});

fn app() -> App {
    App::new("whispers")
        .with("client_messages", true)
        .with("client_events_per_second", 1_000)
        .with("event_data_bytes", 1_000)
}

/// Two clients on one channel.
fn pair(server: &Server, app: &App, channel: &str) -> (Client, Client) {
    let mut clients = [Client::connect(server, app), Client::connect(server, app)];
    for client in &mut clients {
        client.subscribe(channel);
    }
    let [mut sender, receiver] = clients;
    sender.fence();
    (sender, receiver)
}

/// The message of a refusal. Asserts that `receiver` has received nothing.
fn assert_refused(sender: &mut Client, receiver: &mut Client, channel: &str, event: &str, data: &Value) -> String {
    sender.whisper(channel, event, data);
    let message = sender.complained();
    receiver.expect_nothing();
    message
}

#[test]
fn the_others_hear_it_and_the_sender_does_not() {
    let server = SERVER.get();
    for channel in ["private-room", "private-cache-room"] {
        let (mut sender, mut receiver) = pair(&server, &app(), channel);
        let mut stranger = Client::connect(&server, &app());
        receiver.fence();
        sender.whisper(channel, "client-typing", &json!({"name": "Ann"}));
        sender.expect_nothing();
        let relayed = json!({"event": "client-typing", "channel": channel, "data": r#"{"name":"Ann"}"#});
        assert_eq!(receiver.fence(), [relayed]);
        stranger.expect_nothing();
    }
}

#[test]
fn a_member_is_named_as_a_string() {
    let server = SERVER.get();
    for (channel, id, name) in [("presence-a", r#""ann""#, "ann"), ("presence-b", "7", "7")] {
        let [mut sender, mut receiver] = [Client::connect(&server, &app()), Client::connect(&server, &app())];
        receiver.join(channel, r#"{"user_id":"receiver"}"#);
        sender.join(channel, &format!(r#"{{"user_id":{id}}}"#));
        receiver.expect("pusher_internal:member_added");
        // Other fields of the client's message are dropped.
        let forged = json!({
            "event": "client-x", "channel": channel, "data": {}, "user_id": "forged", "socket_id": "1.1", "more": {},
        });
        sender.socket.text(&forged.to_string());
        sender.expect_nothing();
        let relayed = json!({"event": "client-x", "channel": channel, "data": "{}", "user_id": name});
        assert_eq!(receiver.fence(), [relayed]);
    }
}

#[test]
fn a_signed_in_user_is_not_named_on_a_private_channel() {
    let server = SERVER.get();
    let (mut sender, mut receiver) = pair(&server, &app(), "private-user");
    sender.sign_in(r#"{"id":"ann"}"#);
    sender.whisper("private-user", "client-x", &json!("text"));
    sender.expect_nothing();
    assert_eq!(receiver.fence(), [json!({"event": "client-x", "channel": "private-user", "data": "text"})]);
}

#[test]
fn data_of_every_type_arrives_as_a_string() {
    let server = SERVER.get();
    let (mut sender, mut receiver) = pair(&server, &app(), "private-data");
    for (data, text) in [
        (r#""text""#, "text"),
        (r#""""#, ""),
        (r#""{\"a\":1}""#, r#"{"a":1}"#),
        (r#""é \ud83d\ude00 \u0000\n""#, "é 😀 \u{0}\n"),
        ("{}", "{}"),
        (r#"{"a":{"b":[]}}"#, r#"{"a":{"b":[]}}"#),
        ("[1,2.50]", "[1,2.50]"),
        ("7", "7"),
        ("true", "true"),
    ] {
        sender.socket.text(&format!(r#"{{"event":"client-x","channel":"private-data","data":{data}}}"#));
        sender.expect_nothing();
        assert_eq!(receiver.socket.event(), json!({"event": "client-x", "channel": "private-data", "data": text}));
    }
    for text in [
        r#"{"event":"client-x","channel":"private-data","data":null}"#,
        r#"{"event":"client-x","channel":"private-data"}"#,
    ] {
        sender.socket.text(text);
        sender.expect_nothing();
        assert!(receiver.expect("client-x")["data"].is_string(), "{text}");
    }
}

/// Half of a surrogate pair, which JavaScript sends for a text that was cut within a character. Rust's JSON parser
/// cannot represent it, so the test compares the raw text.
#[test]
fn a_string_that_is_no_unicode_arrives_as_it_was_sent() {
    let server = SERVER.get();
    let (mut sender, mut receiver) = pair(&server, &app(), "private-halves");
    for data in [r#""\ud83d""#, r#""\uDE00 a\ud83d""#, r#""{\"a\":\"\ud83d\"}""#, r#""\ud83d\ud83d\udead""#] {
        sender.socket.text(&format!(r#"{{"event":"client-x","channel":"private-halves","data":{data}}}"#));
        sender.expect_nothing();
        let data = data.replace(r"\ud83d\udead", "🚭");
        let relayed = format!(r#"{{"event":"client-x","channel":"private-halves","data":{data}}}"#);
        assert_eq!(receiver.socket.receive(), Received::Text(relayed));
    }
    // Half of a pair counts as one character of three bytes.
    for (data, is_good) in [(r"\ud83d".repeat(333), true), (r"\ud83d".repeat(334), false)] {
        sender.socket.text(&format!(r#"{{"event":"client-x","channel":"private-halves","data":"{data}"}}"#));
        if is_good {
            sender.expect_nothing();
            assert!(matches!(receiver.socket.receive(), Received::Text(text) if text.contains(&data)));
        } else {
            assert!(sender.complained().contains("1002 bytes"));
        }
    }
    receiver.expect_nothing();
}

#[test]
fn only_subscribers_of_private_and_presence_channels_may() {
    let server = SERVER.get();
    for channel in ["open", "cache-open", "x-private-y", "private-encrypted-room", "private-encrypted-cache-room"] {
        let (mut sender, mut receiver) = pair(&server, &app(), channel);
        receiver.fence();
        assert_refused(&mut sender, &mut receiver, channel, "client-x", &json!({}));
    }
    let (mut sender, mut receiver) = pair(&server, &app(), "private-members");
    let mut stranger = Client::connect(&server, &app());
    assert_refused(&mut stranger, &mut receiver, "private-members", "client-x", &json!({}));
    sender.unsubscribe("private-members");
    assert_refused(&mut sender, &mut receiver, "private-members", "client-x", &json!({}));
    for channel in ["", "private-", "not a name", "#server-to-user-ann"] {
        assert_refused(&mut sender, &mut receiver, channel, "client-x", &json!({}));
    }
}

#[test]
fn a_refused_subscriber_is_none() {
    let server = SERVER.get();
    let (_, mut receiver) = pair(&server, &app(), "private-guarded");
    let mut sender = Client::connect(&server, &app());
    sender.send("pusher:subscribe", &json!({"channel": "private-guarded", "auth": "whispers-key:00"}));
    sender.refused("private-guarded");
    assert_refused(&mut sender, &mut receiver, "private-guarded", "client-x", &json!({}));
}

#[test]
fn the_app_may_have_them_off() {
    let server = SERVER.get();
    let (mut sender, mut receiver) = pair(&server, &App::new("off"), "private-room");
    assert_refused(&mut sender, &mut receiver, "private-room", "client-x", &json!({}));
}

#[test]
fn a_channel_is_needed() {
    let server = SERVER.get();
    let (mut sender, mut receiver) = pair(&server, &app(), "private-room-2");
    for text in [
        r#"{"event":"client-x","data":{}}"#,
        r#"{"event":"client-x","channel":null,"data":{}}"#,
        r#"{"event":"client-x","channel":7,"data":{}}"#,
        r#"{"event":"client-x","data":{"channel":"private-room-2"}}"#,
    ] {
        sender.socket.text(text);
        assert!(sender.complained().contains("channel"), "{text}");
    }
    receiver.expect_nothing();
}

#[test]
fn sizes() {
    let (server, channel) = (SERVER.get(), "private-sizes");
    let (mut sender, mut receiver) = pair(&server, &app(), channel);
    let name = |size: usize| format!("{:x<size$}", "client-");
    // The limit counts code points, like the official libraries.
    let wide = |size: usize, char: char| name(7) + &char.to_string().repeat(size - 7);
    for (event, data) in [
        (name(7), json!({})),
        (name(200), json!({})),
        (wide(200, '日'), json!({})),
        (wide(200, '😀'), json!({})),
        (name(8), json!("x".repeat(1_000))),
        (name(8), json!("é".repeat(500))),
        (name(8), json!(["x".repeat(996)])),
    ] {
        sender.whisper(channel, &event, &data);
        sender.expect_nothing();
        receiver.expect(&event);
    }
    for (event, data, limit) in [
        (name(201), json!({}), "201 characters, the limit is 200"),
        (wide(201, '😀'), json!({}), "201 characters, the limit is 200"),
        (name(8), json!("x".repeat(1_001)), "1000"),
        (name(8), json!("é".repeat(501)), "1000"),
        (name(8), json!(["x".repeat(997)]), "1000"),
    ] {
        let message = assert_refused(&mut sender, &mut receiver, channel, &event, &data);
        assert!(message.contains(limit), "{message}");
    }
}

#[test]
fn too_many_are_dropped_and_the_client_stays() {
    let (server, channel) = (SERVER.get(), "private-busy");
    let (mut sender, mut receiver) = pair(&server, &App::new("slow"), channel);
    for n in 0..50 {
        sender.whisper(channel, "client-x", &json!(n));
    }
    let errors = sender.fence();
    for error in &errors {
        assert_eq!(error["event"], "pusher:error", "{error}");
        assert_eq!(error["data"]["code"], 4301, "{error}");
    }
    let relayed = receiver.fence();
    assert!(relayed.len() >= 3 && !errors.is_empty());
    assert_eq!(relayed.len() + errors.len(), 50);
    // The first events of a second are relayed, and so are others in the next second.
    assert_eq!(relayed[0]["data"], "0");
    eventually("another second", || {
        sender.whisper(channel, "client-later", &json!({}));
        sender.fence();
        receiver.fence().iter().any(|event| event["event"] == "client-later")
    });
}

#[test]
fn one_client_does_not_use_up_what_another_may_send() {
    let (server, channel) = (SERVER.get(), "private-fair");
    let (mut busy, mut quiet) = pair(&server, &App::new("slow"), channel);
    for n in 0..50 {
        busy.whisper(channel, "client-x", &json!(n));
    }
    assert!(!busy.fence().is_empty());
    quiet.fence();
    quiet.whisper(channel, "client-y", &json!({}));
    quiet.expect_nothing();
    busy.expect("client-y");
}
