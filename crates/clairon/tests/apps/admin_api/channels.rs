//! The channels of an app.

use clairon_test_servers::eventually;
use clairon_tests::admin::{self, call};
use clairon_tests::api;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::nodes::Nodes;
use clairon_tests::server::Server;
use serde_json::{Value, json};

fn get(server: &Server, app: &App, path: &str) -> Value {
    call(server, "GET", &format!("/apps/{}{path}", app.id), None).ok()
}

fn names(list: &Value) -> Vec<&str> {
    list["channels"].as_array().unwrap().iter().map(|channel| channel["name"].as_str().unwrap()).collect()
}

#[test]
fn channels_are_listed_in_pages_and_found() {
    let (app, other) = (App::new("channels"), App::new("other"));
    let server = admin::builder().app(app.clone()).app(other.clone()).start();
    let mut client = Client::connect(&server, &app);
    for channel in ["news", "orders.1", "orders.2", "private-orders.1", "cache-rates"] {
        client.subscribe(channel);
    }
    client.fence();
    Client::connect(&server, &app).join("presence-room", r#"{"user_id":"gone"}"#);
    let mut second = Client::connect(&server, &app);
    second.join("presence-room", r#"{"user_id":"ann"}"#);
    second.subscribe("news");
    Client::connect(&server, &other).subscribe("elsewhere");
    api::trigger(&server, &app, "cache-rates", "rate", "1");
    eventually("the first member to leave", || {
        get(&server, &app, "/channels?search=room")["channels"][0]["users"] == 1
    });

    let all = get(&server, &app, "/channels");
    assert_eq!((&all["scope"], &all["total"], &all["next"]), (&json!({"nodes": "all"}), &json!(6), &Value::Null));
    assert_eq!(
        all["channels"],
        json!([
            {"name": "cache-rates", "subscriptions": 1, "users": null, "cached": true},
            {"name": "news", "subscriptions": 2, "users": null, "cached": false},
            {"name": "orders.1", "subscriptions": 1, "users": null, "cached": false},
            {"name": "orders.2", "subscriptions": 1, "users": null, "cached": false},
            {"name": "presence-room", "subscriptions": 1, "users": 1, "cached": false},
            {"name": "private-orders.1", "subscriptions": 1, "users": null, "cached": false},
        ])
    );
    let page = get(&server, &app, "/channels?limit=4");
    assert_eq!((&page["total"], &page["next"]), (&json!(6), &json!("orders.2")));
    let rest = get(&server, &app, "/channels?limit=4&after=orders.2");
    assert_eq!((names(&rest), &rest["next"]), (vec!["presence-room", "private-orders.1"], &Value::Null));
    for (query, found) in [
        ("search=orders", &["orders.1", "orders.2", "private-orders.1"][..]),
        ("search=orders.*", &["orders.1", "orders.2"]),
        ("search=*.1", &["orders.1", "private-orders.1"]),
        ("search=private-*&kind=public", &[]),
        ("kind=private", &["private-orders.1"]),
        ("kind=presence", &["presence-room"]),
        ("search=%3Cscript%3E", &[]),
    ] {
        let list = get(&server, &app, &format!("/channels?{query}"));
        assert_eq!((names(&list), &list["total"]), (found.to_vec(), &json!(found.len())), "{query}");
    }
}

#[test]
fn a_channel_has_its_subscribers_members_and_remembered_event() {
    let app = App::new("channel");
    let server = admin::builder().app(app.clone()).start();
    let mut ann = Client::connect(&server, &app);
    ann.join("presence-cache-room", r#"{"user_id":"ann","user_info":{"name":"<b>Ann</b>"}}"#);
    ann.expect("pusher:cache_miss");
    api::trigger(&server, &app, "presence-cache-room", "App\\Events\\Spoke", r#"{"a":1}"#);
    ann.expect("App\\Events\\Spoke");

    let mut channel = get(&server, &app, "/channels/presence-cache-room");
    let rest = channel["cached_event"]["expires_in_milliseconds"].take().as_u64().unwrap();
    assert!(rest > 1_000, "{rest}");
    assert_eq!(
        channel,
        json!({
            "scope": {"nodes": "all"},
            "name": "presence-cache-room",
            "kind": "presence",
            "occupied": true,
            "subscriptions": 1,
            "users": [{"user_id": "ann", "user_info": {"name": "<b>Ann</b>"}}],
            "users_total": 1,
            "cached_event": {
                "event": "App\\Events\\Spoke", "data": r#"{"a":1}"#, "data_cut": false, "expires_in_milliseconds": null
            },
            "subscribers": {"scope": {"nodes": "all"}, "total": 1, "socket_ids": [ann.socket_id]},
        })
    );
    let empty = get(&server, &app, "/channels/nobody");
    assert_eq!((&empty["occupied"], &empty["cached_event"]), (&json!(false), &Value::Null));
}

/// A user's channel has characters that are escaped in a path, and no subscriptions of its own.
#[test]
fn a_name_is_escaped_in_a_path() {
    let app = App::new("escapes").with("user_authentication", true);
    let server = admin::builder().app(app.clone()).start();
    let mut client = Client::connect(&server, &app);
    client.sign_in(&json!({"id": "a/b ?#é%", "user_info": {}}).to_string());
    let channel = get(&server, &app, "/channels/%23server-to-user-a%2Fb%20%3F%23%C3%A9%25");
    assert_eq!(channel["name"], "#server-to-user-a/b ?#é%");
    assert_eq!((&channel["kind"], &channel["subscriptions"]), (&json!("server_to_user"), &json!(1)));
    assert_eq!(channel["subscribers"]["socket_ids"], json!([client.socket_id]));
    for name in ["%3Cscript%3E", "a%20b", "%23server-to-user-"] {
        call(&server, "GET", &format!("/apps/{}/channels/{name}", app.id), None).assert_problem(404, "no such channel");
    }
}

#[test]
fn secrets_are_shown_nowhere_and_cannot_be_guessed() {
    let app = App::new("hidden").with("user_authentication", true);
    let server = admin::builder().app(app.clone()).start();
    let mut client = Client::connect(&server, &app);
    let cached = format!("cache-{}", app.secret);
    client.subscribe(&app.secret);
    client.subscribe(&cached);
    client.fence();
    let presence = format!("presence-{}", app.secret);
    client.join(&presence, &json!({"user_id": app.secret, "user_info": app.secret}).to_string());
    api::trigger(&server, &app, &cached, &app.secret, &app.secret);
    for path in [
        "/channels".to_owned(),
        format!("/channels/{cached}"),
        format!("/channels/{presence}"),
        "/connections".to_owned(),
        format!("/connections/{}", client.socket_id),
    ] {
        let answer = call(&server, "GET", &format!("/apps/{}{path}", app.id), None);
        assert!(answer.status == 200 && !answer.body.contains(&app.secret), "{answer:?}");
    }
    assert!(names(&get(&server, &app, "/channels")).contains(&"cache-[a secret]"));
    assert_eq!(get(&server, &app, &format!("/channels?search={}", &app.secret[..12]))["total"], 0);
}

#[test]
fn wrong_parameters_are_named() {
    let app = App::new("wrong");
    let server = admin::builder().app(app.clone()).start();
    let long = "x".repeat(201);
    for (path, word) in [
        ("/channels?limit=0", "limit is 0, allowed are whole numbers from 1 to 500"),
        ("/channels?limit=501", "limit is 501"),
        (&format!("/channels?search={long}"), "search has 201 bytes, allowed are 200"),
        ("/channels?kind=secret", "query string"),
        ("/channels?serach=x", "query string"),
        ("/connections?after=1", "after has 1 bytes, allowed is a socket id"),
    ] {
        call(&server, "GET", &format!("/apps/{}{path}", app.id), None).assert_problem(422, word);
    }
    for path in ["/channels", "/channels/a", "/connections", "/connections/1.1"] {
        call(&server, "GET", &format!("/apps/nobody{path}"), None).assert_problem(404, "No app has the id");
    }
}

/// Counts and members are those of all nodes; connections are those of the node that answers.
#[test]
fn with_several_nodes_an_answer_says_what_it_covers() {
    let app = App::new("several");
    let nodes = Nodes::start(2, app.clone());
    let [one, two] = [&nodes.servers[0], &nodes.servers[1]];
    let mut ann = Client::connect(one, &app);
    ann.join("presence-room", r#"{"user_id":"ann","user_info":1}"#);
    let mut bob = Client::connect(two, &app);
    bob.join("presence-room", r#"{"user_id":"bob"}"#);
    bob.subscribe("cache-x");
    bob.fence();
    api::trigger(one, &app, "cache-x", "e", "text");
    bob.expect("e");
    for (server, client) in [(one, &ann), (two, &bob)] {
        let list = get(server, &app, "/channels");
        assert_eq!(list["scope"], json!({"nodes": "all"}));
        assert_eq!(
            list["channels"],
            json!([
                {"name": "cache-x", "subscriptions": 1, "users": null, "cached": true},
                {"name": "presence-room", "subscriptions": 2, "users": 2, "cached": false},
            ])
        );
        let channel = get(server, &app, "/channels/presence-room");
        assert_eq!(
            channel["users"],
            json!([{"user_id": "ann", "user_info": 1}, {"user_id": "bob", "user_info": null}])
        );
        let node = channel["subscribers"]["scope"]["node"].clone();
        assert!(node.is_string(), "{channel}");
        assert_eq!(channel["subscribers"]["socket_ids"], json!([client.socket_id]));
        assert_eq!(get(server, &app, "/channels/cache-x")["cached_event"]["event"], "e");
        let connections = get(server, &app, "/connections");
        assert_eq!((&connections["scope"], &connections["total"]), (&json!({"node": node}), &json!(1)));
    }
    let path = format!("/apps/{}/connections/{}", app.id, bob.socket_id);
    call(one, "GET", &path, None).assert_problem(404, "the other nodes are not asked");
}
