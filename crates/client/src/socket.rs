//! A client of the Pusher protocol.

use std::time::{Duration, Instant};

use clairon_protocol::{SocketId, without_lone_surrogates};
use serde_json::{Value, json};
use tungstenite::{
    ClientHandshake, HandshakeError, Message, WebSocket,
    client::{IntoClientRequest, client_with_config},
    error::Error,
    http::{HeaderValue, Response},
    protocol::WebSocketConfig,
};

use crate::{PATIENCE, endpoint::Endpoint, stream::Stream, text::quote};

/// A server's message may be this long, in bytes.
const MAX_MESSAGE: usize = 1 << 20;

/// How long the last words may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// What a server may ask a client to be silent for; more is taken for this.
const MAX_SILENCE: Duration = Duration::from_hours(1);
/// The same where the server does not say: the protocol's default.
const DEFAULT_SILENCE: Duration = Duration::from_mins(2);

/// A connection that the server has greeted.
pub struct PusherSocket {
    socket: WebSocket<Stream>,
    /// What the server calls it.
    pub id: SocketId,
    /// After so much silence a client is to ask whether the server is still there.
    pub activity_timeout: Duration,
}

/// Why there is no connection.
#[derive(Debug)]
pub enum Refused {
    /// The request was answered, but not with 101.
    NotUpgraded(NotUpgraded),
    /// The server has said why, in Pusher's terms.
    Told {
        /// The code, from 4000 on; or a status.
        code: Option<u64>,
        /// The words.
        message: String,
    },
    /// Anything else, in words.
    Broken(String),
}

/// An answer other than 101.
#[derive(Debug)]
pub struct NotUpgraded {
    /// Its status.
    pub status: u16,
    /// Its header `Server`.
    pub server: String,
    /// Its header `Location`.
    pub location: String,
    /// Its body.
    pub message: String,
}

impl PusherSocket {
    /// Connects as pusher-js does.
    ///
    /// # Errors
    /// When there is no connection, or the server does not let this client in.
    pub fn connect(endpoint: &Endpoint, key: &str, origin: Option<&str>) -> Result<Self, Refused> {
        let broken = |error: &dyn std::fmt::Display| Refused::Broken(quote(&error.to_string()));
        let stream = Stream::open(endpoint).map_err(|error| broken(&error))?;
        let url =
            endpoint.websocket(&format!("/app/{key}?protocol=7&client=clairon&version={}", env!("CARGO_PKG_VERSION")));
        let mut request = url.into_client_request().map_err(|error| broken(&error))?;
        if let Some(origin) = origin.and_then(|origin| HeaderValue::from_str(origin).ok()) {
            request.headers_mut().insert("origin", origin);
        }
        let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
        let (mut socket, _) = client_with_config(request, stream, Some(config)).map_err(refused)?;
        let first = next_event(&mut socket, None)?.ok_or_else(silent)?;
        let greeting = data(&first);
        let id = match first["event"].as_str() {
            Some("pusher:connection_established") => greeting["socket_id"].as_str().and_then(|id| id.parse().ok()),
            Some("pusher:error") => return Err(told(&greeting)),
            _ => None,
        };
        let id = id.ok_or_else(|| Refused::Broken(format!("the first message is {}", quote(&first.to_string()))))?;
        let silence = greeting["activity_timeout"].as_u64().filter(|seconds| *seconds > 0);
        let activity_timeout = silence.map_or(DEFAULT_SILENCE, Duration::from_secs).min(MAX_SILENCE);
        Ok(Self { socket, id, activity_timeout })
    }

    /// Sends an event.
    ///
    /// # Errors
    /// When the connection is broken.
    pub fn send(&mut self, event: &Value) -> Result<(), Refused> {
        self.socket.get_mut().give(PATIENCE);
        let sent = self.socket.send(Message::text(event.to_string()));
        sent.map_err(|error| Refused::Broken(quote(&error.to_string())))
    }

    /// The next event; `None` if there is none for so long.
    ///
    /// # Errors
    /// When the connection is broken, or closed by the server, which may say why.
    pub fn next(&mut self, wait: Duration) -> Result<Option<Value>, Refused> {
        next_event(&mut self.socket, Some(wait))
    }

    /// Subscribes to a public channel and waits for the answer.
    ///
    /// # Errors
    /// When there is another answer or none.
    pub fn subscribe(&mut self, channel: &str) -> Result<(), Refused> {
        let message = json!({"event": "pusher:subscribe", "data": {"channel": channel, "auth": ""}});
        self.send(&message)?;
        self.wait_for("pusher_internal:subscription_succeeded", channel)
    }

    /// Waits for an event on a channel, for [`PATIENCE`].
    ///
    /// # Errors
    /// When it does not come, or an error does.
    pub fn wait_for(&mut self, name: &str, channel: &str) -> Result<(), Refused> {
        let start = Instant::now();
        loop {
            let event = self.next(PATIENCE.saturating_sub(start.elapsed()))?.ok_or_else(silent)?;
            match event["event"].as_str() {
                Some(found) if found == name && event["channel"] == channel => return Ok(()),
                Some("pusher:error" | "pusher:subscription_error") => return Err(told(&data(&event))),
                _ => {}
            }
        }
    }

    /// Says goodbye, so that the server does not note a broken connection.
    pub fn close(mut self) {
        self.socket.get_mut().give(GOODBYE);
        // Whoever has gone already needs no goodbye.
        let _ = self.socket.close(None);
        let _ = self.socket.flush();
    }
}

/// The next event, or `None` if the server is silent, or says other things, for so long; in the time that the
/// connection has anyway if no other is given.
fn next_event(socket: &mut WebSocket<Stream>, wait: Option<Duration>) -> Result<Option<Value>, Refused> {
    let broken = |error: &dyn std::fmt::Display| Refused::Broken(quote(&error.to_string()));
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
                return Err(Refused::Told { code: Some(code), message: quote(&frame.reason) });
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

fn silent() -> Refused {
    Refused::Broken(format!("nothing came within {} s", PATIENCE.as_secs()))
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

/// What the data of an error says.
#[must_use]
pub fn told(data: &Value) -> Refused {
    let text = |name: &str| data[name].as_str().map(quote);
    Refused::Told {
        code: data["code"].as_u64().or_else(|| data["status"].as_u64()),
        message: text("message").or_else(|| text("error")).unwrap_or_default(),
    }
}

/// The data of an event, which is JSON in a string, or in errors JSON itself.
#[must_use]
pub fn data(event: &Value) -> Value {
    match &event["data"] {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.clone(),
    }
}
