//! SIGHUP: the settings are read again.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::fs;

use clairon_test_servers::certificates::Authority;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::HttpConnection;
use clairon_tests::server::{Builder, Server};
use clairon_tests::transport::{TlsClient, certificate_in};
use rustix::process::Signal;
use serde_json::Value;
use tempfile::NamedTempFile;

/// A settings file, and a server with it.
struct Site {
    file: NamedTempFile,
}

impl Site {
    fn new(settings: &str) -> Self {
        let site = Self { file: NamedTempFile::new().unwrap() };
        site.write(settings);
        site
    }

    fn write(&self, settings: &str) {
        fs::write(self.file.path(), settings).unwrap();
    }

    fn server(&self) -> Builder {
        Server::builder().arg("--config").arg(self.file.path())
    }
}

/// An app as a settings file declares it.
fn declared(app: &App) -> String {
    format!("[[apps]]\nid = '{}'\nkey = '{}'\nsecret = '{}'\n", app.id, app.key, app.secret)
}

/// Sends the signal, and returns the lines about it, up to the last.
fn hang_up(server: &Server, is_last: impl Fn(&Value) -> bool) -> Vec<Value> {
    let before = server.log().lines();
    server.signal(Signal::HUP);
    let of_signal = |line: &Value| line["signal"] == "SIGHUP" && !before.contains(line);
    let _ = server.wait_for_log("the last line about SIGHUP", |line| of_signal(line) && is_last(line));
    server.log().lines().into_iter().filter(of_signal).collect()
}

fn is_read_again(line: &Value) -> bool {
    line["message"].as_str().is_some_and(|text| text.starts_with("the settings are read again"))
}

#[test]
fn apps_and_what_can_be_changed_change_and_the_rest_is_named() {
    let [first, second] = ["first", "second"].map(App::new);
    let site = Site::new(&declared(&first));
    let server = site.server().start();
    let mut client = Client::connect(&server, &first);

    let more =
        "[heartbeat]\nping_after_seconds = 61\n[limits]\nsubscriptions_per_connection = 1\n[log]\nlevel = 'debug'\n";
    site.write(&format!("{more}{}{}", declared(&first), declared(&second)));
    let lines = hang_up(&server, is_read_again);
    let last = lines.last().unwrap();
    assert_eq!(last["changed"], "limits.subscriptions_per_connection, log.level", "{last}");
    assert_eq!((&last["level"], &last["needs_restart"]), (&"WARN".into(), &"heartbeat.ping_after_seconds".into()));

    // The new app, the new limit of both, and the new level.
    let _ = Client::connect(&server, &second).subscribe("private-a");
    let _ = server.wait_for_log("a line of the level debug", |line| line["level"] == "DEBUG");
    let _ = client.subscribe("private-a");
    client.send("pusher:subscribe", &serde_json::json!({"channel": "b"}));
    let _ = client.refused("b");

    // What is left to do is said again, and what is undone is not.
    let lines = hang_up(&server, is_read_again);
    assert_eq!(lines.last().unwrap()["needs_restart"], "heartbeat.ping_after_seconds");
    site.write(&declared(&first));
    let lines = hang_up(&server, is_read_again);
    let last = lines.last().unwrap();
    assert_eq!((&last["level"], &last["needs_restart"]), (&"INFO".into(), &Value::Null), "{last}");
    // An app that is not declared any more stays.
    client.expect_nothing();
    Client::connect(&server, &second).expect_nothing();
}

#[test]
fn settings_with_problems_change_nothing() {
    let [first, second] = ["first", "second"].map(App::new);
    let site = Site::new(&declared(&first));
    let server = site.server().start();
    site.write(&format!("[limits]\nevents_per_batch = 0\n{}", declared(&second)));
    let lines = hang_up(&server, |line| line["message"] == "the settings have problems: nothing changes");
    assert!(lines[0]["message"].as_str().unwrap().contains("limits.events_per_batch"), "{lines:?}");
    let mut socket = clairon_tests::raw::RawSocket::open(&server, &format!("/app/{}?protocol=7", second.key));
    assert_eq!(socket.event()["data"]["code"], 4001);
    Client::connect(&server, &first).expect_nothing();
}

#[test]
fn certificates_are_added_and_taken_away() {
    let authority = Authority::new();
    let [one, other] = ["one.test", "other.test"].map(|name| authority.issue(name));
    let app = declared(&App::new("tls"));
    let main = format!("[tls]\ncertificate = '{}'\nkey = '{}'\n", one.chain(), one.key());
    let more = |certificate: &clairon_test_servers::certificates::Certificate| {
        format!("[[tls.certificates]]\ncertificate = '{}'\nkey = '{}'\n", certificate.chain(), certificate.key())
    };
    let site = Site::new(&format!("{main}{app}"));
    let server = site.server().listen(["tls://127.0.0.1:0"]).start();
    let asks = |name: &str| {
        let client = TlsClient::new(&authority.file(), name);
        client.connect((server.host(), server.port())).map(|transport| transport.certificates().swap_remove(0))
    };
    let mut client = Client::established(
        clairon_tests::raw::RawSocket::over(
            HttpConnection::tls(&server, &TlsClient::new(&authority.file(), "one.test")),
            &format!("/app/{}?protocol=7", App::new("tls").key),
        ),
        &App::new("tls"),
    );
    assert!(asks("other.test").is_err());

    site.write(&format!("{main}{}{app}", more(&other)));
    let lines = hang_up(&server, is_read_again);
    assert_eq!(lines.last().unwrap()["changed"], "tls.certificates");
    assert_eq!(asks("other.test").unwrap(), certificate_in(&other.chain()));
    assert_eq!(asks("one.test").unwrap(), certificate_in(&one.chain()));

    // One that cannot be used changes nothing.
    fs::write(one.folder().join("broken.pem"), "nonsense").unwrap();
    let broken =
        format!("[[tls.certificates]]\ncertificate = '{0}/broken.pem'\nkey = '{0}/key.pem'\n", one.folder().display());
    site.write(&format!("{main}{broken}{app}"));
    let lines = hang_up(&server, is_read_again);
    assert!(lines.iter().any(|line| line["message"] == "the certificates stay as they are"), "{lines:?}");
    assert_eq!(asks("other.test").unwrap(), certificate_in(&other.chain()));

    site.write(&format!("{main}{app}"));
    hang_up(&server, is_read_again);
    assert!(asks("other.test").is_err());
    // A renewed file is read at once.
    let renewed = authority.issue("one.test");
    one.replace_by(&renewed);
    hang_up(&server, is_read_again);
    assert_eq!(asks("one.test").unwrap(), certificate_in(&renewed.chain()));
    client.expect_nothing();
}
