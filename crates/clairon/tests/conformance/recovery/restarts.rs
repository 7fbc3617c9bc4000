//! Restarts of the server.

use super::*;
use std::process::{Command, ExitStatus};

use clairon_tests::admin;
use clairon_tests::client::data;
use clairon_tests::server::Builder;
use rustix::process::Signal;
use tempfile::TempDir;

pub(super) fn builder(folder: &TempDir, app: App) -> Builder {
    Server::builder().app(app).database(format!("sqlite://{}/apps.db", folder.path().display()))
}

pub(super) fn start(folder: &TempDir, app: App) -> Server {
    builder(folder, app).start()
}

pub(super) fn folder() -> TempDir {
    tempfile::tempdir().unwrap_or_else(|error| panic!("creating a folder: {error}"))
}

#[test]
fn a_stop_saves_the_logs() {
    let folder = folder();
    let server = start(&folder, app());
    let mut client = Client::connect(&server, &app());
    client.sign_in(r#"{"id":"ada"}"#);
    let channels = ["presence-saved", "#server-to-user-ada"];
    let positions = channels.map(|channel| begin(&mut client, channel));
    let own = client.socket_id.clone();
    client.socket.abort();
    for channel in channels {
        trigger(&server, &app(), channel, "App\\é \"e\"", None);
        trigger(&server, &app(), channel, "own", Some(&own));
    }
    assert_eq!(server.terminate().code(), Some(0));

    let server = start(&folder, app());
    let read = server.wait_for_log("the logs", |line| line["message"] == "logs of channels read");
    assert_eq!((&read["channels"], &read["events"]), (&json!(2), &json!(4)));
    let mut client = Client::connect(&server, &app());
    client.sign_in(r#"{"id":"ada"}"#);
    for (channel, position) in channels.iter().zip(&positions) {
        assert_eq!(ask(&mut client, channel, &position.recover())["recovered"], true);
        trigger(&server, &app(), channel, "new", None);
        let expected = [("App\\é \"e\"", 1), ("pusher_internal:recovery", 2), ("new", 3)];
        assert_eq!(numbered(&mut client), expected.map(|(name, seq)| (name.to_owned(), Some(seq))), "{channel}");
    }

    // They are read once. After a crash the log is another one.
    server.signal(Signal::KILL);
    let _ = server.ended();
    let server = start(&folder, app());
    let mut client = Client::connect(&server, &app());
    let answer = ask(&mut client, "presence-saved", &positions[0].recover());
    assert_eq!((&answer["recovered"], &answer["reason"]), (&json!(false), &json!("epoch")));
    assert_eq!(numbered(&mut client), []);
}

/// Otherwise a client could recover from them without the events since, and would not learn of these.
#[test]
fn a_server_that_stops_after_the_next_has_started_saves_nothing() {
    let folder = folder();
    let first = start(&folder, app());
    let mut client = Client::connect(&first, &app());
    let position = begin(&mut client, "c");
    client.socket.abort();
    let second = start(&folder, app());
    // A server accepts connections when it has taken the logs, a moment after it says that it is ready.
    drop(Client::connect(&second, &app()));
    trigger(&first, &app(), "c", "e", None);
    let log = first.log().clone();
    assert_eq!(first.terminate().code(), Some(0));
    let _ = log.wait_for("a warning", |line| {
        let message = line["message"].as_str().unwrap_or_default();
        message.starts_with("the logs of channels are not saved, because another server has started")
    });
    trigger(&second, &app(), "c", "lost", None);
    assert_eq!(second.terminate().code(), Some(0));
    let third = start(&folder, app());
    let mut client = Client::connect(&third, &app());
    assert_eq!(ask(&mut client, "c", &position.recover())["reason"], "epoch");
}

/// Runs statements on the database of a server.
fn sql(folder: &TempDir, statements: &str) {
    let script = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=30).executescript(sys.argv[2])";
    let database = folder.path().join("apps.db");
    let status = Command::new("python3").args(["-c", script]).arg(database).arg(statements).status();
    assert!(status.as_ref().is_ok_and(ExitStatus::success), "python3: {status:?}");
}

#[test]
fn logs_that_cannot_be_taken_at_the_start_are_not_read_later() {
    let folder = folder();
    let server = start(&folder, app());
    let mut client = Client::connect(&server, &app());
    let position = begin(&mut client, "c");
    assert_eq!(server.terminate().code(), Some(0));
    sql(&folder, "CREATE TRIGGER stuck BEFORE DELETE ON recovery_logs BEGIN SELECT RAISE(ABORT, 'stuck'); END");

    let server = start(&folder, app());
    let says =
        |start: &'static str| move |line: &Value| line["message"].as_str().unwrap_or_default().starts_with(start);
    let _ = server.wait_for_log("a warning", says("the saved logs of channels cannot be read"));
    sql(&folder, "DROP TRIGGER stuck");
    let _ = server.wait_for_log("the end of the logs", says("the saved logs of channels were removed"));
    trigger(&server, &app(), "c", "lost", None);
    server.signal(Signal::KILL);
    let _ = server.ended();
    let server = start(&folder, app());
    let mut client = Client::connect(&server, &app());
    assert_eq!(ask(&mut client, "c", &position.recover())["reason"], "epoch");
}

#[test]
fn logs_of_an_app_without_the_switch_are_not_read() {
    let folder = folder();
    let server = start(&folder, app());
    let mut client = Client::connect(&server, &app());
    let position = begin(&mut client, "c");
    trigger(&server, &app(), "c", "e", None);
    assert_eq!(server.terminate().code(), Some(0));
    let server = start(&folder, app().with("recovery", false));
    let mut client = Client::connect(&server, &app());
    assert_eq!(ask(&mut client, "c", &position.recover()), Value::Null);
    assert_eq!(server.terminate().code(), Some(0));
    let server = start(&folder, app());
    let mut client = Client::connect(&server, &app());
    assert_eq!(ask(&mut client, "c", &position.recover())["reason"], "epoch");
}

#[test]
fn an_app_that_is_created_again_has_none_of_the_logs_of_the_former_one() {
    let folder = folder();
    let read = Request::get(&app(), "/channels/private-c/events", &[("since", "0")]);
    let server = start(&folder, app());
    let mut client = Client::connect(&server, &app());
    let before = begin(&mut client, "private-c");
    trigger(&server, &app(), "private-c", "former", None);
    client.fence();

    // The app is deleted and created between two looks of the server: its logs begin another life.
    sql(&folder, "UPDATE apps SET recovery_life = recovery_life + 1");
    let notice = client.socket.event();
    assert_eq!(notice["event"], "pusher_internal:recovery", "{notice}");
    assert_eq!(data(&notice)["reason"], "epoch");
    assert_eq!(read.send(&server).ok()["seq"], 0);
    let mut second = Client::connect(&server, &app());
    assert_eq!(ask(&mut second, "private-c", &before.recover())["reason"], "epoch");

    // And while the server is stopped.
    let before = position(&client, &data(&notice));
    trigger(&server, &app(), "private-c", "former", None);
    assert_eq!(server.terminate().code(), Some(0));
    sql(&folder, "PRAGMA foreign_keys = ON; DELETE FROM apps");
    let server = start(&folder, app());
    assert_eq!(read.send(&server).status, 404);
    let mut client = Client::connect(&server, &app());
    assert_eq!(ask(&mut client, "private-c", &before.recover())["reason"], "epoch");
    assert_eq!(numbered(&mut client), []);
}

#[test]
fn the_switch_works_while_the_server_runs() {
    let server = admin::builder().app(app()).start();
    let mut client = Client::connect(&server, &app());
    let position = begin(&mut client, "c");
    let set = |is_on: bool| {
        let changed = json!({"recovery": is_on});
        let answer = admin::call(&server, "PATCH", &format!("/apps/{}", app().id), Some(&changed));
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    set(false);
    trigger(&server, &app(), "c", "e", None);
    assert_eq!(numbered(&mut client), [("e".to_owned(), None)]);
    set(true);
    let mut client = Client::connect(&server, &app());
    assert_eq!(ask(&mut client, "c", &position.recover())["reason"], "epoch");
}
