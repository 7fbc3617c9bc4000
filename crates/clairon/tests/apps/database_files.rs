//! Problems with the SQLite file of a server: a full disk, file permissions, another server.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use clairon_test_servers::eventually;
use clairon_tests::admin;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::metrics::Page;
use clairon_tests::server::{Server, binary};
use clairon_tests::{api, http};
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A disk of two megabytes, which exists until this is dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Self {
        let disk = Self(folder());
        run("mount", &["-t", "tmpfs", "-o", "size=2m", "tmpfs"], disk.0.path());
        disk
    }

    fn filler(&self) -> PathBuf {
        self.0.path().join("filler")
    }

    /// Fills the disk.
    fn fill(&self) {
        let mut filler = File::create(self.filler()).unwrap_or_else(|error| panic!("creating a file: {error}"));
        while filler.write_all(&[0; 1_024]).is_ok() {}
    }

    /// Frees the space.
    fn free(&self) {
        fs::remove_file(self.filler()).unwrap_or_else(|error| panic!("removing a file: {error}"));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A panic here during a failing test would end the whole run.
        if let Err(error) = Command::new("umount").arg("--lazy").arg(self.0.path()).status() {
            eprintln!("the disk of a test stays: {error}");
        }
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap_or_else(|error| panic!("a temporary folder: {error}"))
}

fn run(program: &str, arguments: &[&str], path: &Path) {
    let status = Command::new(program).args(arguments).arg(path).status();
    assert!(status.as_ref().is_ok_and(std::process::ExitStatus::success), "{program}, which takes root: {status:?}");
}

fn url(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("apps.db").display())
}

/// The numbers of WebSocket messages and API messages of an app in `clairon stats`.
fn totals(database: &str, app: &App) -> [u64; 2] {
    let output = Command::new(binary()).args(["stats", "--json", "--database", database]).env_clear().output();
    let output = output.unwrap_or_else(|error| panic!("clairon stats: {error}"));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let apps = report["apps"].as_array().into_iter().flatten();
    let sum = |figure: &str| {
        apps.clone().filter(|entry| entry["id"] == app.id.as_str()).filter_map(|entry| entry[figure].as_u64()).sum()
    };
    ["websocket_messages", "api_messages"].map(sum)
}

/// A client sends two messages, and the backend triggers an event.
fn speak(server: &Server, app: &App) {
    let mut client = Client::connect(server, app);
    client.subscribe("news");
    api::trigger(server, app, "news", "said", "something");
    client.fence();
}

/// The number of seconds for which writes have failed, according to `/ready`, which must be red.
fn seconds_of_trouble(server: &Server) -> u64 {
    let answer = http::get(server, "/ready");
    answer.assert_refused(503, "The registry takes no writes, for ");
    let seconds = answer.body.split(" for ").nth(1).and_then(|rest| rest.split(' ').next());
    seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or_else(|| panic!("{answer:?}"))
}

#[test]
fn after_a_full_disk_the_registry_recovers_and_no_statistics_are_lost() {
    let (disk, app) = (SmallDisk::mount(), App::new("full"));
    let database = url(disk.0.path());
    let server = admin::builder()
        .app(app.clone())
        .database(&database)
        .env("CLAIRON_STATISTICS_INTERVAL_SECONDS", "1")
        .env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0")
        .start();
    let path = format!("/apps/{}", app.id);
    let mut number = 0;
    let mut rename = || {
        number += 1;
        admin::call(&server, "PATCH", &path, Some(&json!({"name": format!("number {number}")}))).status
    };
    let is_writable = || Page::of(&server).value("clairon_registry_writable", &[]) > 0.0;
    speak(&server, &app);
    eventually("what happened is written", || totals(&database, &app) == [2, 1]);
    assert_eq!(rename(), 200);
    assert_eq!(http::get(&server, "/ready").status, 200);
    assert!(is_writable());

    disk.fill();
    eventually("a write fails", || rename() == 503);
    let answer = http::get(&server, "/ready");
    answer.assert_refused(503, "The registry takes no writes, for ");
    assert!(answer.body.contains("full"), "{answer:?}");
    eventually("two checks have failed", || seconds_of_trouble(&server) >= 2);
    assert!(!is_writable());
    assert!(Page::of(&server).value("clairon_registry_write_failures_total", &[]) >= 1.0);
    speak(&server, &app);
    let line = server.wait_for_log("that statistics wait", |line| line["message"] == "cannot write statistics yet");
    assert_eq!(line["lost"], 0);
    assert_eq!(http::get(&server, "/ready").status, 503);

    disk.free();
    eventually("the registry takes writes", || http::get(&server, "/ready").status == 200);
    assert!(is_writable());
    assert_eq!((rename(), rename()), (200, 200));
    eventually("what happened meanwhile is written", || totals(&database, &app) == [4, 2]);
    drop(server);
}

/// A full disk may have room for a small write but not for the larger waiting ones.
#[test]
fn writes_count_as_failed_until_waiting_statistics_are_written() {
    let (folder, app) = (folder(), App::new("stuck"));
    let database = url(folder.path());
    let server =
        Server::builder().app(app.clone()).database(&database).env("CLAIRON_STATISTICS_INTERVAL_SECONDS", "1").start();
    let sql = |statement: &str| {
        let script = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=30).executescript(sys.argv[2])";
        run("python3", &["-c", script, &folder.path().join("apps.db").display().to_string()], Path::new(statement));
    };
    sql("CREATE TRIGGER stuck BEFORE INSERT ON websockets_statistics_entries BEGIN SELECT RAISE(ABORT, 'stuck'); END");
    speak(&server, &app);
    eventually("a write fails", || http::get(&server, "/ready").status == 503);
    eventually("two checks have failed", || seconds_of_trouble(&server) >= 2);
    sql("DROP TRIGGER stuck");
    eventually("the registry takes writes", || http::get(&server, "/ready").status == 200);
    eventually("what happened is written", || totals(&database, &app) == [2, 1]);
}

#[test]
fn a_file_that_others_may_read_is_warned_about_with_what_to_do() {
    let folder = folder();
    let file = folder.path().join("apps.db");
    let start = || Server::builder().app(App::new("exposed")).database(url(folder.path())).start();
    let warnings = |server: &Server| {
        let lines = server.log().lines();
        let warnings = lines.iter().filter(|line| line["level"] == "WARN").filter_map(|line| line["message"].as_str());
        warnings.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(warnings(&start()), [""; 0]);
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap_or_else(|error| panic!("{error}"));
    let server = start();
    let found = warnings(&server);
    let [warning] = found.as_slice() else { panic!("{found:?}") };
    let (problem, command) = warning.split_once(": run ").unwrap_or_else(|| panic!("{warning}"));
    assert_eq!(problem, "other users can read this database, which contains the secrets of all apps");
    run("sh", &["-c", command], Path::new("sh"));
    for suffix in ["", "-wal", "-shm"] {
        let path = format!("{}{suffix}", file.display());
        let mode = fs::metadata(&path).unwrap_or_else(|error| panic!("{path}: {error}")).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path}");
    }
    drop(server);
    assert_eq!(warnings(&start()), [""; 0]);
}

#[test]
fn a_second_server_on_a_file_says_so() {
    let folder = folder();
    let start = || Server::builder().app(App::new("shared")).database(url(folder.path())).start();
    let warns = |server: &Server| {
        let is_warning = |line: &Value| {
            let message = line["message"].as_str().unwrap_or_default();
            line["level"] == "WARN" && message.starts_with("another server uses this SQLite file too. ")
        };
        server.log().lines().iter().filter(|line| is_warning(line)).count()
    };
    let first = start();
    assert_eq!(warns(&first), 0);
    let second = start();
    assert_eq!((warns(&first), warns(&second)), (0, 1));
    first.signal(Signal::KILL);
    drop(first);
    assert_eq!(warns(&start()), 1, "the second is there");
    drop(second);
    assert_eq!(warns(&start()), 0, "all have ended, none of them in order");
}
