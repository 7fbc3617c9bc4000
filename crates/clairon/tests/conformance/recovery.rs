//! Recovery of missed events, over raw sockets.

mod acknowledged;
mod limits;
mod logs;
mod privacy;
mod restarts;
mod tokens;

use clairon_test_servers::SharedServer;
use clairon_tests::api::Request;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::raw::Received;
use clairon_tests::recovery::{Position, ask, begin, position, subscription, trigger};
use clairon_tests::server::Server;
use serde_json::{Value, json};

/// A server with an app that recovers events, one with short logs, and one that does not recover.
static SERVER: SharedServer<Server> =
    SharedServer::new(|| Server::builder().app(app()).app(short()).app(without()).start());

fn recovering(name: &str) -> App {
    App::new(name).with("recovery", true).with("client_messages", true)
}

fn app() -> App {
    recovering("recovery")
}

fn short() -> App {
    recovering("short").with("recovery_events", 10)
}

/// An app without the switch.
fn without() -> App {
    App::new("without").with("client_messages", true)
}

/// The events of a channel's log so far: names and numbers, in their order.
fn numbered(client: &mut Client) -> Vec<(String, Option<u64>)> {
    let named = |event: &Value| (event["event"].as_str().unwrap_or_default().to_owned(), event["seq"].as_u64());
    client.fence().iter().map(named).collect()
}

fn text(client: &mut Client) -> String {
    match client.socket.receive() {
        Received::Text(text) => text,
        other => panic!("no text but {other:?}"),
    }
}
