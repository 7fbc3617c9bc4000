//! `clairon app webhook`

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    thread,
};

use clairon_protocol::{Secret, auth::Signature};
use clairon_test_servers::free_port;
use serde_json::{Value, json};

use crate::place::{Place, json};

/// A temporary folder with a registry that has the app `1`, whose secret is `app-secret`.
fn place() -> Place {
    let place = Place::new();
    json(&place.run(&["app", "create", "--id", "1", "--secret", "app-secret", "--json"]));
    place
}

/// Adds an endpoint and returns it as JSON.
fn add(place: &Place, arguments: &[&str]) -> Value {
    json(&place.run(&[&["app", "webhook", "add", "1", "--json"], arguments].concat()))
}

fn id(webhook: &Value) -> &str {
    webhook["id"].as_str().unwrap()
}

#[test]
fn endpoints_are_added_listed_changed_and_removed() {
    let place = place();
    let empty = place.run(&["app", "webhook", "list", "1"]);
    let note = "note: the app 1 has no endpoints: `clairon app webhook add 1 --url URL` adds one\n";
    assert_eq!((empty.code, empty.stdout.as_str(), empty.stderr.as_str()), (0, "", note));
    let full = add(
        &place,
        &[
            "--url",
            "https://u:hunter2@shop.example/hook?hunter2",
            "--events",
            "member_added, channel_vacated",
            "--channels",
            "presence-*,private-order.*",
            "--header",
            "X-Shop: hunter2",
            "--header",
            "X-Other:1",
            "--secret",
            "hunter2",
        ],
    );
    let expected = json!({
        "id": full["id"], "url": "https://…@shop.example/hook?…", "events": ["channel_vacated", "member_added"],
        "channels": ["presence-*", "private-order.*"], "headers": {"X-Other": "…", "X-Shop": "…"}, "enabled": true,
        "secret": "…", "declared": false,
    });
    assert_eq!(full, expected);
    let short = add(&place, &["--url", "http://a.test"]);
    assert_eq!(json(&place.run(&["app", "webhook", "list", "1", "--json"])), json!([full, short]));
    let third =
        place.run(&["app", "webhook", "add", "1", "--json", "--url", "http://b.test", "--events", "cache_miss"]);
    let list = place.run(&["app", "webhook", "list", "1", "--json"]).stdout;
    let unindented = list.replace("\n  ", "\n");
    assert!(unindented.ends_with(&format!(",\n{}]\n", third.stdout)), "the fields have one order: {list}");
    json(&place.run(&["app", "webhook", "remove", "1", id(&json(&third)), "--json"]));
    assert_eq!(json(&place.run(&["app", "show", "1", "--json"]))["webhooks"], json!([full, short]));
    let secrets = json(&place.run(&["app", "webhook", "list", "1", "--show-secret", "--json"]));
    assert_eq!(secrets[0]["url"], "https://u:hunter2@shop.example/hook?hunter2");
    assert_eq!(secrets[0]["headers"], json!({"X-Other": "1", "X-Shop": "hunter2"}));
    assert_eq!(secrets[0]["secret"], "hunter2");
    let shown = json(&place.run(&["app", "show", "1", "--show-secret", "--json"]));
    assert_eq!(shown["webhooks"], secrets);

    let update = ["app", "webhook", "update", "1", id(&full), "--json"];
    let flags = ["--events", "", "--header", "", "--secret", "other", "--enabled", "false"];
    let changed = json(&place.run(&[&update[..], &flags].concat()));
    let expected = json!({
        "enabled": {"from": true, "to": false}, "events": {"from": ["channel_vacated", "member_added"], "to": []},
        "headers": {"from": {"X-Other": "…", "X-Shop": "…"}, "to": {}}, "secret": {"from": "…", "to": "…"},
    });
    assert_eq!(changed, json!({"id": "1", "webhook": full["id"], "changed": expected}));
    assert_eq!(json(&place.run(&[&update[..], &flags].concat()))["changed"], json!({}));
    let list = place.run(&["app", "webhook", "list", "1"]).stdout;
    let expected = format!(
        "{}  https://…@shop.example/hook?…\n  disabled\n  events    all\n  channels  presence-*, private-order.*\n  secret    …\n\
         {}  http://a.test\n  enabled\n  events    all\n  channels  all\n",
        id(&full),
        id(&short)
    );
    assert_eq!(list, expected);

    let removed = place.run(&["app", "webhook", "remove", "1", id(&full)]);
    assert_eq!(
        (removed.code, removed.stdout),
        (0, format!("removed the endpoint {} of 1: https://…@shop.example/hook?…\n", id(&full)))
    );
    assert_eq!(json(&place.run(&["app", "webhook", "list", "1", "--json"])), json!([short]));
    let gone = place.run(&["app", "webhook", "remove", "1", id(&full)]);
    let error =
        "error: the app 1 has no such endpoint: `clairon app webhook list 1` lists those that it has\n".to_owned();
    assert_eq!((gone.code, gone.stderr), (1, error));
}

#[test]
fn what_is_wrong_is_named_without_secrets() {
    let place = place();
    let url = ["--url", "http://a.test"];
    let webhook = add(&place, &url);
    for (arguments, code, error) in [
        (
            &["add", "1", "--url", "a.test?hunter2"][..],
            2,
            r#"--url: url "a.test?…": it has to begin with http:// or https://"#,
        ),
        (
            &["add", "1", "--url", "http://a.test", "--events", "occupied"],
            2,
            "--events: entry 1 of events is \"occupied\", allowed are channel_occupied, channel_vacated, member_added, member_removed, client_event, cache_miss, subscription_count",
        ),
        (
            &["add", "1", "--url", "http://a.test", "--channels", "a,b c"],
            2,
            "--channels: entry 2 of channels is \"b c\", allowed are A-Z a-z 0-9 _ - = @ , . ; and * for any text",
        ),
        (
            &["add", "1", "--url", "http://a.test", "--header", "hunter2"],
            2,
            "--header: a header has a colon between its name and its value, such as 'X-Shop: 1'",
        ),
        (
            &["add", "1", "--url", "http://a.test", "--header", "Host: hunter2"],
            2,
            "--header: the header \"Host\": it is set by the server itself",
        ),
        (
            &["add", "1", "--url", "http://u:hunter2@a.test", "--header", "Authorization: hunter2"],
            2,
            "the header Authorization is there, and the URL has a user, which makes one too: leave one of them out",
        ),
        (
            &["update", "1", id(&webhook)],
            2,
            "there is nothing to change: `clairon app webhook update --help` lists what there is",
        ),
        (&["add", "none", "--url", "http://a.test"], 1, "no app has the id none"),
        (
            &["update", "1", "hunter2", "--enabled", "true"],
            1,
            "the app 1 has no such endpoint: `clairon app webhook list 1` lists those that it has",
        ),
    ] {
        let run = place.run(&[&["app", "webhook"], arguments].concat());
        assert_eq!((run.code, run.stderr), (code, format!("error: {error}\n")), "{arguments:?}");
    }
    for _ in 1..20 {
        add(&place, &url);
    }
    let full = place.run(&["app", "webhook", "add", "1", "--url", "http://a.test"]);
    assert_eq!((full.code, &*full.stderr), (1, "error: webhooks has 21 entries, allowed are 0 to 20\n"));
}

#[test]
fn a_kind_that_the_app_has_switched_off_is_named() {
    let place = place();
    let run = place.run(&["app", "webhook", "add", "1", "--url", "http://a.test", "--events", "subscription_count"]);
    let note = "note: there is no subscription_count while subscription_counts of the app is off: `clairon app update 1 --subscription-counts true`\n";
    assert_eq!((run.code, run.stderr.as_str()), (0, note));
    let server = place.serve(&[], &[]);
    let warning = "there is no subscription_count for this endpoint while subscription_counts of the app is off";
    assert!(server.starting.iter().any(|line| line["message"] == warning), "{:?}", server.starting);
    drop(server);
    json(&place.run(&["app", "update", "1", "--subscription-counts", "true", "--json"]));
    let run = place.run(&["app", "webhook", "add", "1", "--url", "http://a.test", "--events", "subscription_count"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

/// The output of `app show` can be pasted into a settings file, unless its secrets are hidden.
#[test]
fn endpoints_are_shown_as_settings() {
    let place = place();
    add(&place, &["--url", "http://u:p@a.test", "--events", "cache_miss", "--header", "X-Shop: 1", "--secret", "own"]);
    add(&place, &["--url", "http://b.test", "--channels", "presence-*", "--enabled", "false"]);
    let shown = |arguments: &[&str]| {
        let run = place.run(&[&["app", "show", "1"], arguments].concat());
        place.write("shown.toml", &run.stdout);
        place.run(&["config", "--check", "--config", "shown.toml"])
    };
    assert_eq!((shown(&["--show-secret"]).code, shown(&["--show-secret"]).stdout.as_str()), (0, "ok\n"));
    let other = Place::new();
    std::fs::copy(place.path().join("shown.toml"), other.path().join("clairon.toml")).unwrap();
    drop(other.serve(&["--config", "clairon.toml"], &[]));
    let strip = |mut webhooks: Value| {
        for webhook in webhooks.as_array_mut().unwrap() {
            webhook["id"] = Value::Null;
            webhook["declared"] = Value::Null;
        }
        webhooks
    };
    let list = ["app", "webhook", "list", "1", "--show-secret", "--json"];
    assert_eq!(strip(json(&other.run(&list))), strip(json(&place.run(&list))));
    let hidden = shown(&[]);
    assert_eq!(hidden.code, 2);
    for field in ["apps.webhooks.url", "apps.webhooks.headers", "apps.webhooks.secret"] {
        assert!(hidden.stderr.contains(&format!("{field} (shown.toml:")), "{}", hidden.stderr);
    }
}

#[test]
fn endpoints_that_settings_declare_are_set_back() {
    let place = Place::new();
    place.write(
        "clairon.toml",
        "[[apps]]\nid = '1'\nkey = 'k'\nsecret = 's'\n[[apps.webhooks]]\nurl = 'http://declared.test'\n",
    );
    let declare = || drop(place.serve(&["--config", "clairon.toml"], &[]));
    declare();
    let list = || json(&place.run(&["app", "webhook", "list", "1", "--json"]));
    let before = list();
    assert_eq!((&before[0]["url"], &before[0]["declared"]), (&json!("http://declared.test"), &json!(true)));
    let other = add(&place, &["--url", "http://other.test"]);
    let id = id(&before[0]);
    let run = place.run(&["app", "webhook", "remove", "1", id, "--config", "clairon.toml"]);
    let note =
        format!("note: these settings declare the endpoint {id}: a server that starts with them undoes the change\n");
    assert_eq!((run.code, run.stderr), (0, note));
    assert_eq!(list(), json!([other]));
    declare();
    assert_eq!(list(), json!([before[0], other]), "an endpoint that was added by hand is gone, or the id is another");
}

/// Receives one request, answers it with `answer`, and returns the head and the body of the request.
fn receive(listener: TcpListener, answer: &'static str) -> thread::JoinHandle<(String, String)> {
    thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(stream.read_line(&mut head).unwrap(), 0);
        }
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap()];
        stream.read_exact(&mut body).unwrap();
        stream.get_mut().write_all(answer.as_bytes()).unwrap();
        (head.to_lowercase(), String::from_utf8(body).unwrap())
    })
}

#[test]
fn a_sample_is_signed_and_what_comes_back_is_printed() {
    let place = place();
    let test = |url: &str, flags: &[&str]| {
        let webhook = add(&place, &[&["--url", url], flags].concat());
        place.run(&["app", "webhook", "test", "1", id(&webhook), "--json"])
    };
    for (flags, secret, answer, result) in [
        (
            &["--events", "member_added", "--channels", "presence-*"][..],
            "app-secret",
            "HTTP/1.1 204 No Content\r\n\r\n",
            json!({"delivered": true, "status": 204, "answer": ""}),
        ),
        (
            &["--secret", "own-secret", "--header", "X-Shop: 7", "--events", "member_added", "--enabled", "false"],
            "own-secret",
            "HTTP/1.1 419 Expired\r\nContent-Length: 4\r\n\r\nCSRF",
            json!({"delivered": false, "status": 419, "answer": "CSRF"}),
        ),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = receive(listener, answer);
        let run = test(&url, flags);
        let printed: Value = serde_json::from_str(&run.stdout).unwrap();
        let (head, body) = receiver.join().unwrap();
        assert_eq!(run.code, i32::from(!printed["delivered"].as_bool().unwrap()), "{}", run.stderr);
        for field in ["delivered", "status", "answer"] {
            assert_eq!(printed[field], result[field], "{printed}");
        }
        let event: Value = serde_json::from_str(&body).unwrap();
        let member = json!([{"name": "member_added", "channel": "presence-sample", "user_id": "sample"}]);
        assert_eq!(event["events"], member);
        assert_eq!(printed["body"], body);
        let signature = Signature::sign(&Secret::parse(secret).unwrap(), &[body.as_bytes()]).to_hex();
        assert!(head.contains(&format!("x-pusher-signature: {signature}\r\n")), "{head}");
        assert!(head.contains(&format!("x-clairon-delivery: {}\r\n", printed["delivery"].as_str().unwrap())), "{head}");
        assert_eq!(head.contains("x-shop: 7\r\n"), flags.contains(&"--header"), "{head}");
    }
    let run = test(&format!("http://127.0.0.1:{}", free_port()), &[]);
    let printed: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.code, &printed["status"]), (1, &Value::Null));
    assert!(printed["answer"].as_str().unwrap().contains("cannot connect"), "{printed}");
    let error = "did not accept the sample: it has to answer with a status of 200 to 299\n";
    assert!(run.stderr.ends_with(error), "{}", run.stderr);
}
