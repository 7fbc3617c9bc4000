//! Recovery of missed events, over raw sockets.

mod limits;
mod logs;
mod privacy;
mod restarts;
mod tokens;

use clairon_test_servers::SharedServer;
use clairon_tests::api::Request;
use clairon_tests::app::App;
use clairon_tests::client::{Client, data};
use clairon_tests::raw::Received;
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

/// A position in a channel, as a page keeps it.
#[derive(Clone, Debug)]
struct Position {
    token: String,
    seq: u64,
    sockets: Vec<String>,
}

impl Position {
    fn recover(&self) -> Value {
        json!({"token": self.token, "seq": self.seq, "sockets": self.sockets})
    }

    fn at(&self, seq: u64) -> Self {
        Self { seq, ..self.clone() }
    }
}

/// Subscribes with this member, and returns the answer.
fn ask(client: &mut Client, channel: &str, recover: &Value) -> Value {
    let member = channel.starts_with("presence-").then_some(r#"{"user_id":"1"}"#);
    let is_signed = channel.starts_with("private-") || channel.starts_with("presence-");
    let auth = if is_signed { client.auth(channel, member) } else { String::new() };
    let mut subscribe = json!({"channel": channel, "auth": auth, "recover": recover});
    if let Some(member) = member {
        subscribe["channel_data"] = json!(member);
    }
    client.send("pusher:subscribe", &subscribe);
    data(&client.succeeded(channel))["recovery"].clone()
}

/// Subscribes as one that begins.
fn begin(client: &mut Client, channel: &str) -> Position {
    let answer = ask(client, channel, &json!(true));
    assert!(answer.get("recovered").is_none(), "{answer}");
    position(client, &answer)
}

fn position(client: &Client, answer: &Value) -> Position {
    let token = answer["token"].as_str().unwrap_or_else(|| panic!("no token in {answer}")).to_owned();
    let seq = answer["seq"].as_u64().unwrap_or_else(|| panic!("no number in {answer}"));
    Position { token, seq, sockets: vec![client.socket_id.clone()] }
}

fn trigger(server: &Server, app: &App, channel: &str, event: &str, except: Option<&str>) {
    let mut body = json!({"name": event, "data": "{}", "channels": [channel]});
    if let Some(except) = except {
        body["socket_id"] = json!(except);
    }
    assert_eq!(Request::post(app, "/events", &body).send(server).ok(), json!({}));
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
