//! Tokens: no position shows an event that its holder could not have been sent.

use super::*;
use clairon_test_servers::eventually;
use clairon_tests::client::data;

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
fn the_events_of_a_user_are_for_that_user() {
    let server = SERVER.get();
    let sign_in = |user: &str| {
        let mut client = Client::connect(&server, &app());
        client.sign_in(&json!({"id": user}).to_string());
        client
    };
    let (ada, bob) = ("#server-to-user-ada-l", "#server-to-user-bob-l");
    let (mut first, mut second) = (sign_in("ada-l"), sign_in("bob-l"));
    let (position, other) = (begin(&mut first, ada), begin(&mut second, bob));
    trigger(&server, &app(), ada, "secret", None);
    second.fence();
    assert_eq!(ask(&mut second, bob, &position.recover())["reason"], "token");
    second.send("pusher:subscribe", &json!({"channel": ada, "auth": "", "recover": position.recover()}));
    assert_eq!(second.refused(ada)["status"], 403);
    assert_eq!(numbered(&mut second), []);
    let mut stranger = Client::connect(&server, &app());
    for position in [position, other] {
        stranger.send("pusher:subscribe", &json!({"channel": ada, "auth": "", "recover": position.recover()}));
        assert_eq!(stranger.refused(ada)["status"], 403);
    }
}

#[test]
fn a_token_of_an_earlier_log_opens_nothing() {
    let brief = recovering("brief").with("recovery_seconds", 1);
    let server = Server::builder().app(brief.clone()).start();
    let mut client = Client::connect(&server, &brief);
    let position = begin(&mut client, "private-brief");
    trigger(&server, &brief, "private-brief", "e", None);
    client.socket.abort();
    let read = Request::get(&brief, "/channels/private-brief/events", &[("since", "0")]);
    eventually("the log is over", || read.send(&server).status == 404);
    // The next one has another epoch, and its numbers begin anew.
    begin(&mut Client::connect(&server, &brief), "private-brief");
    trigger(&server, &brief, "private-brief", "secret", None);
    lost(&server, &brief, "private-brief", &position.recover(), "epoch");
}

#[test]
fn nothing_that_is_huge_is_an_error() {
    let server = SERVER.get();
    let mut client = Client::connect(&server, &app());
    let position = begin(&mut client, "huge");
    trigger(&server, &app(), "huge", "e", None);
    client.fence();
    let sockets: Vec<_> = (0..1_000).map(|number| format!("{number}.1")).collect();
    let huge = Position { sockets, ..position.clone() };
    assert_eq!(ask(&mut client, "huge", &huge.recover())["replayed"], 1);
    assert_eq!(numbered(&mut client), [("e".to_owned(), Some(1))]);
    let huge = Position { token: "x".repeat(20_000), ..position.clone() };
    assert_eq!(ask(&mut client, "huge", &huge.recover())["reason"], "token");
    let seq = "9".repeat(1_000);
    let recover =
        format!(r#"{{"token":{:?},"seq":{seq},"sockets":[{}]}}"#, position.token, "[".repeat(100) + &"]".repeat(100));
    client.socket.text(&format!(r#"{{"event":"pusher:subscribe","data":{{"channel":"huge","recover":{recover}}}}}"#));
    let answer = data(&client.succeeded("huge"))["recovery"].clone();
    assert!(answer["token"].is_string() && answer.get("recovered").is_none(), "{answer}");
    // What is longer than a message may be ends the connection, as any such message.
    let huge = Position { token: "x".repeat(4 << 20), ..position };
    let mut other = Client::connect(&server, &app());
    other.send("pusher:subscribe", &json!({"channel": "huge", "recover": huge.recover()}));
    assert_eq!(other.socket.closed().0, Some(1009));
    client.expect_nothing();
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
