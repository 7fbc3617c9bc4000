//! Statistics of apps in the database, and `clairon stats`.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use clairon_test_servers::eventually;
use clairon_tests::admin;
use clairon_tests::api;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::server::{Builder, Server, binary};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Longer than any test, so the statistics are only written when the server stops.
const LONG: &str = "86400";

/// A SQLite file that several servers may use.
struct Database(TempDir);

impl Database {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("apps.db")
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.path().display())
    }

    fn server(&self, interval_seconds: &str) -> Builder {
        Server::builder().database(self.url()).env("CLAIRON_STATISTICS_INTERVAL_SECONDS", interval_seconds)
    }

    /// Runs a statement directly on the database, like Laravel, and returns its result.
    fn execute(&self, statement: &str) -> Value {
        let script = "import json, sqlite3, sys\n\
                      with sqlite3.connect(sys.argv[1], timeout=30) as database:\n    \
                      print(json.dumps(database.execute(sys.argv[2]).fetchall()))";
        let output = Command::new("python3").args(["-c", script]).arg(self.path()).arg(statement).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The peak and the numbers of WebSocket messages and API messages of an app in `clairon stats`.
    fn totals(&self, app: &App) -> [u64; 3] {
        let output = Command::new(binary())
            .args(["stats", "--json", "--since", "2d", "--database", &self.url()])
            .env_clear()
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let apps = report["apps"].as_array().unwrap();
        let app = apps.iter().find(|report| report["id"] == app.id.as_str()).unwrap();
        ["peak_connections", "websocket_messages", "api_messages"].map(|figure| app[figure].as_u64().unwrap())
    }
}

/// Two clients at the same time, then one of them alone, send two messages each. The backend triggers three events.
fn speak(server: &Server, app: &App) {
    let mut one = Client::connect(server, app);
    let mut two = Client::connect(server, app);
    one.subscribe("news");
    two.subscribe("news");
    api::trigger(server, app, "news", "said", "first");
    let events = json!([
        {"name": "said", "channel": "news", "data": "second"},
        {"name": "said", "channel": "nobody", "data": "third"},
    ]);
    assert_eq!(api::post(server, app, "/batch_events", &json!({"batch": events})), json!({}));
    one.fence();
    two.fence();
}

#[test]
fn the_figures_of_each_interval_are_written_when_it_is_over() {
    let (database, app) = (Database::new(), App::new("intervals"));
    let server = database.server("1").app(app.clone()).start();
    speak(&server, &app);
    eventually("all that happened is written", || database.totals(&app) == [2, 4, 3]);
    // An idle connection is counted too.
    let _idle = Client::connect(&server, &app);
    let idle = "SELECT COUNT(*) FROM websockets_statistics_entries WHERE peak_connection_count = 1 \
                AND websocket_message_count = 0 AND api_message_count = 0";
    eventually("the idle connection has an interval", || database.execute(idle) != json!([[0]]));
    let odd = "SELECT COUNT(*) FROM websockets_statistics_entries WHERE created_at IS NOT datetime(created_at) \
               OR updated_at < created_at";
    assert_eq!(database.execute(odd), json!([[0]]));
}

#[test]
fn what_nobody_does_is_not_written() {
    let (database, app) = (Database::new(), App::new("silent"));
    assert!(database.server(LONG).app(app.clone()).start().terminate().success());
    assert_eq!(database.execute("SELECT COUNT(*) FROM websockets_statistics_entries"), json!([[0]]));
}

#[test]
fn nodes_add_into_one_row_when_they_stop() {
    let (database, app) = (Database::new(), App::new("nodes"));
    let nodes = [(); 2].map(|()| database.server(LONG).app(app.clone()).start());
    for node in &nodes {
        speak(node, &app);
    }
    for node in nodes {
        assert!(node.terminate().success());
    }
    let rows = database.execute(
        "SELECT app_id, SUM(peak_connection_count), SUM(websocket_message_count), SUM(api_message_count) \
         FROM websockets_statistics_entries GROUP BY created_at",
    );
    assert_eq!(rows, json!([[app.id, 4, 8, 6]]));
    assert_eq!(database.totals(&app), [4, 8, 6]);
}

#[test]
fn an_app_may_be_left_out() {
    let database = Database::new();
    let (counted, left_out) = (App::new("counted"), App::new("left-out").with("statistics", false));
    let server = database.server(LONG).app(counted.clone()).app(left_out.clone()).start();
    speak(&server, &counted);
    speak(&server, &left_out);
    assert!(server.terminate().success());
    assert_eq!(database.totals(&counted), [2, 4, 3]);
    assert_eq!(database.totals(&left_out), [0, 0, 0]);
    assert_eq!(database.execute("SELECT COUNT(*) FROM websockets_statistics_entries"), json!([[1]]));
}

/// A table with rows of Laravel's package: they are read, and removed when they are too old.
#[test]
fn old_rows_are_removed() {
    let (database, app) = (Database::new(), App::new("old"));
    database.execute(
        "CREATE TABLE websockets_statistics_entries (id integer primary key autoincrement not null, \
         app_id varchar not null, peak_connection_count integer not null, websocket_message_count integer not null, \
         api_message_count integer not null, created_at datetime, updated_at datetime)",
    );
    for days in [0, 2, 9, 11, 400] {
        database.execute(&format!(
            "INSERT INTO websockets_statistics_entries (app_id, peak_connection_count, websocket_message_count, \
             api_message_count, created_at) VALUES ('{}', 1, 1, 1, datetime('now', '-{days} days', '-1 hour'))",
            app.id
        ));
    }
    let count = "SELECT COUNT(*) FROM websockets_statistics_entries";
    let server = database.server(LONG).env("CLAIRON_STATISTICS_KEEP_DAYS", "0").app(app.clone()).start();
    speak(&server, &app);
    assert!(server.terminate().success());
    assert_eq!(database.execute(count), json!([[6]]));
    assert_eq!(database.totals(&app), [2, 5, 4]);

    let server = database.server(LONG).env("CLAIRON_STATISTICS_KEEP_DAYS", "10").app(app).start();
    let line = server.wait_for_log("what was removed", |line| line["message"] == "old statistics removed");
    assert_eq!((&line["rows"], &line["days"]), (&json!(2), &json!(10)));
    assert_eq!(database.execute(count), json!([[4]]));
}

/// The last server ran with a clock that was years ahead, so the other rows seem to be years old.
#[test]
fn how_old_rows_are_is_told_from_the_newest() {
    let (database, app) = (Database::new(), App::new("clock"));
    drop(database.server(LONG).app(app.clone()).start());
    let insert = |days: &str| {
        database.execute(&format!(
            "INSERT INTO websockets_statistics_entries (app_id, peak_connection_count, websocket_message_count, \
             api_message_count, created_at) VALUES ('{}', 1, 1, 1, datetime('now', '{days} days'))",
            app.id
        ));
    };
    // A server with a clock that was ahead has written the last row.
    for days in ["-420", "-409", "-401", "-400", "+4000"] {
        insert(days);
    }
    let server = database.server(LONG).env("CLAIRON_STATISTICS_KEEP_DAYS", "10").app(app).start();
    let line = server.wait_for_log("what was removed", |line| line["message"] == "old statistics removed");
    assert_eq!(line["rows"], 1);
    assert_eq!(database.execute("SELECT COUNT(*) FROM websockets_statistics_entries"), json!([[4]]));
}

/// SQLite stores any value in any column.
#[test]
fn rows_that_make_no_sense_spoil_nothing() {
    let (database, app) = (Database::new(), App::new("spoilt"));
    let server = database.server(LONG).app(app.clone()).start();
    speak(&server, &app);
    assert!(server.terminate().success());
    let row = |app_id: &str, messages: &str, time: &str| {
        let columns = "app_id, peak_connection_count, websocket_message_count, api_message_count, created_at";
        database.execute(&format!(
            "INSERT INTO websockets_statistics_entries ({columns}) VALUES ({app_id}, 1, {messages}, 0, {time})"
        ));
    };
    let quoted = format!("'{}'", app.id);
    for _ in 0..2 {
        row(&quoted, "9223372036854775807", "datetime('now')");
    }
    row("x'ff00'", "1", "datetime('now')");
    row(&quoted, "1000", "'garbage'");
    assert_eq!(database.totals(&app), [2, 4, 3]);
}

#[test]
fn the_admin_api_has_them() {
    let (database, app) = (Database::new(), App::new("asked"));
    let server = database.server("1").env("CLAIRON_ADMIN_TOKEN", admin::TOKEN).app(app.clone()).start();
    let path = format!("/apps/{}/statistics", app.id);
    let silent = json!({"id": app.id, "step_seconds": 60, "entries": []});
    assert_eq!(admin::call(&server, "GET", &format!("{path}?step_seconds=60"), None).ok(), silent);
    speak(&server, &app);
    // The span is long enough to contain all rows.
    let query = format!("{path}?since=2020-01-01T00:00:00Z&step_seconds=1000000000");
    let of_all =
        json!({"since": "2001-09-09T01:46:40Z", "peak_connections": 2, "websocket_messages": 4, "api_messages": 3});
    eventually("all that happened is told", || {
        admin::call(&server, "GET", &query, None).ok()["entries"] == json!([of_all])
    });
    assert_eq!(admin::call(&server, "GET", "/apps/none/statistics", None).status, 404);
    for query in ["since=yesterday", "step_seconds=0", "until=2020-01-01T00:00:00Z"] {
        assert_eq!(admin::call(&server, "GET", &format!("{path}?{query}"), None).status, 422, "{query}");
    }
}

/// While another process locks the database, statistics wait and are not lost.
#[test]
fn figures_outlast_a_database_that_cannot_be_written() {
    let (database, app) = (Database::new(), App::new("outage"));
    let server = database.server("1").app(app.clone()).start();
    let script = "import sqlite3, sys\n\
                  database = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)\n\
                  database.execute('BEGIN IMMEDIATE')\n\
                  print('held', flush=True)\n\
                  sys.stdin.readline()\n\
                  database.execute('ROLLBACK')";
    let mut command = Command::new("python3");
    command.args(["-c", script]).arg(database.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut holder = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "held\n");

    speak(&server, &app);
    let line =
        server.wait_for_log("that it cannot be written", |line| line["message"] == "cannot write statistics yet");
    assert_eq!(line["lost"], 0);
    holder.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(holder.wait().unwrap().success());
    eventually("all that happened is written", || database.totals(&app) == [2, 4, 3]);
}
