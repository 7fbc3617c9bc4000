//! Invalid bodies and parameters. None of them changes the registry.

use std::sync::Arc;

use clairon_test_servers::SharedServer;
use clairon_tests::admin::{self, TOKEN, call, send};
use clairon_tests::server::Server;
use serde_json::{Map, Value, json};

static SERVER: SharedServer<Server> = SharedServer::new(|| admin::builder().start());

/// The server, and the path of an app.
fn app() -> (Arc<Server>, String) {
    let server = SERVER.get();
    let app = admin::create(&server, &json!({}));
    (server, format!("/apps/{}", app.id))
}

#[test]
fn every_wrong_field_is_named_with_what_is_allowed() {
    let (server, path) = app();
    let before = call(&server, "GET", &path, None).ok();
    for (body, pointer, detail) in [
        (json!({"nmae": "x"}), "#/nmae", "\"nmae\" (4 bytes) is not a field of an app"),
        (json!({"name": null}), "#/name", "name is null, allowed is a text"),
        (json!({"name": "x".repeat(256)}), "#/name", "name has 256 bytes, allowed are 0 to 255"),
        (json!({"name": "a\nb"}), "#/name", "name (3 bytes) has a control character at byte 1"),
        (json!({"enabled": "yes"}), "#/enabled", "enabled is a text of 3 bytes, allowed are true and false"),
        (json!({"enabled": 1}), "#/enabled", "enabled is 1, allowed are true and false"),
        (json!({"capacity": -1}), "#/capacity", "capacity is -1, allowed are whole numbers from 0 to 4294967295"),
        (json!({"capacity": 1.5}), "#/capacity", "capacity is 1.5, allowed are whole numbers from 0 to 4294967295"),
        (
            json!({"user_id_chars": 1001}),
            "#/user_id_chars",
            "user_id_chars is 1001, allowed are whole numbers from 1 to 1000",
        ),
        (
            json!({"allowed_origins": "a"}),
            "#/allowed_origins",
            "allowed_origins is a text of 1 bytes, allowed is a list of texts",
        ),
        (
            json!({"allowed_origins": [""]}),
            "#/allowed_origins",
            "entry 1 of allowed_origins can never match: it has 0 characters, allowed are 1 to 255",
        ),
        (
            json!({"allowed_origins": ["a.example", "wss://shop.example"]}),
            "#/allowed_origins",
            "entry 2 of allowed_origins \"wss://shop.example\" can never match: a browser sends the origin of the page, \
             which begins with http:// or https://; write \"https://shop.example\"",
        ),
    ] {
        for (method, path) in [("PATCH", path.as_str()), ("POST", "/apps")] {
            let response = call(&server, method, path, Some(&body));
            response.assert_problem(422, detail);
            assert_eq!(response.json()["errors"], json!([{"pointer": pointer, "detail": detail}]));
        }
    }
    let two = call(&server, "PATCH", &path, Some(&json!({"name": "new", "enabled": 0, "capacity": "x"})));
    assert_eq!(two.json()["errors"].as_array().unwrap().len(), 2);
    let many = (0..2_000).map(|number| (format!("{number}-{}", "x".repeat(20)), json!(1))).collect::<Map<_, _>>();
    let long = "x".repeat(30_000);
    for body in [Value::Object(many).to_string(), format!("{{\"{long}\": 1, \"{long}\": 2}}")] {
        let response = send(&server, "PATCH", &path, &body);
        assert_eq!(response.status, 422);
        assert!(response.body.len() < 10_000, "{} bytes", response.body.len());
    }
    assert_eq!(call(&server, "GET", &path, None).ok(), before);
}

#[test]
fn credentials_are_checked_and_not_repeated() {
    let (server, path) = app();
    let bad = json!({"id": "hunter 2", "key": "hunter/2", "secret": "hunter\n2"});
    let response = call(&server, "POST", "/apps", Some(&bad));
    response.assert_problem(422, "8 bytes");
    assert_eq!(response.json()["errors"].as_array().unwrap().len(), 3);
    assert!(!response.body.contains("hunter"), "{response:?}");
    call(&server, "PATCH", &path, Some(&json!({"secret": "hunter2"}))).assert_problem(422, "secret cannot be changed");
}

#[test]
fn a_body_is_one_json_object() {
    let (server, path) = app();
    for (body, word) in [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ("{} {}", "not valid JSON"),
        ("null", "not an object"),
        ("[]", "not an object"),
        (r#"{"name": "a", "name": "b"}"#, "is there twice"),
        ("{\"name\": \"\\ud800\"}", "not valid JSON"),
    ] {
        send(&server, "PATCH", &path, body).assert_problem(422, word);
        send(&server, "POST", "/apps", body).assert_problem(422, word);
    }
}

#[test]
fn a_body_is_at_most_64_kib_and_said_to_be_json() {
    let (server, path) = app();
    let fits = format!("{{}}{}", " ".repeat(65_534));
    assert_eq!(send(&server, "PATCH", &path, &fits).status, 200);
    send(&server, "PATCH", &path, &format!("{fits} ")).assert_problem(413, "65537 bytes");
    for content_type in ["", "Content-Type: text/plain\r\n", "Content-Type: application/jsonx\r\n"] {
        let headers = format!("Authorization: Bearer {TOKEN}\r\n{content_type}");
        admin::request(&server, "PATCH", &path, &headers, "{}").assert_problem(415, "Content-Type: application/json");
    }
    let headers = format!("Authorization: Bearer {TOKEN}\r\nContent-Type: Application/JSON; charset=utf-8\r\n");
    assert_eq!(admin::request(&server, "PATCH", &path, &headers, "{}").status, 200);
}

#[test]
fn a_misspelt_parameter_is_not_passed_over() {
    let (server, path) = app();
    for (method, target) in [
        ("GET", format!("{path}?show_secrets=true")),
        ("GET", format!("{path}?show_secret=1")),
        ("GET", "/apps?show_secret=true&show_secret=true".to_owned()),
        ("DELETE", format!("{path}?dry_run=true")),
        ("POST", format!("{path}/disable?x")),
    ] {
        call(&server, method, &target, None).assert_problem(422, "query string");
    }
    assert_eq!(call(&server, "GET", &path, None).ok()["enabled"], true);
}

#[test]
fn what_is_no_id_is_the_id_of_no_app() {
    let (server, _) = app();
    for id in ["%00", "%FF", "a%2Fb", "a%20b", &"x".repeat(65), "nobody"] {
        call(&server, "GET", &format!("/apps/{id}"), None).assert_problem(404, "No app has the id");
        call(&server, "DELETE", &format!("/apps/{id}/keys/k"), None).assert_problem(404, "No app has the id");
    }
}
