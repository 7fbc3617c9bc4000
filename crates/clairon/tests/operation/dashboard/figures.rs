//! The overview, the history of the last hour, and the server's checks of itself.

use clairon_test_servers::until;
use clairon_tests::admin::{self, TOKEN, call};
use clairon_tests::api::{self, Request};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::server::Server;
use serde_json::{Value, json};

fn app() -> App {
    App::new("figures")
}

/// The app in an overview.
fn of_app<'a>(overview: &'a Value, app: &App) -> &'a Value {
    let mut apps = overview["apps"].as_array().unwrap().iter();
    apps.find(|it| it["id"] == app.id.as_str()).unwrap_or_else(|| panic!("{overview}"))
}

/// The check with this id.
fn check(server: &Server, id: &str, headers: &str) -> Value {
    let headers = format!("Authorization: Bearer {TOKEN}\r\n{headers}");
    let answer = admin::request(server, "GET", "/checks", &headers, "").ok();
    let mut checks = answer["checks"].as_array().unwrap().iter();
    checks.find(|check| check["id"] == id).unwrap_or_else(|| panic!("no {id} in {answer}")).clone()
}

fn assert_found(check: &Value, state: &str, word: &str) {
    let text = format!("{} {}", check["detail"], check["advice"]);
    assert!(check["state"] == state && text.contains(word), "{state}, {word}: {check}");
    assert_eq!(check["advice"].is_null(), state == "ok", "{check}");
}

#[test]
fn the_overview_has_what_happens_to_each_app() {
    let quiet = App::new("quiet");
    let server = admin::builder().app(app()).app(quiet.clone()).start();
    let mut client = Client::connect(&server, &app());
    client.subscribe("news");
    for _ in 0..20 {
        api::trigger(&server, &app(), "news", "e", "x");
        client.expect("e");
    }
    client.send("pusher:subscribe", &json!({ "channel": "private-x", "auth": "wrong" }));
    let _ = client.refused("private-x");
    Request::get(&app(), "/channels", &[]).sign("another secret").send(&server).assert_refused(401, "");
    let overview = until(
        "all figures",
        || call(&server, "GET", "/overview", None).ok(),
        |overview| of_app(overview, &app())["refusals_last_minute"] == 2,
    );
    let figures = of_app(&overview, &app());
    assert_eq!((&figures["name"], &figures["enabled"], &figures["connections"]), (&json!(""), &json!(true), &json!(1)));
    for name in ["messages_per_second", "api_calls_per_second", "delivery_p99_milliseconds"] {
        assert!(figures[name].as_f64().is_some_and(|figure| figure > 0.0), "{name} in {figures}");
    }
    let mut totals = overview["totals"].clone();
    for name in ["id", "name", "enabled"] {
        totals[name] = figures[name].clone();
    }
    assert_eq!(&totals, figures, "the other app has nothing");
    let none = json!({
        "id": quiet.id, "name": "", "enabled": true, "connections": 0, "messages_per_second": 0.0,
        "api_calls_per_second": 0.0, "delivery_p99_milliseconds": null, "refusals_last_minute": 0
    });
    assert_eq!(of_app(&overview, &quiet), &none);
    assert_eq!((&overview["apps_total"], &overview["scope"]), (&json!(2), &json!({ "nodes": "all" })));
    let own = json!([{
        "node": overview["node"], "this": true, "ready": true, "trouble": null, "connections": 1,
        "version": env!("CARGO_PKG_VERSION"), "seen_seconds_ago": 0
    }]);
    assert_eq!(overview["nodes"], own);
}

#[test]
fn the_history_grows_by_a_step_every_ten_seconds() {
    let server = admin::builder().app(app()).start();
    let before = call(&server, "GET", "/history", None).ok();
    let series = ["connections", "messages", "api_calls", "refusals", "delivery_p99_milliseconds"];
    for name in series {
        assert_eq!(before[name].as_array().unwrap().len(), 360, "{name}");
        assert!(before[name].as_array().unwrap().iter().all(Value::is_null), "{name}");
    }
    let mut client = Client::connect(&server, &app());
    client.subscribe("news");
    api::trigger(&server, &app(), "news", "e", "x");
    client.expect("e");
    let path = format!("/history?app={}", app().id);
    let of_app = until("a sample", || call(&server, "GET", &path, None).ok(), |it| !it["connections"][359].is_null());
    assert_eq!((&of_app["step_seconds"], &of_app["scope"]), (&json!(10), &json!({ "nodes": "all" })));
    assert_eq!((&of_app["connections"][359], &of_app["refusals"][359]), (&json!(1), &json!(0)));
    for name in series {
        assert!(of_app[name][358].is_null(), "{name}");
    }
    for name in ["messages", "api_calls", "delivery_p99_milliseconds"] {
        assert!(of_app[name][359].as_f64().is_some_and(|figure| figure > 0.0), "{name} in {of_app}");
    }
    let mut all = call(&server, "GET", "/history", None).ok();
    all["until"] = of_app["until"].clone();
    assert_eq!(all, of_app, "there is one app");
    call(&server, "GET", "/history?app=unknown", None).assert_problem(404, "No app");
    call(&server, "GET", "/history?ap=1", None).assert_problem(422, "ap");
}

#[test]
fn a_healthy_server_finds_nothing() {
    let server = admin::builder().app(app()).start();
    let checks = call(&server, "GET", "/checks", None).ok();
    for check in checks["checks"].as_array().unwrap() {
        assert_found(check, "ok", "");
        assert!(check["title"].as_str().is_some_and(|title| !title.is_empty()), "{check}");
    }
}

#[test]
fn what_is_wrong_is_found() {
    let server = admin::builder()
        .app(app().with("client_messages", true))
        .open_files(512)
        .env("CLAIRON_EDGE_CONNECTIONS_PER_ADDRESS", "1")
        .start();
    assert_found(&check(&server, "allowed_origins", ""), "warning", &app().id);
    assert_found(&check(&server, "open_files", ""), "warning", "LimitNOFILE");
    let forwarded = check(&server, "forwarded_headers", "X-Forwarded-For: 192.0.2.1\r\n");
    assert_found(&forwarded, "warning", "CLAIRON_SERVER_TRUSTED_PROXIES");
    assert_eq!(forwarded["parameters"], json!({ "case": "disbelieved", "address": "127.0.0.1" }));
    assert_found(&check(&server, "edge_limits", ""), "ok", "");
    let _first = Client::connect(&server, &app());
    let mut second = clairon_tests::raw::RawSocket::open(&server, &format!("/app/{}?protocol=7", app().key));
    assert_eq!(second.event()["data"]["code"], 4100);
    assert_found(&check(&server, "edge_limits", ""), "warning", "edge.connections_per_address (1 refused)");
}

#[test]
fn proxies_are_checked_by_the_request() {
    let server = admin::builder().app(app()).env("CLAIRON_SERVER_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8").start();
    let right = "X-Forwarded-For: 192.0.2.1\r\n";
    assert_found(&check(&server, "forwarded_headers", right), "ok", "192.0.2.1");
    assert_found(&check(&server, "forwarded_headers", "X-Forwarded-For: 10.0.0.1\r\n"), "warning", "10.0.0.1");
    assert_found(&check(&server, "encryption", right), "warning", "192.0.2.1");
    for secure in ["Origin: https://ws.test\r\n", "Referer: https://ws.test/dashboard/\r\n"] {
        assert_found(&check(&server, "encryption", &format!("{right}{secure}")), "ok", "");
    }
}

#[test]
fn a_database_that_fails_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("apps.db");
    let server = admin::builder().app(app()).database(format!("sqlite://{}", file.display())).start();
    let script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('DROP TABLE registry_revision')";
    let status = std::process::Command::new("python3").args(["-c", script]).arg(&file).status().unwrap();
    assert!(status.success());
    let found = until("the outage", || check(&server, "registry_reads", ""), |check| check["state"] == "error");
    assert_found(&found, "error", "has not answered");
}

#[test]
fn a_certificate_that_expires_is_found() {
    let authority = clairon_test_servers::certificates::Authority::new();
    let certificate = authority.issue("ws.test");
    let server = admin::builder()
        .app(app())
        .listen(["127.0.0.1:0", "tls://127.0.0.1:0"])
        .env("CLAIRON_TLS_CERTIFICATE", certificate.chain())
        .env("CLAIRON_TLS_KEY", certificate.key())
        .start();
    let found = check(&server, "certificates", "");
    let days = found["parameters"]["days"].as_i64().unwrap();
    assert_found(&found, if days < 14 { "warning" } else { "ok" }, "ws.test");
}
