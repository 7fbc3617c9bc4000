//! One connection, from its greeting to its end.

use std::time::{Duration, Instant};

use clairon_client::{
    PusherSocket, Target,
    socket::{Refused, data, told},
};
use clairon_protocol::{auth::subscription_signature, one_line};
use serde_json::{Map, Value, json};

use super::{ListenArgs, printer::Printer, retry::is_final};
use crate::commands::{
    connect_failure::{self, unreachable},
    live_error::LiveError,
    terminal,
};

/// How long a server may take to say that it is still there.
const PONG: Duration = Duration::from_secs(30);
/// How long a connection has to last to be of use though nothing has come.
const PROOF: Duration = Duration::from_secs(10);

/// What stays the same over all connections.
pub(super) struct Listener<'a> {
    target: &'a Target,
    channels: &'a [String],
    member: Value,
    deadline: Option<Instant>,
    left: Option<u64>,
    /// Whether there has ever been a connection.
    has_connected: bool,
    pub(super) printer: Printer,
}

/// How a connection ended.
pub(super) enum End {
    /// All events that were asked for have come.
    Enough,
    TimeIsOver,
    /// The server will not let us in, whatever we try.
    Refused(String),
    /// It is to be made again.
    Lost {
        refused: Refused,
        /// It has lasted, or brought something.
        was_good: bool,
    },
}

impl<'a> Listener<'a> {
    pub(super) fn new(
        target: &'a Target,
        arguments: &'a ListenArgs,
        printer: Printer,
        deadline: Option<Instant>,
    ) -> Result<Self, LiveError> {
        let channels = &arguments.channels;
        if let (None, Some(channel)) = (&target.credentials, channels.iter().find(|channel| is_signed(channel))) {
            let why = "needs the app's secret, to sign the subscription: http(s)://KEY:SECRET@…/apps/ID";
            return Err(LiveError::Usage(format!("{channel} {why}")));
        }
        let id = arguments.user_id.clone().unwrap_or_else(|| format!("clairon-{:08x}", rand::random::<u32>()));
        let mut member = Map::from_iter([("user_id".to_owned(), id.into())]);
        if let Some(info) = &arguments.user_info {
            member.insert("user_info".to_owned(), info.clone().into());
        }
        let left = arguments.count.map(Into::into);
        Ok(Self { target, channels, member: member.into(), deadline, left, has_connected: false, printer })
    }

    /// Connects, subscribes, and prints until something ends it.
    pub(super) fn connection(&mut self) -> Result<End, LiveError> {
        let endpoint = self.target.socket_endpoint();
        let mut socket = match PusherSocket::connect(&endpoint, self.target.key.as_str(), None) {
            Ok(socket) => socket,
            Err(refused) => return Ok(self.not_connected(refused)),
        };
        self.has_connected = true;
        terminal::say(terminal::DIM, format_args!("connected to {} as {}", endpoint.websocket(""), socket.id));
        let (began, printed) = (Instant::now(), self.printer.printed);
        match self.follow(&mut socket) {
            Ok(end) => {
                socket.close();
                Ok(end)
            }
            Err(Broken::Connection(refused)) if is_final(&refused) => {
                Ok(End::Refused(connect_failure::refused(&endpoint, &refused)))
            }
            Err(Broken::Connection(refused)) => {
                let was_good = self.printer.printed > printed || began.elapsed() >= PROOF;
                Ok(End::Lost { refused, was_good })
            }
            Err(Broken::Output(error)) => Err(error.into()),
        }
    }

    /// A server that was there is waited for; one that never was is more likely to be a mistake.
    fn not_connected(&self, refused: Refused) -> End {
        let endpoint = self.target.socket_endpoint();
        match &refused {
            _ if is_final(&refused) => End::Refused(connect_failure::refused(&endpoint, &refused)),
            Refused::Broken(why) if !self.has_connected => End::Refused(unreachable(&endpoint, why)),
            Refused::NotUpgraded(_) if !self.has_connected => {
                End::Refused(connect_failure::refused(&endpoint, &refused))
            }
            Refused::Broken(why) => {
                End::Lost { refused: Refused::Broken(unreachable(&endpoint, why)), was_good: false }
            }
            _ => End::Lost { refused, was_good: false },
        }
    }

    fn follow(&mut self, socket: &mut PusherSocket) -> Result<End, Broken> {
        for channel in self.channels {
            socket.send(&self.subscription(socket, channel))?;
        }
        let mut last = Instant::now();
        let mut has_asked = false;
        // What the server has said of its reasons, in case that it goes without a code.
        let mut reason = None;
        loop {
            let patience = if has_asked { PONG } else { socket.activity_timeout };
            let silence = patience.saturating_sub(last.elapsed());
            let left = self.deadline.map_or(silence, |deadline| deadline.saturating_duration_since(Instant::now()));
            let event = match socket.next(silence.min(left)) {
                Ok(event) => event,
                Err(Refused::Broken(why)) => return Err(reason.unwrap_or(Refused::Broken(why)).into()),
                Err(told) => return Err(told.into()),
            };
            let Some(event) = event else {
                if left <= silence {
                    return Ok(End::TimeIsOver);
                }
                if has_asked {
                    return Err(Refused::Broken("the server does not answer any more".to_owned()).into());
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

    /// Answers or prints a message; returns an end that it brings.
    fn take(&mut self, socket: &mut PusherSocket, event: &Value) -> Result<Option<End>, Broken> {
        match event["event"].as_str().unwrap_or_default() {
            "pusher:ping" => socket.send(&json!({"event": "pusher:pong", "data": {}}))?,
            "pusher:pong" => {}
            "pusher:subscription_error" => return Ok(Some(End::Refused(subscription_error(event)))),
            "pusher_internal:subscription_succeeded" => subscribed(event),
            _ => {
                self.printer.event(event)?;
                if let Some(left) = &mut self.left {
                    *left -= 1;
                    return Ok((*left == 0).then_some(End::Enough));
                }
            }
        }
        Ok(None)
    }

    /// Takes an error that has a code as the reason of what follows; others end nothing.
    fn complaint(&self, event: &Value) -> Result<Option<Refused>, Broken> {
        let refused = told(&data(event));
        if is_final(&refused) {
            return Err(refused.into());
        }
        if matches!(refused, Refused::Told { code: Some(4_000..=4_299), .. }) {
            return Ok(Some(refused));
        }
        let why = connect_failure::refused(&self.target.socket_endpoint(), &refused);
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

/// What ends a connection without being asked for.
enum Broken {
    Connection(Refused),
    Output(std::io::Error),
}

impl From<Refused> for Broken {
    fn from(refused: Refused) -> Self {
        Self::Connection(refused)
    }
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

fn is_signed(channel: &str) -> bool {
    channel.starts_with("private-") || channel.starts_with("presence-")
}

fn subscribed(event: &Value) {
    let channel = one_line(event["channel"].as_str().unwrap_or_default());
    let members = data(event)["presence"]["count"].as_u64();
    let members = members.map(|count| format!(", {count} member(s)")).unwrap_or_default();
    terminal::say(terminal::GREEN, format_args!("subscribed to {channel}{members}"));
}

fn subscription_error(event: &Value) -> String {
    let channel = clairon_client::quote(event["channel"].as_str().unwrap_or_default());
    let why = match told(&data(event)) {
        Refused::Told { code: Some(code), message } => format!("{code} {message}"),
        Refused::Told { code: None, message } => message,
        _ => String::new(),
    };
    format!("the subscription to {channel} is refused: {why}")
}
