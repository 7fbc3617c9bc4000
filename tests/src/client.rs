//! A client that speaks the Pusher protocol over a raw socket, and reads every event in order.

use serde_json::{Value, json};

use crate::app::App;
use crate::raw::RawSocket;
use crate::server::Server;
use crate::sign;

/// A connected client.
#[derive(Debug)]
pub struct Client {
    /// Its socket, for actions that clients do not usually perform.
    pub socket: RawSocket,
    /// The socket id from the server.
    pub socket_id: String,
    /// The app that it is connected to, which signs for it.
    pub app: App,
}

impl Client {
    /// Connects like pusher-js.
    ///
    /// # Panics
    /// When the server refuses the connection.
    #[must_use]
    pub fn connect(server: &Server, app: &App) -> Self {
        let path = format!("/app/{}?protocol=7&client=js&version=8.6.0&flash=false", app.key);
        Self::established(RawSocket::open(server, &path), app)
    }

    /// Connects with an offer of extensions, as browsers do.
    ///
    /// # Panics
    /// When the server refuses the connection.
    #[must_use]
    pub fn connect_offering(server: &Server, app: &App, offer: &str) -> Self {
        let path = format!("/app/{}?protocol=7&client=js&version=8.6.0&flash=false", app.key);
        Self::established(RawSocket::open_offering(server, &path, offer), app)
    }

    /// Takes over a socket whose first event is not yet read.
    ///
    /// # Panics
    /// When that event is not `pusher:connection_established`.
    #[must_use]
    pub fn established(mut socket: RawSocket, app: &App) -> Self {
        let event = socket.event();
        assert_eq!(event["event"], "pusher:connection_established", "{event}");
        let socket_id =
            data(&event)["socket_id"].as_str().unwrap_or_else(|| panic!("no socket id in {event}")).to_owned();
        Self { socket, socket_id, app: app.clone() }
    }

    /// Sends an event without a channel, like the protocol's own events.
    pub fn send(&mut self, event: &str, data: &Value) {
        self.socket.text(&json!({"event": event, "data": data}).to_string());
    }

    /// Sends a client event.
    pub fn whisper(&mut self, channel: &str, event: &str, data: &Value) {
        self.socket.text(&json!({"event": event, "channel": channel, "data": data}).to_string());
    }

    /// The next event, which must have this name.
    ///
    /// # Panics
    /// When it has another name, or none arrives in time.
    pub fn expect(&mut self, name: &str) -> Value {
        let event = self.socket.event();
        assert_eq!(event["event"], name, "{event}");
        event
    }

    /// Sends a ping, and returns all events that arrive before the answer.
    ///
    /// # Panics
    /// When the answer does not arrive in time.
    pub fn fence(&mut self) -> Vec<Value> {
        self.send("pusher:ping", &json!({}));
        let mut events = Vec::new();
        loop {
            let event = self.socket.event();
            if event["event"] == "pusher:pong" {
                return events;
            }
            events.push(event);
        }
    }

    /// Asserts that the server has sent nothing.
    ///
    /// # Panics
    /// When it has.
    pub fn expect_nothing(&mut self) {
        assert_eq!(self.fence(), Vec::<Value>::new());
    }

    /// The `auth` of the backend for a subscription of this client.
    #[must_use]
    pub fn auth(&self, channel: &str, channel_data: Option<&str>) -> String {
        sign::subscription(&self.app, &self.socket_id, channel, channel_data)
    }

    /// Subscribes, with a signature if the channel needs one, and returns the answer, which must be a success.
    pub fn subscribe(&mut self, channel: &str) -> Value {
        let is_signed = channel.starts_with("private-") || channel.starts_with("presence-");
        let auth = if is_signed { self.auth(channel, None) } else { String::new() };
        self.send("pusher:subscribe", &json!({"channel": channel, "auth": auth}));
        self.succeeded(channel)
    }

    /// Joins a presence channel with this signed data, and returns the snapshot.
    pub fn join(&mut self, channel: &str, channel_data: &str) -> Value {
        self.ask_to_join(channel, channel_data);
        let event = self.succeeded(channel);
        data(&event)["presence"].clone()
    }

    /// Sends a subscription with signed data, without reading the answer.
    pub fn ask_to_join(&mut self, channel: &str, channel_data: &str) {
        let auth = self.auth(channel, Some(channel_data));
        self.send("pusher:subscribe", &json!({"channel": channel, "auth": auth, "channel_data": channel_data}));
    }

    /// Ends a subscription.
    pub fn unsubscribe(&mut self, channel: &str) {
        self.send("pusher:unsubscribe", &json!({"channel": channel}));
    }

    /// Signs in and reads the answer, which must be a success.
    ///
    /// # Panics
    /// When it is not.
    pub fn sign_in(&mut self, user_data: &str) {
        self.ask_to_sign_in(user_data);
        let answer = self.expect("pusher:signin_success");
        assert_eq!(data(&answer), json!({"user_data": user_data}));
    }

    /// Sends a sign-in, without reading the answer.
    pub fn ask_to_sign_in(&mut self, user_data: &str) {
        let auth = sign::user(&self.app, &self.socket_id, user_data);
        self.send("pusher:signin", &json!({"auth": auth, "user_data": user_data}));
    }

    /// Reads the success of a subscription.
    ///
    /// # Panics
    /// When the next event is another.
    pub fn succeeded(&mut self, channel: &str) -> Value {
        let event = self.expect("pusher_internal:subscription_succeeded");
        assert_eq!(event["channel"], channel, "{event}");
        assert!(event["data"].is_string(), "{event}");
        event
    }

    /// Reads the two events of a refused subscription, one for Echo and one for other clients, and returns the data of
    /// the first: `type`, `error` and `status`.
    ///
    /// # Panics
    /// When the server has sent anything else.
    pub fn refused(&mut self, channel: &str) -> Value {
        let events = self.fence();
        let find = |name: &str| events.iter().find(|event| event["event"] == name);
        let (Some(refusal), Some(error), 2) = (find("pusher:subscription_error"), find("pusher:error"), events.len())
        else {
            panic!("{channel:?} was not refused: {events:?}")
        };
        assert_eq!(refusal["channel"], channel, "{refusal}");
        let reason = data(refusal);
        assert_eq!(reason["type"], "AuthError", "{refusal}");
        assert!(reason["error"].as_str().is_some_and(|error| !error.is_empty()), "{refusal}");
        assert_complaint(error);
        reason
    }

    /// Reads the error about a refused request, and returns its message. The connection must stay open.
    ///
    /// # Panics
    /// When the server has sent anything else.
    pub fn complained(&mut self) -> String {
        let events = self.fence();
        let [error] = events.as_slice() else { panic!("no single error: {events:?}") };
        assert_complaint(error)
    }
}

/// Asserts that an event is an error which does not close the connection:
/// `{"event":"pusher:error","data":{"code":null,"message":…}}`. Returns the message.
fn assert_complaint(event: &Value) -> String {
    let message = event["data"]["message"].as_str().unwrap_or_default().to_owned();
    assert!(!message.is_empty(), "{event}");
    assert_eq!(*event, json!({"event": "pusher:error", "data": {"code": null, "message": message}}));
    message
}

/// The data of an event, which is JSON in a JSON string.
///
/// # Panics
/// When it is anything else.
#[must_use]
pub fn data(event: &Value) -> Value {
    let text = event["data"].as_str().unwrap_or_else(|| panic!("data is not a string in {event}"));
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in the data of {event}"))
}
