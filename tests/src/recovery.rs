//! Clients that ask for recovery of missed events, over raw sockets.

use serde_json::{Value, json};

use crate::api::Request;
use crate::app::App;
use crate::client::{Client, data};
use crate::server::Server;

/// A position in a channel, as a page keeps it.
#[derive(Clone, Debug)]
pub struct Position {
    /// The token of the last answer.
    pub token: String,
    /// The number of the last event.
    pub seq: u64,
    /// The socket ids so far.
    pub sockets: Vec<String>,
}

impl Position {
    /// The member `recover` of a subscription.
    #[must_use]
    pub fn recover(&self) -> Value {
        json!({"token": self.token, "seq": self.seq, "sockets": self.sockets})
    }

    /// The same position with another number.
    #[must_use]
    pub fn at(&self, seq: u64) -> Self {
        Self { seq, ..self.clone() }
    }
}

/// The data of a subscription, signed if the channel needs it. On presence channels it is that of the user 1.
#[must_use]
pub fn subscription(client: &Client, channel: &str) -> Value {
    let member = channel.starts_with("presence-").then_some(r#"{"user_id":"1"}"#);
    let is_signed = channel.starts_with("private-") || channel.starts_with("presence-");
    let auth = if is_signed { client.auth(channel, member) } else { String::new() };
    let mut subscribe = json!({"channel": channel, "auth": auth});
    if let Some(member) = member {
        subscribe["channel_data"] = json!(member);
    }
    subscribe
}

/// Subscribes with this member, and returns the answer.
pub fn ask(client: &mut Client, channel: &str, recover: &Value) -> Value {
    let mut subscribe = subscription(client, channel);
    subscribe["recover"] = recover.clone();
    client.send("pusher:subscribe", &subscribe);
    data(&client.succeeded(channel))["recovery"].clone()
}

/// Subscribes as one that begins.
///
/// # Panics
/// When the server does not recover events.
pub fn begin(client: &mut Client, channel: &str) -> Position {
    let answer = ask(client, channel, &json!(true));
    assert!(answer.get("recovered").is_none(), "{answer}");
    position(client, &answer)
}

/// The position after an answer.
///
/// # Panics
/// When the answer has none.
#[must_use]
pub fn position(client: &Client, answer: &Value) -> Position {
    let token = answer["token"].as_str().unwrap_or_else(|| panic!("no token in {answer}")).to_owned();
    let seq = answer["seq"].as_u64().unwrap_or_else(|| panic!("no number in {answer}"));
    Position { token, seq, sockets: vec![client.socket_id.clone()] }
}

/// Triggers an event.
///
/// # Panics
/// When it is refused.
pub fn trigger(server: &Server, app: &App, channel: &str, event: &str, except: Option<&str>) {
    let mut body = json!({"name": event, "data": "{}", "channels": [channel]});
    if let Some(except) = except {
        body["socket_id"] = json!(except);
    }
    assert_eq!(Request::post(app, "/events", &body).send(server).ok(), json!({}));
}
