//! Databases, servers with one endpoint, and what a receiver has heard.

use std::collections::HashMap;
use std::sync::Arc;

use clairon_test_servers::{MariaDb, Postgres};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::metrics;
use clairon_tests::server::{Builder, Server};
use clairon_tests::webhook::{Received, WebhookReceiver};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A database that outlives servers.
pub(crate) enum Database {
    Sqlite(TempDir),
    Postgres(Arc<Postgres>, String),
    MySql(Arc<MariaDb>, String),
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap_or_else(|error| panic!("a folder: {error}")))
    }

    pub(crate) fn postgres() -> Self {
        let server = Postgres::shared();
        let database = server.create_database();
        Self::Postgres(server, database)
    }

    pub(crate) fn mysql() -> Self {
        let server = MariaDb::shared();
        let database = server.create_database();
        Self::MySql(server, database)
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite://{}", folder.path().join("clairon.db").display()),
            Self::Postgres(server, database) => server.url(database),
            Self::MySql(server, database) => server.url(database),
        }
    }
}

/// The app of these tests, with the receiver as its one endpoint for all kinds.
pub(crate) fn app(receiver: &WebhookReceiver) -> App {
    App::new("hook").with("webhook_url", receiver.url()).with("client_messages", true)
}

/// A server whose clients are missed after a second, and two seconds after its start.
pub(crate) fn server(database: &Database, app: &App) -> Builder {
    Server::builder()
        .app(app.clone())
        .database(database.url())
        .env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0")
        .env("CLAIRON_WEBHOOKS_LINGER_SECONDS", "1")
        .env("CLAIRON_WEBHOOKS_STARTUP_SECONDS", "2")
}

/// A metric of a server with only this label, or none. These tests ask too often for Prometheus' own parser.
pub(crate) fn metric(server: &Server, name: &str, label: Option<(&str, &str)>) -> u64 {
    let labels = label.map(|(name, value)| format!("{{{name}=\"{value}\"}}")).unwrap_or_default();
    let (page, sample) = (metrics::get(server, ""), format!("clairon_{name}{labels} "));
    let line = page.lines().find_map(|line| line.strip_prefix(&sample));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {sample} in {page}"))
}

/// A client that is a member of a presence channel.
pub(crate) fn member(server: &Server, app: &App, channel: &str, user: &str) -> Client {
    let mut client = Client::connect(server, app);
    client.join(channel, &json!({"user_id": user}).to_string());
    client
}

/// An event in few words: its kind without the channel's name, and the user.
pub(crate) fn words(event: &Value) -> String {
    let [name, channel] = ["name", "channel"].map(|field| event[field].as_str().unwrap_or_default());
    let user = event["user_id"].as_str().map(|user| format!(" {user}")).unwrap_or_default();
    format!("{name} {channel}{user}")
}

/// The events of all requests in few words. One that came twice with the same delivery is there once.
pub(crate) fn heard(requests: &[Received]) -> Vec<String> {
    once(requests).iter().flat_map(|request| request.events.iter().map(words)).collect()
}

/// The requests without those whose delivery came before. A delivery that comes again has the same body.
pub(crate) fn once(requests: &[Received]) -> Vec<&Received> {
    let mut seen = HashMap::<&str, &Received>::new();
    let mut first = Vec::new();
    for request in requests {
        match seen.insert(request.delivery(), request) {
            Some(before) => assert_eq!(before.events, request.events, "one delivery, two bodies"),
            None => first.push(request),
        }
    }
    first
}

/// Waits until the receiver has heard this of a channel, and returns all that it has heard of the channel.
pub(crate) fn wait_for_last(receiver: &WebhookReceiver, last: &str) -> Vec<String> {
    wait_for_times(receiver, last, 1)
}

/// Waits until the receiver has got `last` this many times. Returns everything that it has got of the channel.
pub(crate) fn wait_for_times(receiver: &WebhookReceiver, last: &str, times: usize) -> Vec<String> {
    let count = |requests: &[Received]| heard(requests).iter().filter(|words| *words == last).count();
    let requests = receiver.wait_for(last, |requests| count(requests) >= times);
    let channel = last.split(' ').nth(1).unwrap_or_default();
    heard(&requests).into_iter().filter(|words| words.split(' ').nth(1) == Some(channel)).collect()
}
