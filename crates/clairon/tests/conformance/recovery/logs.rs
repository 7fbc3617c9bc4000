//! What comes back, and reading a log over HTTP.

use super::*;

#[test]
fn a_client_gets_what_it_missed_and_then_live_events() {
    let server = SERVER.get();
    for channel in ["back", "private-back", "presence-back", "private-encrypted-back", "private-cache-back"] {
        let mut client = Client::connect(&server, &app());
        let position = begin(&mut client, channel);
        client.socket.abort();
        for event in ["a", "b"] {
            trigger(&server, &app(), channel, event, None);
        }
        let mut client = Client::connect(&server, &app());
        let answer = ask(&mut client, channel, &position.recover());
        assert_eq!((&answer["recovered"], &answer["replayed"], &answer["seq"]), (&json!(true), &json!(2), &json!(2)));
        trigger(&server, &app(), channel, "c", None);
        let expected = [("a", 1), ("b", 2), ("c", 3)].map(|(name, seq)| (name.to_owned(), Some(seq)));
        assert_eq!(numbered(&mut client), expected, "{channel}");
    }
}

#[test]
fn the_place_of_an_own_event_is_told() {
    let server = SERVER.get();
    let mut client = Client::connect(&server, &app());
    let mut position = begin(&mut client, "own");
    let first = client.socket_id.clone();
    client.fence();
    trigger(&server, &app(), "own", "mine", Some(&first));
    let line = r#"{"event":"pusher_internal:recovery","channel":"own","data":"{}","seq":1}"#;
    assert_eq!(text(&mut client), line);
    client.socket.abort();
    trigger(&server, &app(), "own", "mine", Some(&first));
    let mut client = Client::connect(&server, &app());
    position.sockets.push(client.socket_id.clone());
    let answer = ask(&mut client, "own", &position.at(1).recover());
    assert_eq!((&answer["recovered"], &answer["replayed"]), (&json!(true), &json!(0)));
    trigger(&server, &app(), "own", "late", Some(&first));
    trigger(&server, &app(), "own", "other", Some("1.1"));
    let place = "pusher_internal:recovery".to_owned();
    assert_eq!(numbered(&mut client), [(place.clone(), Some(2)), (place, Some(3)), ("other".to_owned(), Some(4))]);
}

#[test]
fn events_for_a_user_come_back() {
    let server = SERVER.get();
    let user = r#"{"id":"ada"}"#;
    let channel = "#server-to-user-ada";
    let mut client = Client::connect(&server, &app());
    client.sign_in(user);
    let position = begin(&mut client, channel);
    client.socket.abort();
    trigger(&server, &app(), channel, "a", None);
    let mut client = Client::connect(&server, &app());
    client.send("pusher:subscribe", &json!({"channel": channel, "auth": "", "recover": position.recover()}));
    client.refused(channel);
    client.sign_in(user);
    assert_eq!(ask(&mut client, channel, &position.recover())["replayed"], 1);
    trigger(&server, &app(), channel, "b", None);
    assert_eq!(numbered(&mut client), [("a".to_owned(), Some(1)), ("b".to_owned(), Some(2))]);
    client.unsubscribe(channel);
    client.fence();
    trigger(&server, &app(), channel, "c", None);
    assert_eq!(numbered(&mut client), [("c".to_owned(), None)]);
}

#[test]
fn a_subscription_that_ends_at_once_gets_no_numbers() {
    let server = SERVER.get();
    let user = "#server-to-user-brief";
    let mut client = Client::connect(&server, &app());
    client.sign_in(r#"{"id":"brief"}"#);
    for channel in [user, "brief"] {
        let [asks, plain] = [true, false].map(|recover| json!({"channel": channel, "recover": recover}));
        // No answer is awaited between these.
        client.send("pusher:subscribe", &asks);
        client.unsubscribe(channel);
        let heard = numbered(&mut client);
        assert_eq!(heard, [("pusher_internal:subscription_succeeded".to_owned(), None)]);
        trigger(&server, &app(), channel, "a", None);
        let expected = if channel == user { vec![("a".to_owned(), None)] } else { Vec::new() };
        assert_eq!(numbered(&mut client), expected, "{channel}");

        client.send("pusher:subscribe", &asks);
        client.send("pusher:subscribe", &plain);
        assert_eq!(numbered(&mut client).len(), 2);
        trigger(&server, &app(), channel, "b", None);
        assert_eq!(numbered(&mut client), [("b".to_owned(), None)], "{channel}");

        client.unsubscribe(channel);
        client.send("pusher:subscribe", &plain);
        client.send("pusher:subscribe", &asks);
        assert_eq!(numbered(&mut client).len(), 2);
        trigger(&server, &app(), channel, "c", None);
        assert!(matches!(numbered(&mut client).as_slice(), [(name, Some(_))] if name == "c"), "{channel}");
    }
}

#[test]
fn a_backend_reads_the_log() {
    let server = SERVER.get();
    let get = |channel: &str, parameters: &[(&str, &str)]| {
        Request::get(&short(), &format!("/channels/{channel}/events"), parameters).send(&server)
    };
    assert_eq!(get("read", &[("since", "0")]).status, 404);
    let mut client = Client::connect(&server, &short());
    begin(&mut client, "read");
    assert_eq!(get("read", &[("since", "0")]).ok()["seq"], 0);
    for number in 0..12 {
        let body = json!({"name": format!("e\"{number}"), "data": {"n": number}, "channels": ["read"]});
        assert_eq!(Request::post(&short(), "/events", &body).send(&server).ok(), json!({}));
    }
    let page = get("read", &[("since", "2"), ("limit", "2")]).ok();
    assert_eq!((&page["seq"], page["epoch"].as_str().map(str::len)), (&json!(12), Some(16)));
    assert_eq!(
        page["events"],
        json!([
            {"seq": 3, "name": "e\"2", "data": "{\"n\":2}"},
            {"seq": 4, "name": "e\"3", "data": "{\"n\":3}"},
        ])
    );
    assert_eq!(get("read", &[("since", "12")]).ok()["events"], json!([]));
    let gone = get("read", &[("since", "1")]);
    assert_eq!((gone.status, &gone.json()["oldest"]), (410, &json!(3)));
    for wrong in [&[][..], &[("since", "-1")], &[("since", "0"), ("limit", "0")], &[("since", "0"), ("limit", "1001")]]
    {
        assert_eq!(get("read", wrong).status, 400, "{wrong:?}");
    }
    let unsigned = Request::get(&short(), "/channels/read/events", &[("since", "0")]).without("auth_signature");
    assert_eq!(unsigned.send(&server).status, 401);
    client.fence();
    client.sign_in(r#"{"id":"x"}"#);
    begin(&mut client, "#server-to-user-x");
    assert_eq!(get("%23server-to-user-x", &[("since", "0")]).status, 200);
    assert_eq!(Request::get(&without(), "/channels/read/events", &[("since", "0")]).send(&server).status, 404);
}

#[test]
fn the_scripts_for_pages_are_served() {
    let server = SERVER.get();
    for (path, has) in [("/recover.js", "export{"), ("/recover.global.js", "ClaironRecover")] {
        let get = |header: &str| {
            let mut connection = clairon_tests::http::HttpConnection::open(&server);
            connection.write(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{header}\r\n"));
            connection.response()
        };
        let script = get("");
        assert_eq!((script.status, script.header("content-type")), (200, Some("text/javascript; charset=utf-8")));
        assert!(script.body.contains(has), "{path}");
        let tag = script.header("etag").unwrap_or_else(|| panic!("no tag")).to_owned();
        let known = get(&format!("If-None-Match: \"x\", W/{tag}\r\n"));
        assert_eq!((known.status, known.body.len(), known.header("etag")), (304, 0, Some(tag.as_str())));
        assert_eq!(get("If-None-Match: \"x\"\r\n").status, 200);
    }
}
