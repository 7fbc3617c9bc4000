//! What others see of recovery: nothing.

use super::*;

/// Every line that a client gets which does not ask. With `with_asker`, another subscriber asks.
fn lines(server: &Server, app: &App, channel: &str, with_asker: bool) -> Vec<String> {
    let asker = with_asker.then(|| {
        let mut asker = Client::connect(server, app);
        begin(&mut asker, channel);
        asker
    });
    let mut client = Client::connect(server, app);
    let signed = if channel.starts_with("private-") { client.auth(channel, None) } else { String::new() };
    client.send("pusher:subscribe", &json!({"channel": channel, "auth": signed}));
    let mut lines = vec![text(&mut client)];
    if channel.contains("cache-") {
        lines.push(text(&mut client));
    }
    trigger(server, app, channel, "App\\Events\\One", None);
    trigger(server, app, channel, "own", Some(&client.socket_id));
    trigger(server, app, channel, "two", Some("1.1"));
    lines.extend([text(&mut client), text(&mut client)]);
    drop(asker);
    client.fence();
    client.send("pusher:subscribe", &json!({"channel": channel, "auth": signed}));
    lines.push(text(&mut client));
    lines
}

#[test]
fn a_client_that_does_not_ask_gets_the_same_bytes() {
    let server = SERVER.get();
    for channel in ["news", "private-news", "private-cache-news"] {
        let expected = lines(&server, &without(), channel, false);
        assert!(expected.iter().all(|line| !line.contains("seq") && !line.contains("recovery")), "{expected:?}");
        assert_eq!(lines(&server, &app(), channel, true), expected);
    }
}

#[test]
fn the_bytes_for_a_client_that_does_not_ask() {
    let server = SERVER.get();
    let channel = "private-cache-bytes";
    assert_eq!(
        lines(&server, &app(), channel, true),
        [
            r#"{"event":"pusher_internal:subscription_succeeded","channel":"private-cache-bytes","data":"{}"}"#,
            r#"{"event":"pusher:cache_miss","channel":"private-cache-bytes"}"#,
            r#"{"event":"App\\Events\\One","channel":"private-cache-bytes","data":"{}"}"#,
            r#"{"event":"two","channel":"private-cache-bytes","data":"{}"}"#,
            r#"{"event":"pusher_internal:subscription_succeeded","channel":"private-cache-bytes","data":"{}"}"#,
        ]
    );
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
