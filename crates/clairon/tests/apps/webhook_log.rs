//! What the server sends to endpoints, as operators see it: `clairon app webhook`, `clairon webhook` and the admin API,
//! on each database.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clairon_test_servers::{MariaDb, Postgres, eventually};
use clairon_tests::admin::{self, call};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::server::{Server, binary};
use clairon_tests::webhook::{Received, Reply, WebhookReceiver};
use serde_json::{Value, json};

/// The channel whose requests the receiver can refuse.
const REFUSED: &str = "room-refused";

/// A server with an app whose endpoint is a receiver. It can refuse what happens in [`REFUSED`].
struct Scene {
    server: Server,
    url: String,
    app: App,
    receiver: WebhookReceiver,
    refuses: Arc<AtomicBool>,
    webhook: String,
}

impl Scene {
    /// Adds the endpoint by the command line, while the server runs.
    fn new(url: String) -> Self {
        let app = App::new("1");
        let refuses = Arc::new(AtomicBool::new(true));
        let is_refusing = refuses.clone();
        let receiver = WebhookReceiver::answering(move |request| {
            let is_refused = request.events[0]["channel"] == REFUSED && is_refusing.load(Ordering::Relaxed);
            Reply::Status(if is_refused { 500 } else { 200 })
        });
        let server = admin::builder()
            .app(app.clone())
            .database(url.clone())
            .env("CLAIRON_WEBHOOKS_LINGER_SECONDS", "0")
            // One attempt, and no other.
            .env("CLAIRON_WEBHOOKS_RETRY_SECONDS", "0")
            .start();
        let mut scene = Self { server, url, app, receiver, refuses, webhook: String::new() };
        let endpoint = scene.receiver.url();
        let add = ["app", "webhook", "add", &scene.app.id, "--json", "--url", &endpoint, "--channels", "room-*"];
        let added = scene.json(&[&add[..], &["--events", "channel_occupied"]].concat());
        added["id"].as_str().unwrap().clone_into(&mut scene.webhook);
        scene
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output =
            Command::new(binary()).args(arguments).env_clear().env("CLAIRON_DATABASE_URL", &self.url).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        // The log is one object a line.
        serde_json::from_str(&text)
            .unwrap_or_else(|_| text.lines().map(|line| line.parse::<Value>().unwrap()).collect())
    }

    /// The attempts of the log that `--failed` and the like select, at least one of which has to be there.
    fn log(&self, arguments: &[&str]) -> Vec<Value> {
        match self.json(&[&["webhook", "log", "--json"], arguments].concat()) {
            Value::Array(attempts) => attempts,
            attempt => vec![attempt],
        }
    }

    /// Occupies a channel until the receiver has the request about it. Returns the request.
    fn occupy(&self, channel: &str) -> Received {
        let mut client = Client::connect(&self.server, &self.app);
        client.subscribe(channel);
        let of_channel = |request: &Received| request.events[0]["channel"] == channel;
        let requests = self.receiver.wait_for(channel, |requests| requests.iter().any(of_channel));
        requests.into_iter().find(of_channel).unwrap()
    }

    /// The request that repeats a delivery.
    fn repetition_of(&self, delivery: &str) -> Received {
        let repeats = |request: &Received| request.header("X-Clairon-Replay-Of") == Some(delivery);
        let requests = self.receiver.wait_for("a repetition", |requests| requests.iter().any(repeats));
        let request = requests.into_iter().find(repeats).unwrap();
        request.assert_signed_by(&self.app);
        assert_ne!(request.delivery(), delivery);
        request
    }

    fn api(&self, path: &str) -> String {
        format!("/apps/{}/webhooks{path}", self.app.id)
    }
}

fn what_is_sent_is_seen_and_repeated(url: String) {
    let scene = Scene::new(url);
    let id = scene.webhook.as_str();
    let is_change = |line: &Value| line["message"] == "app changed" && line["change"] == "changed";
    let _ = scene.server.wait_for_log("the endpoint that another process has added", is_change);
    let taken = scene.occupy("room-taken");
    // An attempt is logged after its answer. Two at the same time would be logged in any order.
    eventually("the first attempt is in the log", || scene.log(&[]).len() == 1);
    let refused = scene.occupy(REFUSED);
    eventually("both attempts are in the log", || scene.log(&[]).len() == 2);

    let attempts = scene.log(&["--app", &scene.app.id, "--endpoint", id]);
    let [one, two] = &attempts[..] else { panic!("{attempts:?}") };
    assert_eq!([&one["delivery"], &two["delivery"]], [taken.delivery(), refused.delivery()]);
    assert_eq!([&one["outcome"], &two["outcome"]], ["delivered", "given_up"]);
    assert_eq!([&one["status"], &two["status"]], [200, 500]);
    assert_eq!(json!([one["events"][0], two["events"][0]]), json!([taken.events[0], refused.events[0]]));
    assert_eq!(scene.log(&["--failed"]), std::slice::from_ref(two));
    let api = |query: &str| call(&scene.server, "GET", &scene.api(&format!("/deliveries{query}")), None).ok();
    assert_eq!(api("")["attempts"], json!([two, one]));
    assert_eq!(api("?failed=true")["attempts"], json!([two]));
    assert_eq!(api(&format!("?limit=1&before={}", two["id"]))["attempts"], json!([one]));
    assert_eq!(api(&format!("?after={}", one["id"]))["attempts"], json!([two]));
    assert_eq!(api(&format!("?webhook={}", "0".repeat(12)))["attempts"], json!([]));

    scene.refuses.store(false, Ordering::Relaxed);
    let printed = scene.json(&["webhook", "replay", "--failed", "--json"]);
    let again = scene.repetition_of(refused.delivery());
    eventually("the first repetition is in the log", || scene.log(&[]).len() == 3);
    assert_eq!(printed["replayed"][0]["delivery"], again.delivery());
    assert_eq!(again.events, refused.events);
    let body = json!({"deliveries": [taken.delivery()]});
    let replayed = call(&scene.server, "POST", &scene.api("/deliveries/replay"), Some(&body)).ok();
    let again = scene.repetition_of(taken.delivery());
    let expected = json!({"webhook": id, "delivery": again.delivery(), "replay_of": taken.delivery()});
    assert_eq!(replayed, json!({"replayed": [expected]}));
    eventually("both repetitions are in the log", || scene.log(&[]).len() == 4);
    assert_eq!(scene.log(&["--limit", "1"])[0]["replay_of"], taken.delivery());
    for (body, word) in [
        (json!({}), "allowed is one of"),
        (json!({"failed": true, "since": "2026-11-01T00:00:00Z"}), "allowed is one of"),
        (json!({"deliveries": ["hunter2"]}), "24 hexadecimal digits"),
        (json!({"since": "yesterday"}), "a time such as"),
    ] {
        call(&scene.server, "POST", &scene.api("/deliveries/replay"), Some(&body)).assert_problem(422, word);
    }
}

#[test]
fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    what_is_sent_is_seen_and_repeated(format!("sqlite://{}", folder.path().join("clairon.db").display()));
}

#[test]
fn on_postgres() {
    let server = Postgres::shared();
    what_is_sent_is_seen_and_repeated(server.url(&server.create_database()));
}

#[test]
fn on_mariadb() {
    let server = MariaDb::shared();
    what_is_sent_is_seen_and_repeated(server.url(&server.create_database()));
}
