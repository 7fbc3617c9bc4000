//! One connection of `clairon listen`, from its start to its end.

use std::{
    io,
    time::{Duration, Instant},
};

use anyhow::Context;
use clairon_client::{
    AppTarget, PusherSocket, SocketError,
    socket::{event_data, refusal},
};
use clairon_protocol::{auth::subscription_signature, one_line, quote};
use serde_json::{Map, Value, json};

use super::{Listening, printer::Printer, retry::is_final};
use crate::{
    commands::{
        CANNOT_PRINT,
        connect_failure::{socket_error, unreachable},
        terminal,
    },
    config::Problems,
};

/// The time for a server to answer a ping.
const PONG: Duration = Duration::from_secs(30);
/// The lifetime after which a connection counts as good, even without an event.
const PROOF: Duration = Duration::from_secs(10);

/// The state that outlives a connection.
pub(super) struct Listener<'a> {
    target: &'a AppTarget,
    channels: &'a [String],
    member: Value,
    deadline: Option<Instant>,
    left: Option<u64>,
    /// True once a connection was established.
    has_connected: bool,
    pub(super) printer: Printer,
}

/// How a connection ended.
pub(super) enum ConnectionEnd {
    /// The count of events is reached.
    CountIsFull,
    TimeIsOver,
    /// Another attempt would fail in the same way. The text says why.
    Refused(String),
    /// Another attempt may succeed.
    Lost {
        error: SocketError,
        /// True if the connection lasted, or brought an event.
        was_good: bool,
    },
}

impl<'a> Listener<'a> {
    pub(super) fn new(
        target: &'a AppTarget,
        listening: &'a Listening,
        deadline: Option<Instant>,
    ) -> Result<Self, Problems> {
        let channels = &listening.channels;
        if let (None, Some(channel)) = (&target.credentials, channels.iter().find(|channel| is_signed(channel))) {
            let why = "needs the app's secret, to sign the subscription: http(s)://KEY:SECRET@…/apps/ID";
            return Err(Problems::one(format_args!("{channel} {why}")));
        }
        let id = listening.user_id.clone().unwrap_or_else(|| format!("clairon-{:08x}", rand::random::<u32>()));
        let mut member = Map::from_iter([("user_id".to_owned(), id.into())]);
        if let Some(info) = &listening.user_info {
            member.insert("user_info".to_owned(), info.clone().into());
        }
        let left = listening.count.map(Into::into);
        let printer = Printer::new(listening);
        Ok(Self { target, channels, member: member.into(), deadline, left, has_connected: false, printer })
    }

    /// Connects, subscribes, and prints until something ends it.
    pub(super) fn connection(&mut self) -> anyhow::Result<ConnectionEnd> {
        let endpoint = self.target.socket_endpoint();
        let mut socket = match PusherSocket::connect(&endpoint, self.target.key.as_str(), None) {
            Ok(socket) => socket,
            Err(error) => return Ok(self.not_connected(error)),
        };
        self.has_connected = true;
        terminal::say(terminal::DIM, format_args!("connected to {} as {}", endpoint.websocket(""), socket.id));
        let (began, printed) = (Instant::now(), self.printer.printed);
        match self.follow(&mut socket) {
            Ok(end) => {
                socket.close();
                Ok(end)
            }
            Err(ListenError::Connection(error)) if is_final(&error) => {
                Ok(ConnectionEnd::Refused(socket_error(&endpoint, &error)))
            }
            Err(ListenError::Connection(error)) => {
                let was_good = self.printer.printed > printed || began.elapsed() >= PROOF;
                Ok(ConnectionEnd::Lost { error, was_good })
            }
            Err(ListenError::Output(error)) => Err(error).context(CANNOT_PRINT),
        }
    }

    /// Decides whether a failed attempt is repeated. It is if there was a connection before; without one, the address
    /// is probably wrong.
    fn not_connected(&self, error: SocketError) -> ConnectionEnd {
        let endpoint = self.target.socket_endpoint();
        match &error {
            _ if is_final(&error) => ConnectionEnd::Refused(socket_error(&endpoint, &error)),
            SocketError::Broken(why) if !self.has_connected => ConnectionEnd::Refused(unreachable(&endpoint, why)),
            SocketError::NotUpgraded(_) if !self.has_connected => {
                ConnectionEnd::Refused(socket_error(&endpoint, &error))
            }
            SocketError::Broken(why) => {
                ConnectionEnd::Lost { error: SocketError::Broken(unreachable(&endpoint, why)), was_good: false }
            }
            _ => ConnectionEnd::Lost { error, was_good: false },
        }
    }

    fn follow(&mut self, socket: &mut PusherSocket) -> Result<ConnectionEnd, ListenError> {
        for channel in self.channels {
            socket.send(&self.subscription(socket, channel))?;
        }
        let mut last = Instant::now();
        let mut has_asked = false;
        // The last error that the server sent: the reason if it then closes without a code.
        let mut reason = None;
        loop {
            let patience = if has_asked { PONG } else { socket.activity_timeout };
            let silence = patience.saturating_sub(last.elapsed());
            let left = self.deadline.map_or(silence, |deadline| deadline.saturating_duration_since(Instant::now()));
            let event = match socket.next(silence.min(left)) {
                Ok(event) => event,
                Err(SocketError::Broken(why)) => return Err(reason.unwrap_or(SocketError::Broken(why)).into()),
                Err(error) => return Err(error.into()),
            };
            let Some(event) = event else {
                if left <= silence {
                    return Ok(ConnectionEnd::TimeIsOver);
                }
                if has_asked {
                    return Err(SocketError::Broken("the server does not answer any more".to_owned()).into());
                }
                socket.send(&json!({"event": "pusher:ping", "data": {}}))?;
                (has_asked, last) = (true, Instant::now());
                continue;
            };
            (has_asked, last) = (false, Instant::now());
            if event["event"] == "pusher:error" {
                reason = self.complaint(&event)?;
            } else if let Some(end) = self.take(socket, &event)? {
                return Ok(end);
            }
        }
    }

    /// Answers or prints a message. Returns the end of the connection, if the message causes it.
    fn take(&mut self, socket: &mut PusherSocket, event: &Value) -> Result<Option<ConnectionEnd>, ListenError> {
        match event["event"].as_str().unwrap_or_default() {
            "pusher:ping" => socket.send(&json!({"event": "pusher:pong", "data": {}}))?,
            "pusher:pong" => {}
            "pusher:subscription_error" => return Ok(Some(ConnectionEnd::Refused(subscription_error(event)))),
            "pusher_internal:subscription_succeeded" => subscribed(event),
            _ => {
                self.printer.event(event)?;
                if let Some(left) = &mut self.left {
                    *left -= 1;
                    return Ok((*left == 0).then_some(ConnectionEnd::CountIsFull));
                }
            }
        }
        Ok(None)
    }

    /// Handles `pusher:error`. With a close code it is the reason of the close that follows and is returned; otherwise
    /// it is printed and the connection goes on.
    fn complaint(&self, event: &Value) -> Result<Option<SocketError>, ListenError> {
        let error = refusal(&event_data(event));
        if is_final(&error) {
            return Err(error.into());
        }
        if matches!(error, SocketError::Refused { code: Some(4_000..=4_299), .. }) {
            return Ok(Some(error));
        }
        let why = socket_error(&self.target.socket_endpoint(), &error);
        terminal::say(terminal::YELLOW, format_args!("the server says: {why}"));
        Ok(None)
    }

    fn subscription(&self, socket: &PusherSocket, channel: &str) -> Value {
        let mut request = json!({"channel": channel});
        if let Some(credentials) = self.target.credentials.as_ref().filter(|_| is_signed(channel)) {
            let member = channel.starts_with("presence-").then(|| self.member.to_string());
            let signature = subscription_signature(&credentials.secret, socket.id, channel, member.as_deref());
            request["auth"] = format!("{}:{}", credentials.key, signature.to_hex()).into();
            if let Some(member) = member {
                request["channel_data"] = member.into();
            }
        }
        json!({"event": "pusher:subscribe", "data": request})
    }
}

/// A failure while a connection is open.
#[derive(Debug, thiserror::Error)]
enum ListenError {
    #[error(transparent)]
    Connection(#[from] SocketError),
    #[error(transparent)]
    Output(#[from] io::Error),
}

fn is_signed(channel: &str) -> bool {
    channel.starts_with("private-") || channel.starts_with("presence-")
}

fn subscribed(event: &Value) {
    let channel = one_line(event["channel"].as_str().unwrap_or_default());
    let members = event_data(event)["presence"]["count"].as_u64();
    let members = members.map(|count| format!(", {count} member(s)")).unwrap_or_default();
    terminal::say(terminal::GREEN, format_args!("subscribed to {channel}{members}"));
}

fn subscription_error(event: &Value) -> String {
    let channel = quote(event["channel"].as_str().unwrap_or_default());
    let why = match refusal(&event_data(event)) {
        SocketError::Refused { code: Some(code), message } => format!("{code} {message}"),
        SocketError::Refused { code: None, message } => message,
        _ => String::new(),
    };
    format!("the subscription to {channel} is refused: {why}")
}
