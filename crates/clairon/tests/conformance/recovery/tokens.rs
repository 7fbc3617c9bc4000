//! Tokens: no position shows an event that its holder could not have been sent.

use super::*;

/// Subscribes a new connection at a position, which must be refused with this reason, and without a single old event.
fn lost(server: &Server, app: &App, channel: &str, recover: &Value, reason: &str) {
    let mut client = Client::connect(server, app);
    let answer = ask(&mut client, channel, recover);
    assert_eq!((&answer["recovered"], &answer["reason"]), (&json!(false), &json!(reason)), "{recover}");
    assert!(answer.get("replayed").is_none());
    assert_eq!(numbered(&mut client), [], "{recover}");
    // The position is good from now on.
    let position = position(&client, &answer);
    client.socket.abort();
    let mut client = Client::connect(server, app);
    assert_eq!(ask(&mut client, channel, &position.recover())["recovered"], true);
}

#[test]
fn a_token_opens_only_what_came_after_it() {
    let server = SERVER.get();
    let mut member = Client::connect(&server, &app());
    let first = begin(&mut member, "private-room");
    for _ in 0..5 {
        trigger(&server, &app(), "private-room", "secret", None);
    }
    // A member that is let in now.
    let mut newcomer = Client::connect(&server, &app());
    let late = begin(&mut newcomer, "private-room");
    assert_eq!(late.seq, 5);
    trigger(&server, &app(), "private-room", "open", None);
    let channel = "private-room";
    for seq in [0, 1, 4] {
        lost(&server, &app(), channel, &late.at(seq).recover(), "token");
    }
    lost(&server, &app(), channel, &late.at(7).recover(), "token");
    lost(&server, &app(), channel, &late.at((1 << 53) - 1).recover(), "token");
    // The bound in the token is not to be edited.
    let (epoch, rest) = late.token.split_once('.').unwrap_or_else(|| panic!("{}", late.token));
    let (_, code) = rest.split_once('.').unwrap_or_else(|| panic!("{}", late.token));
    let forged = |token: String| Position { token, ..late.at(0) }.recover();
    lost(&server, &app(), channel, &forged(format!("{epoch}.0.{code}")), "token");
    lost(&server, &app(), channel, &forged(String::new()), "token");
    lost(&server, &app(), channel, &forged("x".repeat(4_000)), "token");
    lost(&server, &app(), channel, &forged(format!("{} ", first.token)), "token");
    // That of the other member opens more.
    let mut client = Client::connect(&server, &app());
    assert_eq!(ask(&mut client, channel, &first.at(2).recover())["replayed"], 4);
}

#[test]
fn a_token_is_for_one_channel_of_one_app() {
    let server = SERVER.get();
    let mut client = Client::connect(&server, &app());
    let position = begin(&mut client, "private-one");
    begin(&mut client, "private-two");
    let mut other = Client::connect(&server, &short());
    begin(&mut other, "private-one");
    for (app, channel) in [(app(), "private-one"), (app(), "private-two"), (short(), "private-one")] {
        trigger(&server, &app, channel, "e", None);
    }
    lost(&server, &app(), "private-two", &position.recover(), "token");
    lost(&server, &short(), "private-one", &position.recover(), "token");
    let mut client = Client::connect(&server, &app());
    assert_eq!(ask(&mut client, "private-one", &position.recover())["replayed"], 1);
}

#[test]
fn recovery_needs_the_authorization_of_the_channel() {
    let server = SERVER.get();
    let mut client = Client::connect(&server, &app());
    let position = begin(&mut client, "private-closed");
    trigger(&server, &app(), "private-closed", "e", None);
    let mut stranger = Client::connect(&server, &app());
    let forged = format!("{}:{}", app().key, "0".repeat(64));
    for auth in [String::new(), forged] {
        let subscribe = json!({"channel": "private-closed", "auth": auth, "recover": position.recover()});
        stranger.send("pusher:subscribe", &subscribe);
        assert_eq!(stranger.refused("private-closed")["status"], 401);
    }
}

#[test]
fn a_malformed_request_begins_anew() {
    let server = SERVER.get();
    for recover in [json!(0), json!("x"), json!([]), json!({}), json!({"token": 7, "seq": 1}), json!({"token": "t"})] {
        let mut client = Client::connect(&server, &app());
        let answer = ask(&mut client, "malformed", &recover);
        assert!(answer["token"].is_string() && answer.get("recovered").is_none(), "{recover}: {answer}");
    }
    for recover in [json!(false), Value::Null] {
        let mut client = Client::connect(&server, &app());
        assert_eq!(ask(&mut client, "malformed", &recover), Value::Null);
    }
}
