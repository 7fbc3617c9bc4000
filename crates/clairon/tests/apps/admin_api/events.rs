//! Events that an operator sends.

use std::sync::Arc;

use clairon_test_servers::SharedServer;
use clairon_tests::admin::{self, call, send};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::server::Server;
use serde_json::{Value, json};

static SERVER: SharedServer<Server> = SharedServer::new(|| admin::builder().start());

fn server() -> (Arc<Server>, App) {
    let server = SERVER.get();
    let app = admin::create(&server, &json!({"user_authentication": true, "event_data_bytes": 10_240}));
    (server, app)
}

fn publish(server: &Server, app: &App, event: &Value) -> clairon_tests::http::Response {
    call(server, "POST", &format!("/apps/{}/events", app.id), Some(event))
}

#[test]
fn an_event_reaches_the_subscribers_of_its_channels_but_one() {
    let (server, app) = server();
    let [mut ann, mut bob] = [Client::connect(&server, &app), Client::connect(&server, &app)];
    for client in [&mut ann, &mut bob] {
        client.subscribe("news");
        client.subscribe("private-news");
    }
    ann.sign_in(&json!({"id": "ann"}).to_string());
    let event = json!({
        "name": "App\\Events\\X", "channels": ["news", "private-news", "empty"], "data": {"a": [1]},
        "socket_id": bob.socket_id,
    });
    let answer = publish(&server, &app, &event).ok();
    assert_eq!(answer["scope"], json!({"nodes": "all"}));
    assert_eq!(answer["receivers"], json!({"news": 1, "private-news": 1, "empty": 0}));
    for channel in ["news", "private-news"] {
        let event = ann.expect("App\\Events\\X");
        assert_eq!((&event["channel"], &event["data"]), (&json!(channel), &json!(r#"{"a": [1]}"#.replace(' ', ""))));
    }
    bob.expect_nothing();
    let to_user = json!({"name": "e", "channels": ["#server-to-user-ann"], "data": "text"});
    assert_eq!(publish(&server, &app, &to_user).ok()["receivers"], json!({"#server-to-user-ann": null}));
    assert_eq!(ann.expect("e")["data"], "text");
}

#[test]
fn the_limits_of_the_signed_api_apply() {
    let (server, app) = server();
    let event = |change: &dyn Fn(&mut Value)| {
        let mut event = json!({"name": "e", "channels": ["a"], "data": "x"});
        change(&mut event);
        publish(&server, &app, &event)
    };
    event(&|event| event["name"] = json!("x".repeat(201))).assert_problem(422, "200 characters");
    event(&|event| event["name"] = json!("")).assert_problem(422, "Missing parameter: name");
    event(&|event| event["channels"] = json!([])).assert_problem(422, "Missing parameter: channels");
    event(&|event| event["channels"] = json!(["<script>"])).assert_problem(422, "channel name");
    event(&|event| event["channels"] = json!(vec!["a"; 101])).assert_problem(422, "the limit is 100");
    event(&|event| event["socket_id"] = json!("x")).assert_problem(422, "Invalid socket_id");
    event(&|event| event["data"] = json!("x".repeat(10_241))).assert_problem(413, "10240 bytes");
    event(&|event| event["chanels"] = json!([])).assert_problem(422, "unknown field `chanels`");
    event(&|event| drop(event.as_object_mut().unwrap().remove("data"))).assert_problem(422, "missing field `data`");
    let path = format!("/apps/{}/events", app.id);
    send(&server, "POST", &path, "[]").assert_problem(422, "not a JSON object");
    send(&server, "POST", &path, &"x".repeat(1_000_000)).assert_problem(413, "exceeds the allowed maximum");
    call(&server, "POST", "/apps/nobody/events", Some(&json!({}))).assert_problem(404, "No app has the id");
    assert_eq!(call(&server, "POST", &format!("/apps/{}/disable", app.id), None).status, 200);
    event(&|_| {}).assert_problem(409, "disabled");
}

#[test]
fn an_event_for_one_connection_reaches_no_other() {
    let (server, app) = server();
    let [mut ann, mut bob] = [Client::connect(&server, &app), Client::connect(&server, &app)];
    for client in [&mut ann, &mut bob] {
        client.subscribe("news");
    }
    let path = format!("/apps/{}/connections/{}/events", app.id, ann.socket_id);
    let to_ann = |event: &Value| call(&server, "POST", &path, Some(event));
    let with = to_ann(&json!({"name": "<b>", "data": {"n": 1}, "channel": "news"}));
    assert_eq!(with.ok(), json!({"subscribed": true}));
    assert_eq!(to_ann(&json!({"name": "e", "data": "x", "channel": "other"})).ok(), json!({"subscribed": false}));
    assert_eq!(to_ann(&json!({"name": "e", "data": "x"})).ok(), json!({"subscribed": null}));
    to_ann(&json!({"name": "e", "data": "x", "channel": "a b"})).assert_problem(422, "channel name");
    to_ann(&json!({"name": "", "data": "x"})).assert_problem(422, "Missing parameter: name");
    assert_eq!(ann.expect("<b>"), json!({"event": "<b>", "channel": "news", "data": r#"{"n":1}"#}));
    assert_eq!(ann.expect("e")["channel"], "other");
    assert_eq!(ann.expect("e"), json!({"event": "e", "data": "x"}));
    ann.expect_nothing();
    bob.expect_nothing();
}
