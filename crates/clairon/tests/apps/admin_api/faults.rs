//! A database that a person has damaged.

use std::path::{Path, PathBuf};
use std::process::Command;

use clairon_test_servers::until;
use clairon_tests::admin::{self, call};
use clairon_tests::app::App;
use clairon_tests::server::Server;
use serde_json::json;
use tempfile::TempDir;

fn server() -> (Server, TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("apps.db");
    (admin::builder().app(App::new("good")).database(format!("sqlite://{}", file.display())).start(), folder, file)
}

/// Runs statements like an operator with a SQL shell.
fn sql(file: &Path, statements: &str) {
    let script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])";
    let status = Command::new("python3").args(["-c", script]).arg(file).arg(statements).status().unwrap();
    assert!(status.success());
}

#[test]
fn a_row_that_cannot_be_used_harms_no_other_app() {
    let (server, _folder, file) = server();
    let bad = admin::create(&server, &json!({"id": "bad"}));
    sql(&file, "UPDATE apps SET allowed_origins = 'not JSON' WHERE id = 'bad'");
    let list = || call(&server, "GET", "/apps", None).ok();
    let listed = until("the server has read it", list, |listed| listed["total"] == 1);
    assert_eq!(listed["apps"].as_array().unwrap().len(), 1, "{listed}");
    for (method, path, body) in [
        ("GET", "/apps/bad", None),
        ("PATCH", "/apps/bad", Some(json!({"name": "x"}))),
        ("POST", "/apps/bad/enable", None),
        ("POST", "/apps/bad/keys", None),
        ("DELETE", &format!("/apps/bad/keys/{}", bad.key), None),
    ] {
        let response = call(&server, method, path, body.as_ref());
        response.assert_problem(500, "the row of bad cannot be used: allowed_origins (8 bytes)");
    }
    call(&server, "POST", "/apps", Some(&json!({"id": "bad"}))).assert_problem(409, "id bad exists");
    assert_eq!(call(&server, "DELETE", "/apps/bad", None).status, 204);
    assert_eq!(admin::create(&server, &json!({"id": "bad"})).id, "bad");
}

#[test]
fn without_its_tables_the_answer_is_503_and_the_log_says_why() {
    let (server, _folder, file) = server();
    sql(&file, "ALTER TABLE apps RENAME TO gone");
    for (method, path, body) in [
        ("GET", "/apps/1", None),
        ("POST", "/apps", Some(json!({}))),
        ("PATCH", "/apps/1", Some(json!({}))),
        ("DELETE", "/apps/1", None),
        ("POST", "/apps/1/disable", None),
        ("POST", "/apps/1/keys", None),
        ("DELETE", "/apps/1/keys/k", None),
    ] {
        call(&server, method, path, body.as_ref()).assert_problem(503, "the log of the server says why");
    }
    let line = server.wait_for_log("the reason", |line| line["code"] == 503);
    assert!(line["reason"].as_str().unwrap().contains("no such table"), "{line}");
    // The apps in memory are kept, and listed.
    assert_eq!(call(&server, "GET", "/apps", None).ok()["total"], 1);
    assert_eq!(clairon_tests::api::get(&server, server.app(), "/channels", &[]), json!({"channels": {}}));
}
