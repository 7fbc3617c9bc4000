//! `clairon listen`

use clairon_test_servers::{Nginx, SharedServer, certificates::Authority, free_port};
use clairon_tests::app::App;
use clairon_tests::server::Server;
use rustix::process::Signal;
use serde_json::json;

use super::tool::{Run, Watched, clairon, run, url, url_of};

static SERVER: SharedServer<Server> =
    SharedServer::new(|| Server::start(App::new("listen").with("client_messages", true)));

fn listen(arguments: &[&str], url: &str) -> Watched {
    let mut command = clairon(&["listen", "--json", "--url", url]);
    command.args(arguments);
    Watched::start(command)
}

fn publish(url: &str, channel: &str, event: &str, data: &str, more: &[&str]) {
    let sent = run(&[&["publish", channel, event, data, "--url", url], more].concat());
    assert_eq!((sent.code, sent.stderr.as_str()), (0, ""));
}

#[test]
fn every_kind_of_channel() {
    let server = SERVER.get();
    let url = url(&server);
    let key = ["--encryption-master-key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="];
    let channels = ["kinds", "private-kinds", "presence-kinds", "private-encrypted-kinds"];
    let listener =
        listen(&[&channels[..], &key[..], &["--user-id=ann", "--user-info={\"name\":\"Ann\"}"]].concat(), &url);
    for channel in channels {
        listener.says(&format!("subscribed to {channel}"));
    }
    let other = listen(&["presence-kinds", "--user-id=bob", "--count=1"], &url);
    let added = listener.event("pusher:member_added");
    assert_eq!(added["data"]["user_id"], "bob");
    for (channel, data) in channels.iter().zip(["1", "{\"a\":[true]}", "text", "\"sealed\""]) {
        let key = if channel.contains("encrypted") { &key[..] } else { &[] };
        publish(&url, channel, &format!("to-{channel}"), data, key);
    }
    for (channel, data) in channels.iter().zip([json!(1), json!({"a": [true]}), json!("text"), json!("sealed")]) {
        let event = listener.event(&format!("to-{channel}"));
        assert_eq!((&event["channel"], &event["data"]), (&json!(channel), &data));
        assert!(event["time"].as_str().unwrap().ends_with('Z'), "{event}");
    }
    assert_eq!(other.end(), 0);
}

#[test]
fn a_listener_outlives_a_restart() {
    let app = App::new("restart");
    let port = free_port();
    let server = Server::builder().app(app.clone()).port(port).start();
    let url = url_of(&app, port);
    let listener = listen(&["private-a"], &url);
    listener.says("subscribed to private-a");
    publish(&url, "private-a", "before", "{}", &[]);
    listener.event("before");
    assert!(server.terminate().success());
    listener.says("(4200: ");
    listener.says("connecting again at once");
    listener.says("nothing listens at");
    let server = Server::builder().app(app).port(port).start();
    listener.says_again("subscribed to private-a");
    publish(&url, "private-a", "after", "{}", &[]);
    listener.event("after");
    drop(server);
}

#[test]
fn an_app_that_is_deleted_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", folder.path().join("apps.db").display());
    let app = App::new("deleted");
    let server = Server::builder().app(app.clone()).database(database.clone()).start();
    let listener = listen(&["lobby"], &url(&server));
    listener.says("subscribed to lobby");
    run(&["app", "delete", &app.id, "--yes", "--database", &database]).ended(0, "");
    listener.says("error: ");
    assert_eq!(listener.end(), 1);
}

#[test]
fn refusals_end_it() {
    let server = SERVER.get();
    let (app, port) = (server.app(), server.port());
    let listen = |arguments: &[&str], url: &str| run(&[&["listen", "--url", url], arguments].concat());
    let mut wrong = app.clone();
    wrong.secret = "hunter2".into();
    let refused = listen(&["private-a"], &url_of(&wrong, port));
    refused.ended(1, "the subscription to private-a is refused");
    assert!(!refused.stderr.contains("hunter2"));
    listen(&["lobby"], &format!("ws://127.0.0.1:{port}/app/nobody")).ended(1, "no app with this key (4001");
    listen(&["lobby"], &format!("ws://127.0.0.1:{port}/x/app/{}", app.key)).ended(1, "is a path prefix missing?");
    listen(&["private-a"], &format!("ws://127.0.0.1:{port}/app/{}", app.key)).ended(2, "needs the app's secret");
    listen(&["lobby"], "http://k:s@127.0.0.1:1/apps/1").ended(1, "nothing listens at 127.0.0.1:1");
    listen(&["lobby"], "http://k:s@no-such-host.invalid/apps/1").ended(1, "no-such-host.invalid does not resolve");
    listen(&["a", "--user-info=[]"], &url(&server)).ended(2, "expected a JSON object");
    listen(&["a", "--count=0"], &url(&server)).ended(2, "--count");
    listen(&["a", "--timeout=-1"], &url(&server)).ended(2, "--timeout");
}

#[test]
fn time_is_over() {
    let server = SERVER.get();
    let url = url(&server);
    run(&["listen", "quiet", "--timeout=3", "--url", &url]).ended(0, "subscribed to quiet");
    run(&["listen", "quiet", "--timeout=0.2", "--count=2", "--url", &url]).ended(1, "0 of 2 events came in time");
}

#[test]
fn lines_for_people() {
    let server = SERVER.get();
    let url = url(&server);
    let listener = Watched::start(clairon(&["listen", "people", "--count=1", "--url", &url]));
    listener.says("subscribed to people");
    publish(&url, "people", "greeting", "two\nlines \u{1b}[2J", &[]);
    let line = listener.stdout.wait_for("the event", |_| true);
    let line = line.as_str().unwrap().to_owned();
    assert!(line.ends_with("  people  greeting  two\\nlines \\u{1b}[2J"), "{line}");
    assert_eq!(listener.end(), 0);
}

#[test]
fn over_tls() {
    let server = SERVER.get();
    let authority = Authority::new();
    let nginx = Nginx::with_tls(&authority.issue("localhost"), server.port());
    let url = url_of(server.app(), nginx.port).replace("http://", "https://").replace("127.0.0.1", "localhost");
    let mut command = clairon(&["listen", "private-tls", "--json", "--count=1", "--url", &url]);
    command.env("SSL_CERT_FILE", authority.file());
    let listener = Watched::start(command);
    listener.says("connected to wss://localhost");
    listener.says("subscribed to private-tls");
    publish(&super::tool::url(&server), "private-tls", "sealed", "{}", &[]);
    listener.event("sealed");
    assert_eq!(listener.end(), 0);
    let untrusted = Run::from(clairon(&["listen", "a", "--url", &url]).output().unwrap());
    untrusted.ended(1, "is not valid for localhost");
}

/// The server or the client sends pings, and both answer.
#[test]
fn a_quiet_connection_stays() {
    let app = App::new("quiet");
    let server = Server::builder()
        .app(app)
        .env("CLAIRON_HEARTBEAT_ACTIVITY_TIMEOUT_SECONDS", "1")
        .env("CLAIRON_HEARTBEAT_PING_AFTER_SECONDS", "2")
        .env("CLAIRON_HEARTBEAT_CLOSE_AFTER_SECONDS", "4")
        .start();
    let quiet = run(&["listen", "a", "--timeout=6", "--url", &url(&server)]);
    quiet.ended(0, "subscribed to a");
    assert!(!quiet.stderr.contains("disconnected"), "{}", quiet.stderr);
    server.signal(Signal::TERM);
}
