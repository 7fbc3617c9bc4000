//! What others see of recovery: nothing.

use super::*;

/// Every line that a client gets which does not ask, beside a client that asks.
fn lines(server: &Server, app: &App, channel: &str) -> Vec<String> {
    let [mut asker, mut client] = [(); 2].map(|()| Client::connect(server, app));
    if channel.starts_with('#') {
        asker.sign_in(r#"{"id":"ada"}"#);
        client.sign_in(r#"{"id":"ada"}"#);
    }
    assert_eq!(ask(&mut asker, channel, &json!(true)).is_object(), app.id != without().id);
    let subscribe = subscription(&client, channel);
    client.send("pusher:subscribe", &subscribe);
    let mut lines = vec![text(&mut client)];
    trigger(server, app, channel, "App\\Events\\One", None);
    trigger(server, app, channel, "own", Some(&client.socket_id));
    trigger(server, app, channel, "two", Some(&asker.socket_id));
    if channel == "private-news" || channel == "presence-news" {
        asker.whisper(channel, "client-typing", &json!({"by": "ada"}));
        asker.fence();
    }
    client.send("pusher:subscribe", &subscribe);
    asker.socket.abort();
    client.unsubscribe(channel);
    client.send("pusher:ping", &json!({}));
    while lines.last().is_none_or(|line| !line.contains("pusher:pong")) {
        lines.push(text(&mut client));
    }
    lines
}

const CHANNELS: [&str; 7] = [
    "news",
    "private-news",
    "presence-news",
    "private-encrypted-news",
    "cache-news",
    "private-cache-news",
    "#server-to-user-ada",
];

#[test]
fn a_client_that_does_not_ask_gets_the_same_bytes() {
    let server = SERVER.get();
    let all = |app: &App| CHANNELS.map(|channel| lines(&server, app, channel).join("\n")).join("\n\n");
    let expected = all(&without());
    assert!(!expected.contains("seq") && !expected.contains("recover"), "{expected}");
    assert_eq!(all(&app()), expected);
    insta::assert_snapshot!(expected);
}

#[test]
fn a_server_without_the_switch_ignores_the_request() {
    let server = SERVER.get();
    let mut client = Client::connect(&server, &without());
    for recover in [json!(true), json!({"token": "t", "seq": 7, "sockets": []})] {
        assert_eq!(ask(&mut client, "ignored", &recover), Value::Null);
    }
    trigger(&server, &without(), "ignored", "e", None);
    assert_eq!(text(&mut client), r#"{"event":"e","channel":"ignored","data":"{}"}"#);
}

#[test]
fn events_of_the_protocol_and_of_clients_have_no_number() {
    let server = SERVER.get();
    let (mut client, mut other) = (Client::connect(&server, &app()), Client::connect(&server, &app()));
    begin(&mut client, "presence-room");
    client.fence();
    other.join("presence-room", r#"{"user_id":"2"}"#);
    other.whisper("presence-room", "client-typing", &json!({}));
    other.fence();
    client.whisper("presence-room", "client-own", &json!({}));
    other.expect("client-own");
    trigger(&server, &app(), "presence-room", "e", None);
    assert_eq!(
        numbered(&mut client),
        [
            ("pusher_internal:member_added".to_owned(), None),
            ("client-typing".to_owned(), None),
            ("e".to_owned(), Some(1))
        ]
    );
    let mut third = Client::connect(&server, &app());
    begin(&mut client, "cache-c");
    trigger(&server, &app(), "cache-c", "kept", None);
    begin(&mut third, "cache-c");
    assert_eq!(numbered(&mut third), [("kept".to_owned(), None)]);
}
