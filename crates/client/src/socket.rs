//! A WebSocket connection to a server, as pusher-js makes it.

use std::time::{Duration, Instant};

use clairon_protocol::{SocketId, quote, without_lone_surrogates};
use serde_json::{Value, json};
use tungstenite::{
    ClientHandshake, HandshakeError, Message, WebSocket,
    client::{IntoClientRequest, client_with_config},
    error::Error,
    http::{HeaderValue, Response},
    protocol::WebSocketConfig,
};

use crate::{PATIENCE, endpoint::Endpoint, stream::Stream};

/// The longest message of a server, in bytes.
const MAX_MESSAGE: usize = 1 << 20;

/// The time for the close frame to go out.
const GOODBYE: Duration = Duration::from_secs(1);
/// The longest `activity_timeout` that is used; a longer one of the server is reduced to it.
const MAX_SILENCE: Duration = Duration::from_hours(1);
/// The `activity_timeout` if the server names none: the protocol's default.
const DEFAULT_SILENCE: Duration = Duration::from_mins(2);

/// A connection with a socket id.
pub struct PusherSocket {
    socket: WebSocket<Stream>,
    /// The id that the server gave the connection.
    pub id: SocketId,
    /// After this time without a message from the server, the client sends a ping.
    pub activity_timeout: Duration,
}

/// Why there is no connection, or none any more. Texts of the peer in the messages are quoted.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// The server answered the handshake with another status than 101.
    #[error("status {}", .0.status)]
    NotUpgraded(NotUpgraded),
    /// The server sent an error in Pusher's form, or a close frame.
    #[error("{}{message}", .code.map(|code| format!("{code} ")).unwrap_or_default())]
    Refused {
        /// A close code from 4000 on, or an HTTP status; the server may send none.
        code: Option<u64>,
        /// The server's message.
        message: String,
    },
    /// The connection failed, or the server broke the protocol.
    #[error("{0}")]
    Broken(String),
}

/// An answer to a handshake other than 101. All texts are quoted.
#[derive(Debug)]
pub struct NotUpgraded {
    /// The status.
    pub status: u16,
    /// The header `Server`, empty if missing.
    pub server: String,
    /// The header `Location`, empty if missing.
    pub location: String,
    /// The body.
    pub message: String,
}

impl PusherSocket {
    /// Connects as pusher-js does, and waits for the socket id. `origin` becomes the header `Origin`.
    ///
    /// # Errors
    /// When the connection fails or the server refuses it.
    pub fn connect(endpoint: &Endpoint, key: &str, origin: Option<&str>) -> Result<Self, SocketError> {
        let broken = |error: &dyn std::fmt::Display| SocketError::Broken(quote(&error.to_string()));
        let stream = Stream::open(endpoint).map_err(|error| broken(&error))?;
        let url =
            endpoint.websocket(&format!("/app/{key}?protocol=7&client=clairon&version={}", env!("CARGO_PKG_VERSION")));
        let mut request = url.into_client_request().map_err(|error| broken(&error))?;
        if let Some(origin) = origin.and_then(|origin| HeaderValue::from_str(origin).ok()) {
            request.headers_mut().insert("origin", origin);
        }
        let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
        let (mut socket, _) = client_with_config(request, stream, Some(config)).map_err(handshake_error)?;
        let first = next_event(&mut socket, None)?.ok_or_else(silent)?;
        let greeting = event_data(&first);
        let id = match first["event"].as_str() {
            Some("pusher:connection_established") => greeting["socket_id"].as_str().and_then(|id| id.parse().ok()),
            Some("pusher:error") => return Err(refusal(&greeting)),
            _ => None,
        };
        let id =
            id.ok_or_else(|| SocketError::Broken(format!("the first message is {}", quote(&first.to_string()))))?;
        let silence = greeting["activity_timeout"].as_u64().filter(|seconds| *seconds > 0);
        let activity_timeout = silence.map_or(DEFAULT_SILENCE, Duration::from_secs).min(MAX_SILENCE);
        Ok(Self { socket, id, activity_timeout })
    }

    /// Sends an event.
    ///
    /// # Errors
    /// When the connection is broken, or the server does not read within [`PATIENCE`].
    pub fn send(&mut self, event: &Value) -> Result<(), SocketError> {
        self.socket.get_mut().give(PATIENCE);
        let sent = self.socket.send(Message::text(event.to_string()));
        sent.map_err(|error| SocketError::Broken(quote(&error.to_string())))
    }

    /// The next event; nothing if none comes within `wait`.
    ///
    /// # Errors
    /// When the connection is broken, or the server closes it.
    pub fn next(&mut self, wait: Duration) -> Result<Option<Value>, SocketError> {
        next_event(&mut self.socket, Some(wait))
    }

    /// Subscribes to a public channel and waits for the confirmation.
    ///
    /// # Errors
    /// When the server refuses, or confirms nothing within [`PATIENCE`].
    pub fn subscribe(&mut self, channel: &str) -> Result<(), SocketError> {
        let message = json!({"event": "pusher:subscribe", "data": {"channel": channel, "auth": ""}});
        self.send(&message)?;
        self.wait_for("pusher_internal:subscription_succeeded", channel)
    }

    /// Waits for an event on a channel and skips all others.
    ///
    /// # Errors
    /// When the event does not come within [`PATIENCE`], or the server sends an error.
    pub fn wait_for(&mut self, name: &str, channel: &str) -> Result<(), SocketError> {
        let start = Instant::now();
        loop {
            let event = self.next(PATIENCE.saturating_sub(start.elapsed()))?.ok_or_else(silent)?;
            match event["event"].as_str() {
                Some(found) if found == name && event["channel"] == channel => return Ok(()),
                Some("pusher:error" | "pusher:subscription_error") => return Err(refusal(&event_data(&event))),
                _ => {}
            }
        }
    }

    /// Sends a close frame, so that the server does not log a broken connection.
    pub fn close(mut self) {
        self.socket.get_mut().give(GOODBYE);
        // A failure means that the connection has already ended.
        let _ = self.socket.close(None);
        let _ = self.socket.flush();
    }
}

/// The next event; nothing if none comes within `wait`. Without `wait`, the deadline that the stream has already is
/// used.
fn next_event(socket: &mut WebSocket<Stream>, wait: Option<Duration>) -> Result<Option<Value>, SocketError> {
    let broken = |error: &dyn std::fmt::Display| SocketError::Broken(quote(&error.to_string()));
    if let Some(wait) = wait {
        socket.get_mut().give(wait);
    }
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => {
                let event = serde_json::from_str(&without_lone_surrogates(&text));
                return event.map(Some).map_err(|_| broken(&format_args!("a message that is no JSON: {text}")));
            }
            Ok(Message::Close(Some(frame))) => {
                let code = u64::from(u16::from(frame.code));
                return Err(SocketError::Refused { code: Some(code), message: quote(&frame.reason) });
            }
            Ok(_) => {}
            Err(Error::Io(error))
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(broken(&error)),
        }
    }
}

fn silent() -> SocketError {
    SocketError::Broken(format!("nothing came within {} s", PATIENCE.as_secs()))
}

fn handshake_error(error: HandshakeError<ClientHandshake<Stream>>) -> SocketError {
    match error {
        HandshakeError::Failure(Error::Http(response)) => SocketError::NotUpgraded(not_upgraded(&response)),
        HandshakeError::Failure(error) => SocketError::Broken(quote(&error.to_string())),
        HandshakeError::Interrupted(_) => SocketError::Broken(format!("no answer within {} s", PATIENCE.as_secs())),
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

/// The error that the data of `pusher:error` or `pusher:subscription_error` describes.
#[must_use]
pub fn refusal(data: &Value) -> SocketError {
    let text = |name: &str| data[name].as_str().map(quote);
    SocketError::Refused {
        code: data["code"].as_u64().or_else(|| data["status"].as_u64()),
        message: text("message").or_else(|| text("error")).unwrap_or_default(),
    }
}

/// The data of an event as JSON. The protocol sends it as a string of JSON, but in errors as JSON itself.
#[must_use]
pub fn event_data(event: &Value) -> Value {
    match &event["data"] {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.clone(),
    }
}
