//! Servers with their apps in MySQL or MariaDB.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::process::{Command, Output};

use clairon_test_servers::{MariaDb, eventually};
use clairon_tests::admin;
use clairon_tests::api::{self, Request};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::server::{Builder, Server, binary};
use serde_json::{Value, json};

/// Longer than any test, so the statistics are only written when the server stops.
const LONG: &str = "86400";

fn clairon(url: &str, arguments: &[&str]) -> Output {
    Command::new(binary()).args(arguments).env_clear().env("CLAIRON_DATABASE_URL", url).output().unwrap()
}

/// The JSON output of a command.
fn answer(url: &str, arguments: &[&str]) -> Value {
    let output = clairon(url, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn builder(url: &str) -> Builder {
    Server::builder().database(url).env("CLAIRON_STATISTICS_INTERVAL_SECONDS", LONG)
}

fn status(server: &Server, app: &App) -> u16 {
    Request::get(app, "/channels", &[]).send(server).status
}

#[test]
fn nodes_with_one_database_see_what_any_of_them_changes() {
    let database = MariaDb::shared();
    let url = database.url(&database.create_database());
    let (first, new) = (App::new("first"), App::new("new"));
    // Both servers open a database without tables.
    let start = || builder(&url).app(first.clone()).env("CLAIRON_ADMIN_TOKEN", admin::TOKEN).start();
    let nodes = std::thread::scope(|scope| [scope.spawn(start), scope.spawn(start)].map(|node| node.join().unwrap()));
    let body = json!({"id": new.id, "key": new.key, "secret": new.secret});
    assert_eq!(admin::call(&nodes[0], "POST", "/apps", Some(&body)).status, 201);
    for node in &nodes {
        eventually("the new app is known", || status(node, &new) == 200);
    }
    let mut client = Client::connect(&nodes[1], &new);
    client.subscribe("room");
    api::trigger(&nodes[1], &new, "room", "e", "d");
    client.expect("e");
    let [one, other] = nodes;
    assert!(one.terminate().success() && other.terminate().success());

    let report = answer(&url, &["stats", "--json", "--since", "2d"]);
    let app = report["apps"].as_array().unwrap().iter().find(|app| app["id"] == new.id.as_str()).unwrap();
    assert_eq!((&app["peak_connections"], &app["api_messages"]), (&json!(1), &json!(1)));
    assert_eq!(answer(&url, &["app", "list", "--json"]).as_array().map(Vec::len), Some(2));
}

#[test]
fn clients_are_served_while_the_database_is_away_and_changes_seen_once_it_is_back() {
    let mut database = MariaDb::start();
    let (name, app) = (database.create_database(), App::new("kept"));
    let url = database.url(&name);
    let server = builder(&url).app(app.clone()).start();
    database.kill();
    let fails = "the registry cannot be read: the apps stay as they were";
    let _ = server.wait_for_log(fails, |line| line["message"] == fails);
    let mut client = Client::connect(&server, &app);
    client.subscribe("room");
    api::trigger(&server, &app, "room", "e", "d");
    client.expect("e");
    database.run();
    let disabled = clairon(&url, &["app", "disable", &app.id]);
    assert!(disabled.status.success(), "{disabled:?}");
    eventually("the app is disabled", || status(&server, &app) == 403);
}

#[test]
fn wrong_credentials_stop_the_start_and_are_not_shown() {
    let database = MariaDb::shared();
    let name = database.create_database();
    database.execute("CREATE USER known@localhost IDENTIFIED BY 'word'");
    let url = database.url_as("known:sesame", &name);
    for arguments in [&["serve", "--port", "0"][..], &["app", "list"], &["stats"]] {
        let output = clairon(&url, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("Access denied for user"), "{arguments:?}: {said}");
        assert!(said.contains("cannot connect to mysql://") && !said.contains("sesame"), "{arguments:?}: {said}");
    }
    let check = clairon(&url, &["config", "--check"]);
    assert_eq!((check.status.success(), String::from_utf8_lossy(&check.stdout).trim()), (true, "ok"), "{check:?}");
}
