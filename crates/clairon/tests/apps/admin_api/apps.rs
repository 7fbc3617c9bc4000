//! Apps, and the effects of changes on their clients.

use std::thread;

use clairon_test_servers::eventually;
use clairon_tests::admin::{self, call};
use clairon_tests::api;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::raw::RawSocket;
use clairon_tests::server::{Server, binary};
use serde_json::{Value, json};

fn path(app: &App) -> String {
    format!("/apps/{}", app.id)
}

#[test]
fn an_app_is_created_shown_changed_and_deleted() {
    let server = admin::builder().env("CLAIRON_LIMITS_EVENT_DATA_BYTES", "5000").start();
    let response = call(&server, "POST", "/apps", Some(&json!({"name": "Shop", "client_messages": true})));
    assert_eq!(response.status, 201, "{response:?}");
    let mut created = response.json();
    let id = created["id"].as_str().unwrap().to_owned();
    assert_eq!(response.header("location"), Some(format!("apps/{id}").as_str()));
    assert_eq!(created["secret"].as_str().unwrap().len(), 40);
    // The first value comes from the settings, the second from the request.
    assert_eq!((&created["event_data_bytes"], &created["client_messages"]), (&json!(5000), &json!(true)));

    let path = format!("/apps/{id}");
    assert_eq!(call(&server, "GET", &format!("{path}?show_secret=true"), None).ok(), created);
    created.as_object_mut().unwrap().remove("secret");
    created["keys"][0].as_object_mut().unwrap().remove("secret");
    for hidden in ["", "?show_secret=false"] {
        assert_eq!(call(&server, "GET", &format!("{path}{hidden}"), None).ok(), created);
    }
    let listed = call(&server, "GET", "/apps", None).ok();
    // A list has no keys beside the newest.
    let mut entry = created.clone();
    entry.as_object_mut().unwrap().remove("keys");
    assert!(listed["apps"].as_array().unwrap().contains(&entry), "{listed}");
    assert!(!listed.to_string().contains("secret"), "{listed}");
    assert!(call(&server, "GET", "/apps?show_secret=true", None).body.contains("\"secret\""));

    let change = json!({"name": "", "capacity": 3, "allowed_origins": ["https://a.test"], "user_info_bytes": 1e3});
    let changed = call(&server, "PATCH", &path, Some(&change)).ok();
    created["name"] = json!("");
    created["capacity"] = json!(3);
    created["allowed_origins"] = json!(["https://a.test"]);
    created["user_info_bytes"] = json!(1000);
    assert_eq!(changed, created);
    assert_eq!(call(&server, "PATCH", &path, Some(&json!({}))).ok(), created);

    let deleted = call(&server, "DELETE", &path, None);
    assert_eq!((deleted.status, deleted.body.as_str()), (204, ""));
    for method in ["GET", "DELETE"] {
        call(&server, method, &path, None).assert_problem(404, "No app");
    }
    call(&server, "PATCH", &path, Some(&change)).assert_problem(404, "No app");
    for switch in ["enable", "disable", "keys"] {
        call(&server, "POST", &format!("{path}/{switch}"), None).assert_problem(404, "No app");
    }
}

#[test]
fn ids_and_keys_are_nobody_elses() {
    let server = admin::builder().start();
    let mine = json!({"id": "mine", "key": "my-key", "secret": "my secret"});
    let app = admin::create(&server, &mine);
    assert_eq!((app.id.as_str(), app.key.as_str(), app.secret.as_str()), ("mine", "my-key", "my secret"));
    call(&server, "POST", "/apps", Some(&mine)).assert_problem(409, "id mine exists");
    call(&server, "POST", "/apps", Some(&json!({"key": "my-key"}))).assert_problem(409, "key my-key belongs");
}

#[test]
fn a_new_app_serves_at_once_and_a_disabled_one_no_more() {
    let server = admin::builder().start();
    let app = admin::create(&server, &json!({}));
    let mut client = Client::connect(&server, &app);
    client.subscribe("news");
    api::trigger(&server, &app, "news", "e", "x");
    client.expect("e");

    assert_eq!(call(&server, "POST", &format!("{}/disable", path(&app)), None).ok()["enabled"], false);
    assert_eq!(client.socket.closed().0, Some(4003));
    let refused = format!("/app/{}?protocol=7", app.key);
    assert_eq!(RawSocket::open(&server, &refused).closed().0, Some(4003));

    assert_eq!(call(&server, "POST", &format!("{}/enable", path(&app)), None).ok()["enabled"], true);
    let mut client = Client::connect(&server, &app);
    assert_eq!(call(&server, "DELETE", &path(&app), None).status, 204);
    assert_eq!(client.socket.closed().0, Some(4003));
    assert_eq!(RawSocket::open(&server, &refused).closed().0, Some(4001));
}

#[test]
fn a_lowered_limit_applies_to_new_work_at_once() {
    let server = admin::builder().start();
    let app = admin::create(&server, &json!({}));
    let event = json!({"name": "e", "channel": "c", "data": "12345"});
    assert_eq!(api::post(&server, &app, "/events", &event), json!({}));
    let _ = call(&server, "PATCH", &path(&app), Some(&json!({"event_data_bytes": 4}))).ok();
    api::Request::post(&app, "/events", &event).send(&server).assert_refused(413, "5");
}

#[test]
fn other_nodes_act_too() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/apps.db", folder.path().display());
    let one = admin::builder().database(&url).start();
    let other = Server::builder().database(&url).start();
    let app = admin::create(&one, &json!({}));
    eventually("the app on the other node", || api::Request::get(&app, "/channels", &[]).send(&other).status == 200);
    let mut client = Client::connect(&other, &app);
    assert_eq!(call(&one, "POST", &format!("{}/disable", path(&app)), None).status, 200);
    assert_eq!(client.socket.closed().0, Some(4003));
}

#[test]
fn of_changes_at_the_same_time_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/apps.db", folder.path().display());
    let servers = [(); 2].map(|()| admin::builder().database(&url).start());
    let app = admin::create(&servers[0], &json!({}));
    let limits = ["presence_members", "watchlist_users", "user_id_chars", "cache_ttl_seconds", "events_per_batch"];
    thread::scope(|scope| {
        for (number, limit) in limits.into_iter().enumerate() {
            let (server, path) = (&servers[number % 2], path(&app));
            scope.spawn(move || {
                for value in 1..=5 {
                    let changed = call(server, "PATCH", &path, Some(&json!({ limit: value }))).ok();
                    assert_eq!(changed[limit], value);
                }
            });
        }
    });
    let shown = call(&servers[1], "GET", &path(&app), None).ok();
    assert!(limits.iter().all(|limit| shown[limit] == 5), "{shown}");
}

#[test]
fn an_app_is_shown_as_the_command_line_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/apps.db", folder.path().display());
    let server = admin::builder().database(&url).start();
    let app = admin::create(&server, &json!({"name": "Shop"}));
    let shown = std::process::Command::new(binary())
        .args(["app", "show", &app.id, "--show-secret", "--json", "--database", &url])
        .output()
        .unwrap();
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(call(&server, "GET", &format!("{}?show_secret=true", path(&app)), None).ok(), shown);
}
