//! A client of the Pusher protocol.

use std::time::Instant;

use clairon_protocol::SocketId;
use serde_json::{Value, json};
use tungstenite::{
    ClientHandshake, HandshakeError, Message, WebSocket,
    client::{IntoClientRequest, client_with_config},
    error::Error,
    http::{HeaderValue, Response},
    protocol::WebSocketConfig,
};

use super::{PATIENCE, stream::Stream};
use crate::{endpoint::Endpoint, text::quote};

/// A server's message may be this long, in bytes.
const MAX_MESSAGE: usize = 1 << 20;

pub(crate) struct PusherSocket {
    socket: WebSocket<Stream>,
    pub(crate) id: SocketId,
}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The request was answered, but not with 101.
    NotUpgraded(NotUpgraded),
    /// The server has said why, in Pusher's terms.
    Told { code: Option<u64>, message: String },
    /// Anything else, in words.
    Broken(String),
}

/// An answer other than 101.
#[derive(Debug)]
pub(crate) struct NotUpgraded {
    pub(crate) status: u16,
    pub(crate) server: String,
    pub(crate) location: String,
    pub(crate) message: String,
}

impl PusherSocket {
    /// Connects as pusher-js does.
    pub(crate) fn connect(endpoint: &Endpoint, key: &str, origin: Option<&str>) -> Result<Self, Refused> {
        let broken = |error: &dyn std::fmt::Display| Refused::Broken(quote(&error.to_string()));
        let stream = Stream::open(endpoint).map_err(|error| broken(&error))?;
        let url = endpoint
            .websocket(&format!("/app/{key}?protocol=7&client=clairon-doctor&version={}", env!("CARGO_PKG_VERSION")));
        let mut request = url.into_client_request().map_err(|error| broken(&error))?;
        if let Some(origin) = origin.and_then(|origin| HeaderValue::from_str(origin).ok()) {
            request.headers_mut().insert("origin", origin);
        }
        let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
        let (mut socket, _) = client_with_config(request, stream, Some(config)).map_err(refused)?;
        let first = next_event(&mut socket, Instant::now())?;
        let id = match first["event"].as_str() {
            Some("pusher:connection_established") => data(&first)["socket_id"].as_str().and_then(|id| id.parse().ok()),
            Some("pusher:error") => return Err(told(&data(&first))),
            _ => None,
        };
        let id = id.ok_or_else(|| Refused::Broken(format!("the first message is {}", quote(&first.to_string()))))?;
        Ok(Self { socket, id })
    }

    /// Subscribes to a public channel and waits for the answer.
    pub(crate) fn subscribe(&mut self, channel: &str) -> Result<(), Refused> {
        let message = json!({"event": "pusher:subscribe", "data": {"channel": channel, "auth": ""}});
        self.socket
            .send(Message::text(message.to_string()))
            .map_err(|error| Refused::Broken(quote(&error.to_string())))?;
        self.wait_for("pusher_internal:subscription_succeeded", channel)
    }

    /// Waits for an event on a channel.
    pub(crate) fn wait_for(&mut self, name: &str, channel: &str) -> Result<(), Refused> {
        let start = Instant::now();
        loop {
            let event = next_event(&mut self.socket, start)?;
            match event["event"].as_str() {
                Some(found) if found == name && event["channel"] == channel => return Ok(()),
                Some("pusher:error" | "pusher:subscription_error") => return Err(told(&data(&event))),
                _ => {}
            }
        }
    }

    /// Says goodbye, so that the server does not note a broken connection.
    pub(crate) fn close(mut self) {
        // Whoever has gone already needs no goodbye.
        let _ = self.socket.close(None);
        let _ = self.socket.flush();
    }
}

/// The next event. The wait ends when the server is silent, or has said other things, for too long.
fn next_event(socket: &mut WebSocket<Stream>, start: Instant) -> Result<Value, Refused> {
    while start.elapsed() < PATIENCE {
        match socket.read() {
            Ok(Message::Text(text)) => {
                return serde_json::from_str(&text)
                    .map_err(|_| Refused::Broken(format!("a message that is no JSON: {}", quote(&text))));
            }
            Ok(Message::Close(Some(frame))) => {
                let code = u64::from(u16::from(frame.code));
                return Err(Refused::Told { code: Some(code), message: quote(&frame.reason) });
            }
            Ok(_) => {}
            Err(Error::Io(error))
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
            {
                break;
            }
            Err(error) => return Err(Refused::Broken(quote(&error.to_string()))),
        }
    }
    Err(Refused::Broken(format!("nothing came within {} s", PATIENCE.as_secs())))
}

fn refused(error: HandshakeError<ClientHandshake<Stream>>) -> Refused {
    match error {
        HandshakeError::Failure(Error::Http(response)) => Refused::NotUpgraded(not_upgraded(&response)),
        HandshakeError::Failure(error) => Refused::Broken(quote(&error.to_string())),
        HandshakeError::Interrupted(_) => Refused::Broken(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

fn not_upgraded(response: &Response<Option<Vec<u8>>>) -> NotUpgraded {
    let header = |name: &str| {
        response.headers().get(name).map(|value| quote(&String::from_utf8_lossy(value.as_bytes()))).unwrap_or_default()
    };
    let body = response.body().as_deref().unwrap_or_default();
    NotUpgraded {
        status: response.status().as_u16(),
        server: header("server"),
        location: header("location"),
        message: quote(&String::from_utf8_lossy(body)),
    }
}

fn told(data: &Value) -> Refused {
    let text = |name: &str| data[name].as_str().map(quote);
    Refused::Told {
        code: data["code"].as_u64().or_else(|| data["status"].as_u64()),
        message: text("message").or_else(|| text("error")).unwrap_or_default(),
    }
}

/// The data of an event, which is JSON in a string, or in errors JSON itself.
fn data(event: &Value) -> Value {
    match &event["data"] {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.clone(),
    }
}
