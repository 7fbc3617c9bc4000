//! `clairon tail`

use clairon_test_servers::{eventually, free_port};
use clairon_tests::api;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::{self, HttpConnection};
use clairon_tests::raw::RawSocket;
use clairon_tests::recovery::{ask, begin, trigger};
use clairon_tests::server::{Builder, Server};
use serde_json::{Value, json};

use super::tool::{Watched, clairon, run, url_of};

const TOKEN: &str = "0123456789abcdef-token";

fn server(app: &App) -> Builder {
    Server::builder().app(app.clone()).env("CLAIRON_ADMIN_TOKEN", TOKEN)
}

fn address(server: &Server) -> String {
    format!("http://127.0.0.1:{}", server.port())
}

/// A `clairon tail` that is already connected.
fn tail(server: &Server, arguments: &[&str]) -> Watched {
    let mut command = clairon(&["tail", "--json", "--token", TOKEN, "--url", &address(server)]);
    command.args(arguments);
    let tail = Watched::start(command);
    tail.says("watching http://127.0.0.1:");
    tail
}

impl Watched {
    /// Waits for an activity of this kind about a channel.
    fn told(&self, kind: &str, channel: &str) -> Value {
        self.stdout.wait_for(kind, |line| line["kind"] == kind && line["channel"] == channel)
    }

    fn told_of(&self, kind: &str) -> Value {
        self.stdout.wait_for(kind, |line| line["kind"] == kind)
    }
}

fn app() -> App {
    App::new("tail").with("client_messages", true)
}

#[test]
fn whatever_clients_do_is_told() {
    let app = app();
    let server = server(&app).start();
    let tail = tail(&server, &["--events"]);
    let mut ann = Client::connect(&server, &app);
    let mut bob = Client::connect(&server, &app);
    let member = json!({"user_id": "ann"}).to_string();
    ann.join("presence-room", &member);
    bob.join("presence-room", &json!({"user_id": "bob"}).to_string());
    ann.whisper("presence-room", "client-typing", &json!({"key": 1}));
    bob.expect("client-typing");
    ann.unsubscribe("presence-room");

    let connected = tail.told_of("connected");
    assert_eq!((&connected["app"], connected["socket"].is_string()), (&json!(app.id), true));
    let subscribed = tail.told("subscribed", "presence-room");
    assert_eq!((&subscribed["user"], &subscribed["socket"]), (&json!("ann"), &connected["socket"]));
    let typing = tail.told("client_event", "presence-room");
    assert_eq!(
        (&typing["event"], &typing["user"], &typing["receivers"], &typing["data"]),
        (&json!("client-typing"), &json!("ann"), &json!(1), &json!("{\"key\":1}"))
    );
    assert_eq!(tail.told("unsubscribed", "presence-room")["socket"], connected["socket"]);
    drop(ann);
    let end = tail.told_of("disconnected");
    assert!(!end["reason"].as_str().unwrap().is_empty(), "{end}");
    assert!(end["time"].as_str().unwrap().ends_with('Z'), "{end}");
}

#[test]
fn each_return_of_a_page_is_told_and_logged() {
    let app = app().with("recovery", true);
    let server = server(&app).env("CLAIRON_LOG", "info,clairon_server=debug").start();
    let tail = tail(&server, &[]);
    let mut client = Client::connect(&server, &app);
    let position = begin(&mut client, "orders");
    client.socket.abort();
    trigger(&server, &app, "orders", "shipped", None);
    let mut client = Client::connect(&server, &app);
    ask(&mut client, "orders", &position.recover());
    client.fence();
    ask(&mut client, "orders", &position.at(7).recover());
    for (kind, message, reason) in [
        ("recovered", "recovered", "1 missed event was sent again"),
        ("not_recovered", "not recovered", "the client's position is not one that this server has signed"),
    ] {
        let told = tail.told(kind, "orders");
        assert_eq!((&told["reason"], &told["socket"]), (&json!(reason), &json!(client.socket_id)));
        let line = server.wait_for_log(message, |line| line["message"] == message);
        let logged = [&line["channel"], &line["reason"], &line["socket"], &line["app"]];
        assert_eq!(logged, [&json!("orders"), &json!(reason), &json!(client.socket_id), &json!(app.id)]);
    }
}

#[test]
fn the_client_behind_a_proxy_is_shown() {
    let server = server(&app()).env("CLAIRON_SERVER_TRUSTED_PROXIES", "127.0.0.1").start();
    let tail = tail(&server, &[]);
    let path = format!("/app/{}?protocol=7", app().key);
    let mut socket = RawSocket::open_with(&server, &path, "X-Forwarded-For: 192.0.2.1\r\n");
    assert_eq!(socket.event()["event"], "pusher:connection_established");
    socket.abort();
    for kind in ["connected", "disconnected"] {
        assert_eq!(tail.told_of(kind)["peer"], "192.0.2.1");
    }
}

#[test]
fn events_of_backends_are_told_where_they_are_wanted() {
    let app = app();
    let server = server(&app).start();
    let (with, without) = (tail(&server, &["--events"]), tail(&server, &[]));
    let mut client = Client::connect(&server, &app);
    client.subscribe("orders");
    let data = "x".repeat(1_000);
    api::trigger(&server, &app, "orders", "shipped", &data);
    let event = with.told("event", "orders");
    assert_eq!((&event["event"], &event["bytes"], &event["receivers"]), (&json!("shipped"), &json!(1_000), &json!(1)));
    assert_eq!(event["data"], json!(data[..200]));
    client.unsubscribe("orders");
    let _ = without.told("unsubscribed", "orders");
    assert!(without.stdout.lines().iter().all(|line| line["kind"] != "event"));
}

#[test]
fn refusals_are_told_with_the_true_reason() {
    let app = app();
    let server = server(&app).start();
    let tail = tail(&server, &[]);
    let url = |app: &App| url_of(app, server.port());
    let wrong = |change: &dyn Fn(&mut App)| {
        let mut app = app.clone();
        change(&mut app);
        app
    };
    // A secret given as the key is in no line.
    run(&["listen", "a", "--url", &url(&wrong(&|app| app.key = app.secret.clone()))]).ended(1, "4001");
    let refused = tail.told_of("connection_refused");
    assert_eq!(refused["code"], 4001);
    assert!(refused["reason"].as_str().unwrap().contains("is the secret of the app"), "{refused}");

    run(&["listen", "private-a", "--url", &url(&wrong(&|app| app.secret = "other".into()))]).ended(1, "refused");
    let refused = tail.told("subscription_refused", "private-a");
    assert_eq!((&refused["code"], &refused["app"]), (&json!(401), &json!(app.id)));

    run(&["publish", "a", "e", "{}", "--url", &url(&wrong(&|app| app.secret = "other".into()))]).ended(1, "401");
    let refused = tail.told_of("request_refused");
    assert_eq!((&refused["code"], &refused["app"]), (&json!(401), &json!(app.id)));
    assert_eq!(refused["request"], json!(format!("POST /apps/{}/events", app.id)));
    assert!(refused["reason"].as_str().unwrap().contains("signature"), "{refused}");

    let mut client = Client::connect(&server, &app);
    client.whisper("private-b", "client-x", &json!({}));
    client.complained();
    assert!(tail.told("client_event_refused", "private-b")["reason"].as_str().unwrap().contains("subscription"));
    client.ask_to_sign_in("{}");
    client.send("pusher:subscribe", &json!({"channel": app.secret}));
    let _ = tail.told("subscribed", "[a secret]");
    assert!(!tail.stdout.to_string().contains(&app.secret));
}

#[test]
fn secrets_and_tokens_are_in_no_line() {
    let app = app();
    let server = server(&app).start();
    let tail = tail(&server, &["--events"]);
    let mut client = Client::connect(&server, &app);
    for secret in [TOKEN, &app.secret] {
        client.subscribe(secret);
        let presence = format!("presence-{secret}");
        client.join(&presence, &json!({"user_id": secret}).to_string());
        client.whisper(&presence, &format!("client-{secret}"), &json!(secret));
        api::trigger(&server, &app, secret, secret, secret);
        client.expect(secret);
        let _ = http::get(&server, &format!("/{secret}"));
        client.unsubscribe(secret);
    }
    for kind in ["subscribed", "event", "request_refused", "unsubscribed"] {
        eventually(kind, || tail.stdout.lines().iter().filter(|line| line["kind"] == kind).count() >= 2);
    }
    let event = tail.told("event", "[a secret]");
    assert_eq!((&event["event"], &event["data"]), (&json!("[a secret]"), &json!("[a secret]")));
    assert_eq!(tail.told_of("request_refused")["request"], "GET /[a secret]");
    let whisper = tail.told("client_event", "presence-[a secret]");
    assert_eq!((&whisper["event"], &whisper["user"]), (&json!("client-[a secret]"), &json!("[a secret]")));
    for secret in [TOKEN, &app.secret] {
        assert!(!tail.stdout.to_string().contains(secret), "{}", tail.stdout);
    }
}

#[test]
fn an_app_is_told_whom_it_has_refused_to_let_in() {
    let app = app().with("allowed_origins", vec!["shop.example"]);
    let server = server(&app).start();
    let tail = tail(&server, &["--app", &app.id]);
    RawSocket::open(&server, "/app/nobody").closed();
    RawSocket::open_with(&server, &format!("/app/{}", app.key), "Origin: https://evil.example\r\n").closed();
    let refused = tail.told_of("connection_refused");
    assert_eq!((&refused["code"], &refused["app"]), (&json!(4009), &json!(app.id)), "{refused}");
}

#[test]
fn filters() {
    let (one, two) = (App::new("one"), App::new("two"));
    let server = Server::builder().app(one.clone()).app(two.clone()).env("CLAIRON_ADMIN_TOKEN", TOKEN).start();
    let of_two = tail(&server, &["--app", &two.id]);
    let private = tail(&server, &["--channel", "private-*"]);
    for app in [&one, &two] {
        let mut client = Client::connect(&server, app);
        client.subscribe("lobby");
        client.subscribe("private-a");
        client.unsubscribe("private-a");
    }
    let last = |tail: &Watched, app: &App| {
        tail.stdout.wait_for("the last", |line| line["kind"] == "unsubscribed" && line["app"] == app.id.as_str())
    };
    let _ = (last(&of_two, &two), last(&private, &two));
    assert!(of_two.stdout.lines().iter().all(|line| line["app"] == two.id.as_str()));
    let of_private = private.stdout.lines();
    assert!(of_private.iter().all(|line| line["channel"] == "private-a"), "{of_private:?}");
    assert!(of_private.iter().any(|line| line["app"] == one.id.as_str()));
}

/// A client that does not read gets the number of missed lines, and delays no other client.
#[test]
fn a_slow_tail_holds_nobody_up() {
    let app = app();
    let server = server(&app).start();
    let mut slow = HttpConnection::open(&server);
    slow.write(format!("GET /admin/api/tail?events=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"));
    let quick = tail(&server, &["--channel", "no-such-channel"]);
    let channels: Vec<String> = (0..100).map(|number| format!("channel-{number}")).collect();
    let body = json!({"name": "e", "channels": channels, "data": "x".repeat(300)});
    for _ in 0..300 {
        assert_eq!(api::post(&server, &app, "/events", &body), json!({}));
    }
    assert!(quick.stdout.lines().is_empty());
    let mut text = String::new();
    while !text.contains("\"kind\":\"missed\"") {
        text = text.split_off(text.len().saturating_sub(100));
        text += &String::from_utf8_lossy(&slow.read(1_000).unwrap());
    }
}

#[test]
fn a_tail_outlives_a_restart() {
    let app = app();
    let port = free_port();
    let first = server(&app).port(port).start();
    let tail = tail(&first, &[]);
    assert!(first.terminate().success());
    tail.says("; connecting again in ");
    let second = server(&app).port(port).start();
    tail.says_again("watching http://127.0.0.1:");
    let _client = Client::connect(&second, &app);
    let _ = tail.told_of("connected");
}

#[test]
fn who_may_not_watch_is_told_why() {
    let app = app();
    let on = server(&app).start();
    let tails: Vec<_> = (0..8).map(|_| tail(&on, &[])).collect();
    run(&["tail", "--token", TOKEN, "--url", &address(&on)]).ended(1, "answers 429: 8 clients watch already");
    drop(tails);
    run(&["tail", "--token", "hunter2", "--url", &address(&on)]).ended(1, "does not take the token (401");
    run(&["tail", "--url", &address(&on)]).ended(2, "CLAIRON_ADMIN_TOKEN");
    run(&["tail", "--token", TOKEN, "--url", "127.0.0.1"]).ended(2, "expected http(s)://HOST");
    run(&["tail", "--token", TOKEN, "--url", "http://127.0.0.1:1"]).ended(1, "nothing listens at 127.0.0.1:1");
    let long = "x".repeat(1_001);
    run(&["tail", "--token", TOKEN, "--url", &address(&on), "--channel", &long]).ended(1, "has 1001 bytes");
    let off = Server::start(app);
    run(&["tail", "--token", TOKEN, "--url", &address(&off)]).ended(1, "CLAIRON_ADMIN_TOKEN");
}

#[test]
fn lines_for_people() {
    let app = app();
    let server = server(&app).start();
    let tail = Watched::start(clairon(&["tail", "--token", TOKEN, "--url", &address(&server)]));
    tail.says("watching");
    let mut client = Client::connect(&server, &app);
    client.subscribe("lobby");
    let is_it =
        |line: &Value| line.as_str().is_some_and(|line| line.contains("  subscribed  ") && line.ends_with("  lobby"));
    let _ = tail.stdout.wait_for("the subscription", is_it);
}
