//! Reads of the HTTP API: channels, one channel, its users; pages without a signature; unknown paths.

use clairon_test_servers::{SharedServer, eventually};
use clairon_tests::api::{self, Request};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http;
use clairon_tests::raw::RawFrame;
use clairon_tests::server::Server;
use serde_json::{Value, json};

static SERVER: SharedServer<Server> =
    SharedServer::new(|| Server::builder().app(app()).app(App::new("unused")).start());

fn app() -> App {
    App::new("queries")
}

fn get(server: &Server, path: &str, parameters: &[(&str, &str)]) -> Value {
    api::get(server, &app(), path, parameters)
}

fn refused(server: &Server, path: &str, parameters: &[(&str, &str)], status: u16, word: &str) {
    Request::get(&app(), path, parameters).send(server).assert_refused(status, word);
}

#[test]
fn occupied_channels_are_listed() {
    let server = SERVER.get();
    assert_eq!(api::get(&server, &App::new("unused"), "/channels", &[]), json!({"channels": {}}));
    let mut client = Client::connect(&server, &app());
    let mut second = Client::connect(&server, &app());
    for channel in ["list-a", "list-b", "private-list-c"] {
        client.subscribe(channel);
    }
    second.subscribe("list-a");
    api::trigger(&server, &app(), "list-nobody", "e", "{}");
    api::trigger(&server, &app(), "cache-list-nobody", "e", "{}");
    let all = get(&server, "/channels", &[]);
    for channel in ["list-a", "list-b", "private-list-c"] {
        assert_eq!(all["channels"][channel], json!({}), "{all}");
    }
    assert!(!all.to_string().contains("list-nobody"), "{all}");
    assert_eq!(
        get(&server, "/channels", &[("filter_by_prefix", "list-")]),
        json!({"channels": {"list-a": {}, "list-b": {}}})
    );
    assert_eq!(
        get(&server, "/channels", &[("filter_by_prefix", "list-"), ("info", "subscription_count")]),
        json!({"channels": {"list-a": {"subscription_count": 2}, "list-b": {"subscription_count": 1}}})
    );
    assert_eq!(get(&server, "/channels", &[("filter_by_prefix", "list-x")]), json!({"channels": {}}));
    client.unsubscribe("list-b");
    second.socket.send(&RawFrame::close(1000, ""));
    second.socket.closed();
    client.expect_nothing();
    assert_eq!(get(&server, "/channels", &[("filter_by_prefix", "list-")]), json!({"channels": {"list-a": {}}}));
}

#[test]
fn users_are_counted_on_presence_channels() {
    let server = SERVER.get();
    let mut clients = [(); 3].map(|()| Client::connect(&server, &app()));
    for (client, id) in clients.iter_mut().zip(["ann", "ann", "bob"]) {
        client.join("presence-count", &json!({ "user_id": id }).to_string());
    }
    let prefix = ("filter_by_prefix", "presence-count");
    assert_eq!(
        get(&server, "/channels", &[prefix, ("info", "user_count")]),
        json!({"channels": {"presence-count": {"user_count": 2}}})
    );
    assert_eq!(
        get(&server, "/channels", &[prefix, ("info", "user_count,subscription_count,unknown")]),
        json!({"channels": {"presence-count": {"user_count": 2, "subscription_count": 3}}})
    );
    for other in ["", "presence", "list-", "x-presence-", "private-"] {
        refused(&server, "/channels", &[("filter_by_prefix", other), ("info", "user_count")], 400, "user_count");
    }
    refused(&server, "/channels", &[("info", "user_count")], 400, "user_count");
}

#[test]
fn one_channel() {
    let server = SERVER.get();
    let info = |channel: &str, info: &str| {
        let parameters = [("info", info)];
        get(&server, &format!("/channels/{channel}"), if info.is_empty() { &[] } else { &parameters })
    };
    let everything = "user_count,subscription_count";
    assert_eq!(info("one", ""), json!({"occupied": false}));
    assert_eq!(info("one", "subscription_count"), json!({"occupied": false, "subscription_count": 0}));
    let nobody = json!({"occupied": false, "user_count": 0, "subscription_count": 0});
    assert_eq!(info("presence-one", everything), nobody);
    let mut clients = [(); 2].map(|()| Client::connect(&server, &app()));
    for client in &mut clients {
        client.subscribe("one");
        client.join("presence-one", r#"{"user_id":"ann"}"#);
    }
    // Attributes are only included on request.
    assert_eq!(info("one", ""), json!({"occupied": true}));
    assert_eq!(info("one", "subscription_count"), json!({"occupied": true, "subscription_count": 2}));
    let somebody = json!({"occupied": true, "user_count": 1, "subscription_count": 2});
    assert_eq!(info("presence-one", everything), somebody);
    assert_eq!(info("presence-one", "user_count"), json!({"occupied": true, "user_count": 1}));
    for channel in ["one", "private-one", "nobody", "cache-one"] {
        refused(&server, &format!("/channels/{channel}"), &[("info", everything)], 400, "user_count");
    }
    for client in &mut clients {
        client.unsubscribe("one");
        client.fence();
    }
    assert_eq!(info("one", ""), json!({"occupied": false}));
}

#[test]
fn connections_are_counted() {
    let app = App::new("counted");
    let server = Server::builder().app(app.clone()).app(self::app()).start();
    let count = || api::get(&server, &app, "/connections", &[]);
    assert_eq!(count(), json!({"connections": 0}));
    let [mut first, mut second] = [(); 2].map(|()| Client::connect(&server, &app));
    let _of_another_app = Client::connect(&server, &self::app());
    // Subscriptions do not count.
    first.subscribe("a");
    first.subscribe("b");
    assert_eq!(count(), json!({"connections": 2}));
    second.socket.send(&RawFrame::close(1000, ""));
    second.socket.closed();
    eventually("the end of one", || count() == json!({"connections": 1}));
    http::get(&server, &format!("/apps/{}/connections", app.id)).assert_refused(401, "auth_key");
    Request::post(&app, "/connections", &json!({})).send(&server).assert_refused(405, "POST");
}

#[test]
fn names_in_paths() {
    let server = SERVER.get();
    let mut client = Client::connect(&server, &app());
    client.subscribe("a@b,c;d=e.f");
    for path in ["/channels/a@b,c;d=e.f", "/channels/a%40b%2Cc%3Bd%3De.f"] {
        assert_eq!(get(&server, path, &[]), json!({"occupied": true}), "{path}");
    }
    for name in ["a%20b", "%C3%A9", "a%2Fb", "%23x", &"x".repeat(201)] {
        refused(&server, &format!("/channels/{name}"), &[], 400, "channel");
        refused(&server, &format!("/channels/{name}/users"), &[], 400, "channel");
    }
}

#[test]
fn users_of_a_channel() {
    let server = SERVER.get();
    let users = |channel: &str| get(&server, &format!("/channels/{channel}/users"), &[]);
    assert_eq!(users("presence-empty"), json!({"users": []}));
    let mut clients = [(); 4].map(|()| Client::connect(&server, &app()));
    for (client, id) in clients.iter_mut().zip([r#""ann""#, r#""ann""#, "7", r#""é 😀""#]) {
        client.join("presence-users", &format!(r#"{{"user_id":{id},"user_info":{{"secret":true}}}}"#));
    }
    let mut answer = users("presence-users");
    if let Some(users) = answer["users"].as_array_mut() {
        users.sort_by_key(Value::to_string);
    }
    assert_eq!(answer, json!({"users": [{"id": "7"}, {"id": "ann"}, {"id": "é 😀"}]}));
    for channel in ["users", "private-users", "presence", "x-presence-users", "cache-users"] {
        refused(&server, &format!("/channels/{channel}/users"), &[], 400, "presence");
    }
}

#[test]
fn paths_that_are_none() {
    let server = SERVER.get();
    for path in ["", "/", "/nothing", "/channels/a/b/c", "/channels/a/nothing", "/event", "/users", "/users/ann"] {
        Request::get(&app(), path, &[]).send(&server).assert_refused(404, "/apps/");
    }
    for path in ["/nothing", "/apps", "/favicon.ico", "/app", "/up/x", "/../up", "//up", "/%00"] {
        let status = http::get(&server, path).status;
        assert_eq!(status, 404, "{path}");
    }
    http::get(&server, "/nothing").assert_refused(404, "/app/{key}");
}

#[test]
fn methods_that_are_none() {
    let server = SERVER.get();
    for (method, path) in [
        ("GET", "/events"),
        ("PUT", "/events"),
        ("GET", "/batch_events"),
        ("POST", "/channels"),
        ("DELETE", "/channels/a"),
        ("GET", "/users/ann/terminate_connections"),
    ] {
        Request::new(&app(), method, path, &[], "").send(&server).assert_refused(405, method);
    }
}

#[test]
fn queries_need_a_signature() {
    let server = SERVER.get();
    for path in ["/channels", "/channels/a", "/channels/presence-a/users"] {
        http::get(&server, &format!("/apps/{}{path}", app().id)).assert_refused(401, "auth_key");
    }
    let path = format!("/apps/{}/events", app().id);
    http::request(&server, "POST", &path, "Content-Length: 0\r\n").assert_refused(401, "auth_key");
}

#[test]
fn pages_for_monitors_and_people() {
    let server = SERVER.get();
    assert_eq!(http::get(&server, "/up").ok(), json!({"health": "OK"}));
    assert_eq!(http::get(&server, "/up?x=1").status, 200);
    for page in ["/health", "/ready"] {
        assert!(http::get(&server, page).ok().is_object(), "{page}");
    }
    let home = http::get(&server, "/");
    assert_eq!(home.status, 200);
    for word in ["Clairon", "/app/", "/apps/", "/up"] {
        assert!(home.body.contains(word), "{word}: {home:?}");
    }
}

#[test]
fn browsers_of_any_origin_may_read_the_answers() {
    let server = SERVER.get();
    let origin = "Origin: https://site.test\r\n";
    let good = Request::get(&app(), "/channels", &[]);
    let target = good.text();
    let target = target.split(' ').nth(1).unwrap_or_default();
    let unsigned = format!("/apps/{}/channels", app().id);
    for (target, status) in [("/up", 200), ("/", 200), (target, 200), ("/nothing", 404), (&unsigned, 401)] {
        let response = http::request(&server, "GET", target, origin);
        // The headers do not change the status.
        assert_eq!(response.status, status, "{target}");
        let allowed = response.header("access-control-allow-origin");
        assert!(matches!(allowed, Some("*" | "https://site.test")), "{response:?}");
    }
    let ask = format!(
        "{origin}Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type, x-pusher-library\r\n"
    );
    let response = http::request(&server, "OPTIONS", "/apps/1/events", &ask);
    assert!(matches!(response.status, 200 | 204), "{response:?}");
    for header in ["access-control-allow-origin", "access-control-allow-methods", "access-control-allow-headers"] {
        assert!(response.header(header).is_some(), "{header}: {response:?}");
    }
}
