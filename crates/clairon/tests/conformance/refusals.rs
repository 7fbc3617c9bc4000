//! Refusals are explained: the log has the exact reason, the client does not, and neither has a secret or a signature.

use clairon_tests::api::{Request, now};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::{self, Response};
use clairon_tests::raw::RawSocket;
use clairon_tests::server::Server;
use clairon_tests::sign;
use serde_json::{Value, json};

/// The refusals of one test, examined at its end.
struct Refusals {
    server: Server,
    /// Everything that clients received.
    told: String,
    /// Texts that neither clients nor the log may contain.
    secrets: Vec<String>,
}

fn app() -> App {
    App::new("own")
}

fn other() -> App {
    App::new("other")
}

impl Refusals {
    fn new() -> Self {
        Self::from(Server::builder().app(app()).app(other()).app(App::new("disabled").with("enabled", false)).start())
    }

    fn from(server: Server) -> Self {
        let secrets = [app(), other(), App::new("disabled")].map(|app| app.secret).to_vec();
        Self { server, told: String::new(), secrets }
    }

    /// Waits until the log has a reason that contains all of these words.
    fn assert_logged(&self, words: &[&str]) {
        let has = |reason: &str| words.iter().all(|word| reason.contains(word));
        let line = self
            .server
            .wait_for_log(&format!("a reason with {words:?}"), |line| line["reason"].as_str().is_some_and(has));
        assert!(matches!(line["level"].as_str(), Some("WARN" | "INFO")), "{line}");
        assert_eq!(line["peer"], "127.0.0.1", "{line}");
    }

    fn connect(&self) -> Client {
        Client::connect(&self.server, &app())
    }

    /// Opens a WebSocket that is refused.
    fn open(&mut self, path: &str, headers: &str, words: &[&str]) {
        let mut socket = RawSocket::open_with(&self.server, path, headers);
        self.told += &socket.event().to_string();
        self.told += &socket.closed().1;
        self.assert_logged(words);
    }

    /// Subscribes with an `auth` that is refused. The right signature is kept, to search for it at the end.
    fn subscribe(&mut self, client: &mut Client, channel: &str, auth: &str, data: Option<&str>, words: &[&str]) {
        let right = client.auth(channel, data);
        self.secrets.extend(right.split_once(':').map(|(_, signature)| signature.to_owned()));
        client.send("pusher:subscribe", &json!({"channel": channel, "auth": auth, "channel_data": data}));
        self.told += &client.refused(channel).to_string();
        self.assert_logged(words);
    }

    /// Sends a request that is refused. The right signature is kept, to search for it at the end.
    fn request(&mut self, request: &Request, status: u16, words: &[&str]) {
        let right = request.clone().sign(&app().secret);
        self.secrets.push(right.parameter("auth_signature").to_owned());
        self.answer(&request.send(&self.server), status, words);
    }

    fn answer(&mut self, response: &Response, status: u16, words: &[&str]) {
        response.assert_refused(status, "");
        self.told += &response.body;
        self.assert_logged(words);
    }

    fn assert_nothing_leaked(&self) {
        let log = self.server.log().to_string();
        for secret in &self.secrets {
            assert!(!log.contains(secret), "{secret} in the log:\n{log}");
            assert!(!self.told.contains(secret), "{secret} in {}", self.told);
        }
    }
}

fn event() -> Request {
    Request::post(&app(), "/events", &json!({"name": "e", "data": "d", "channel": "c"}))
}

#[test]
fn connections() {
    let mut refusals = Refusals::new();
    let own = &app().id;
    for (path, words) in [
        ("/app/nobody", &["nobody", "no app"][..]),
        (&format!("/app/{own}"), &[own, "id"]),
        ("/app/disabled-key", &["disabled"]),
        ("/app/own-key?protocol=3", &["protocol", "3"]),
        ("/app/own-key?protocol=seven", &["protocol", "seven"]),
        ("/nothing/of/ours", &["/nothing/of/ours"]),
        ("/ws/app/own-key", &["/ws", "path_prefix"]),
    ] {
        refusals.open(path, "", words);
    }
    refusals.assert_nothing_leaked();
}

#[test]
fn a_secret_in_the_place_of_a_key_is_not_repeated() {
    let mut refusals = Refusals::new();
    let (secret, mut client) = (app().secret, refusals.connect());
    refusals.open(&format!("/app/{secret}?protocol=7"), "", &["secret"]);
    let request = event().with("auth_key", &secret).sign(&secret);
    refusals.request(&request, 401, &["key is the secret"]);
    let auth = client.auth("private-room", None).replace("own-key", &secret);
    client.send("pusher:subscribe", &json!({"channel": "private-room", "auth": auth}));
    refusals.told += &client.refused("private-room").to_string();
    refusals.assert_logged(&["auth", "secret"]);
    refusals.assert_nothing_leaked();
}

#[test]
fn origins_and_capacity() {
    let app = app().with("allowed_origins", vec!["https://own.test"]).with("capacity", 1);
    let mut refusals = Refusals::from(Server::start(app));
    refusals.open("/app/own-key", "Origin: https://evil.test\r\n", &["https://evil.test", "allowed_origins"]);
    let client = refusals.connect();
    refusals.open("/app/own-key", "", &["capacity", "1"]);
    drop(client);
    refusals.assert_nothing_leaked();
}

#[test]
fn subscriptions() {
    let mut refusals = Refusals::new();
    let mut client = refusals.connect();
    let (id, channel) = (client.socket_id.clone(), "private-room");
    let others = sign::subscription(&other(), &id, channel, None);
    let wrong_secret = others.replace("other-key", "own-key");
    let foreign = sign::subscription(&app(), "1.1", channel, None);
    for (channel, auth, words) in [
        (channel, others, &["key", &other().id][..]),
        (channel, wrong_secret, &["secret", "another app", &other().id]),
        (channel, client.auth(channel, None).replace("own-key", "nobody"), &["key", "nobody"]),
        (channel, client.auth("room", None), &["channel", "\"room\""]),
        ("private-encrypted-room", client.auth("private-room", None), &["channel", "\"private-room\""]),
        ("presence-hall", client.auth("private-hall", None), &["channel", "\"private-hall\""]),
        (channel, foreign, &["socket id"]),
        (channel, String::new(), &[]),
    ] {
        refusals.subscribe(&mut client, channel, &auth, None, words);
    }
    refusals.assert_nothing_leaked();
}

#[test]
fn channel_data() {
    let (ann, bob) = (Some(r#"{"user_id":"ann"}"#), Some(r#"{"user_id":"bob"}"#));
    for (signed, sent, words) in [
        (None, ann, &["without the channel_data"][..]),
        (bob, ann, &["channel_data", "changed"]),
        (ann, None, &["channel_data", "missing"]),
    ] {
        let mut refusals = Refusals::new();
        let mut client = refusals.connect();
        let auth = client.auth("presence-room", signed);
        refusals.subscribe(&mut client, "presence-room", &auth, sent, words);
        refusals.assert_nothing_leaked();
    }
}

#[test]
fn sign_ins() {
    let mut refusals = Refusals::new();
    let mut client = refusals.connect();
    let (id, user_data) = (client.socket_id.clone(), r#"{"id":"ann"}"#);
    let others = sign::user(&other(), &id, user_data);
    refusals.secrets.push(sign::hmac(&app().secret, &format!("{id}::user::{user_data}")));
    for (auth, words) in [
        (others.replace("other-key", "own-key"), &["secret", "another app", &other().id][..]),
        (others, &["key", &other().id]),
        (sign::user(&app(), &id, r#"{"id":"bob"}"#), &["user_data"]),
    ] {
        client.send("pusher:signin", &json!({"auth": auth, "user_data": user_data}));
        refusals.told += &client.complained();
        refusals.assert_logged(words);
    }
    refusals.assert_nothing_leaked();
}

#[test]
fn requests() {
    let mut refusals = Refusals::new();
    refusals.request(&event().sign(&other().secret), 401, &["secret", "another app", &other().id]);
    refusals.request(&event().at(&other(), now()), 401, &["key", &other().id]);
    refusals.request(&event().with("auth_key", "nobody"), 401, &["key", "\"nobody\""]);
    refusals.request(&event().with("auth_key", &app().id), 401, &["key is the id"]);
    refusals.request(&event().sign("nobody's"), 401, &["signature"]);
    let mut changed = event();
    changed.body.push(' ');
    refusals.request(&changed, 401, &["body", "changed"]);
    refusals.request(&event().without("body_md5").sign(&app().secret), 401, &["body_md5"]);
    let mut stranger = event();
    "/apps/nobody/events".clone_into(&mut stranger.path);
    refusals.request(&stranger, 404, &["\"nobody\"", &app().id]);
    let mut swapped = event();
    "/apps/own-key/events".clone_into(&mut swapped.path);
    refusals.request(&swapped, 404, &["key of the app"]);
    let disabled = App::new("disabled");
    refusals.request(&Request::get(&disabled, "/channels", &[]), 403, &["disabled"]);
    refusals.assert_nothing_leaked();
}

#[test]
fn clocks() {
    let mut refusals = Refusals::new();
    refusals.request(&event().at(&app(), now() - 5_000), 401, &["clock", "500", "behind"]);
    refusals.request(&event().at(&app(), now() + 7_009), 401, &["clock", "700", "ahead"]);
    refusals.assert_nothing_leaked();
}

#[test]
fn prefixes() {
    let mut refusals = Refusals::new();
    let mut behind = event();
    behind.path = format!("/ws{}", behind.path);
    refusals.request(&behind, 404, &["/ws", "path_prefix"]);
    refusals.assert_nothing_leaked();

    let server = Server::builder().app(app()).env("CLAIRON_SERVER_PATH_PREFIX", "/broadcast").start();
    let mut refusals = Refusals::from(server);
    let mut signed = event();
    signed.path = format!("/broadcast{}", signed.path);
    refusals.request(&signed.sign(&app().secret), 401, &["/broadcast", "prefix"]);
}

#[test]
fn texts_of_strangers_are_cut() {
    let mut refusals = Refusals::new();
    refusals.open(&format!("/app/{}", "k".repeat(5_000)), "", &["kkkk"]);
    refusals.open("/app/a%0Ab%1B%5B31m", "", &["\"a\nb\u{1b}[31m\""]);
    let response = http::get(&refusals.server, &format!("/{}", "p".repeat(5_000)));
    refusals.answer(&response, 404, &["pppp"]);
    for line in refusals.server.log().lines() {
        let text = line.as_object().map(|fields| fields.values().map(Value::to_string).collect::<String>());
        assert!(text.is_none_or(|text| text.len() < 2_000), "{line}");
    }
}
