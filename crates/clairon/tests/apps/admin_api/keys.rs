//! Keys that are added and retired while clients are connected.

use clairon_tests::admin::{self, call};
use clairon_tests::api;
use clairon_tests::client::Client;
use serde_json::{Value, json};

#[test]
fn an_old_key_works_until_it_is_retired() {
    let server = admin::builder().start();
    let old = admin::create(&server, &json!({}));
    let keys = format!("/apps/{}/keys", old.id);
    let mut client = Client::connect(&server, &old);

    let response = call(&server, "POST", &keys, None);
    assert_eq!(response.status, 201, "{response:?}");
    let added = response.json();
    let text = |name: &str| added[name].as_str().unwrap().to_owned();
    let mut new = old.clone();
    (new.key, new.secret) = (text("key"), text("secret"));
    assert_eq!(added["last_used_at"], Value::Null);
    let shown = call(&server, "GET", &format!("/apps/{}", old.id), None).ok();
    assert_eq!(shown["key"], new.key);
    assert_eq!([&shown["keys"][0]["key"], &shown["keys"][1]["key"]], [&new.key, &old.key]);
    for app in [&old, &new] {
        assert_eq!(api::Request::get(app, "/channels", &[]).send(&server).status, 200);
        assert_eq!(Client::connect(&server, app).fence(), [] as [Value; 0]);
    }

    let retired = call(&server, "DELETE", &format!("{keys}/{}", old.key), None);
    assert_eq!((retired.status, retired.body.as_str()), (204, ""));
    assert_eq!(api::Request::get(&old, "/channels", &[]).send(&server).status, 401);
    assert_eq!(api::Request::get(&new, "/channels", &[]).send(&server).status, 200);
    assert_eq!(client.fence(), [] as [Value; 0]);

    call(&server, "DELETE", &format!("{keys}/{}", old.key), None).assert_problem(404, "no such key");
    call(&server, "DELETE", &format!("{keys}/{}", new.key), None).assert_problem(409, "the only one");
}

#[test]
fn an_app_has_at_most_ten_keys() {
    let server = admin::builder().start();
    let app = admin::create(&server, &json!({}));
    let keys = format!("/apps/{}/keys", app.id);
    for _ in 1..10 {
        assert_eq!(call(&server, "POST", &keys, None).status, 201);
    }
    call(&server, "POST", &keys, None).assert_problem(409, "10 keys");
}

#[test]
fn a_secret_in_the_place_of_a_key_is_not_logged() {
    let server = admin::builder().start();
    let app = admin::create(&server, &json!({}));
    let path = format!("/apps/{}/keys/{}", app.id, app.secret);
    call(&server, "DELETE", &path, None).assert_problem(404, "40 characters");
    let line = server.wait_for_log("the refusal", |line| line["code"] == 404);
    assert!(!line.to_string().contains(&app.secret), "{line}");
}
