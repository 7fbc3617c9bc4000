//! Restarts and crashes of a lone server: clients that return make no events, and those that do not make one.

use clairon_tests::client::Client;
use clairon_tests::server::Server;
use clairon_tests::webhook::WebhookReceiver;
use rustix::process::Signal;

use crate::support::{Database, app, member, server, wait_for_last};

#[test]
fn a_restart_makes_no_events_of_clients_that_return() {
    restart(&Database::sqlite(), |server| assert!(server.terminate().success()));
}

#[test]
fn a_crash_on_sqlite_makes_no_events_of_clients_that_return() {
    restart(&Database::sqlite(), kill);
}

#[test]
fn a_crash_on_postgres_makes_no_events_of_clients_that_return() {
    restart(&Database::postgres(), kill);
}

#[test]
fn a_crash_on_mysql_makes_no_events_of_clients_that_return() {
    restart(&Database::mysql(), kill);
}

fn kill(server: Server) {
    server.signal(Signal::KILL);
    assert!(!server.ended().success());
}

fn restart(database: &Database, stop: impl Fn(Server)) {
    let receiver = WebhookReceiver::start();
    let app = app(&receiver);
    // Long enough for a slow machine to start the server and the client.
    let start = || server(database, &app).env("CLAIRON_WEBHOOKS_STARTUP_SECONDS", "5").start();
    let first = start();
    let clients = ["ada", "bob"].map(|user| member(&first, &app, "presence-r", user));
    let mut plain = Client::connect(&first, &app);
    plain.subscribe("room");
    drop(wait_for_last(&receiver, "channel_occupied room"));
    stop(first);
    drop((clients, plain));

    let second = start();
    let ada = member(&second, &app, "presence-r", "ada");
    assert_eq!(wait_for_last(&receiver, "channel_vacated room"), ["channel_occupied room", "channel_vacated room"]);
    let until_bob = wait_for_last(&receiver, "member_removed presence-r bob");
    let before = ["channel_occupied presence-r", "member_added presence-r ada", "member_added presence-r bob"];
    assert_eq!(until_bob, [before.as_slice(), &["member_removed presence-r bob"]].concat());
    drop(ada);
    let all = wait_for_last(&receiver, "channel_vacated presence-r");
    assert_eq!(all[4..], ["member_removed presence-r ada", "channel_vacated presence-r"]);
}
