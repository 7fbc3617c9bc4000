//! Restarts of the server.

use super::*;
use clairon_tests::admin;
use rustix::process::Signal;
use tempfile::TempDir;

fn start(folder: &TempDir, app: App) -> Server {
    Server::builder().app(app).database(format!("sqlite://{}/apps.db", folder.path().display())).start()
}

fn folder() -> TempDir {
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
