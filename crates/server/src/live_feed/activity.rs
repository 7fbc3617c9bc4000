//! An activity on this node.

use std::fmt::Display;

use clairon_protocol::{AppId, SECRET_BYTES, SocketId};
use clairon_registry::AppCache;
use http::Method;
use jiff::Timestamp;
use serde::Serialize;
use tracing::{info, warn};
use utoipa::ToSchema;

use crate::{
    edge::PeerAddress,
    peer_text::{Excerpt, hide_secrets, start_of},
};

/// An event's data is shown up to this many characters.
const SHOWN_DATA: usize = 200;

/// A reason is shown up to this many characters. Only reasons that repeat long texts of peers are longer.
const SHOWN_REASON: usize = 1_000;

/// The kind of an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActivityKind {
    /// A client was admitted.
    Connected,
    /// A connection has ended.
    Disconnected,
    /// A client was not admitted.
    ConnectionRefused,
    /// A client has subscribed to a channel.
    Subscribed,
    /// A client that came back to a channel gets the events that it missed.
    Recovered,
    /// A client that came back to a channel cannot get them, and knows.
    NotRecovered,
    /// A client has unsubscribed from a channel.
    Unsubscribed,
    /// A subscription was refused.
    SubscriptionRefused,
    /// A client has signed in as a user.
    SignedIn,
    /// A sign-in was refused.
    SignInRefused,
    /// A backend has published an event.
    Event,
    /// A client has published an event.
    ClientEvent,
    /// A client's event was refused.
    ClientEventRefused,
    /// A client's message was too long, so the connection was closed.
    MessageRefused,
    /// A backend's request was refused.
    RequestRefused,
    /// An endpoint has taken a delivery.
    WebhookDelivered,
    /// An endpoint has not taken a delivery, which is tried again.
    WebhookFailed,
    /// A delivery was given up.
    WebhookGivenUp,
    /// The watcher was too slow, so activities were left out.
    Missed,
}

/// An activity. Fields that do not apply are omitted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Activity {
    /// The time, in UTC.
    time: String,
    /// The kind of the activity.
    pub(super) kind: ActivityKind,
    /// The app's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) app: Option<String>,
    /// The socket id of the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    socket: Option<String>,
    /// The address of the client or the backend; `unix` for a connection over a Unix socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
    /// The channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    channel: Option<Text>,
    /// The event's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    event: Option<Text>,
    /// The method and the path of a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    request: Option<Text>,
    /// The user, or the user that sent the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    user: Option<Text>,
    /// The endpoint's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<String>,
    /// The delivery's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<String>,
    /// The code that closes the connection, or the status of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    /// The exact reason, like in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The length of the data, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
    /// The number of receivers on this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    receivers: Option<usize>,
    /// The start of the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    /// The number of activities left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
}

/// A text that contains input of a peer.
#[derive(Clone, Debug)]
enum Text {
    /// The original text.
    Raw(Excerpt),
    /// The text without secrets, cut for people.
    Presentable(String),
}

impl Text {
    fn of(text: &str) -> Self {
        Self::Raw(Excerpt::of(text))
    }

    fn make_presentable(&mut self, apps: &AppCache) {
        if let Self::Raw(excerpt) = self {
            *self = Self::Presentable(excerpt.shown(apps).to_string());
        }
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Raw(excerpt) => excerpt.beginning(),
            Self::Presentable(text) => text,
        }
    }
}

impl Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl ActivityKind {
    /// The start of a log line.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::ConnectionRefused => "connection refused",
            Self::Subscribed => "subscribed",
            Self::Recovered => "recovered",
            Self::NotRecovered => "not recovered",
            Self::Unsubscribed => "unsubscribed",
            Self::SubscriptionRefused => "subscription refused",
            Self::SignedIn => "signed in",
            Self::SignInRefused => "sign-in refused",
            Self::Event => "event",
            Self::ClientEvent => "client event",
            Self::ClientEventRefused => "client event refused",
            Self::MessageRefused => "message refused",
            Self::RequestRefused => "request refused",
            Self::WebhookDelivered => "webhook delivered",
            Self::WebhookFailed => "webhook failed",
            Self::WebhookGivenUp => "webhook given up",
            Self::Missed => "missed",
        }
    }
}

impl Activity {
    pub(crate) fn new(kind: ActivityKind) -> Self {
        Self {
            time: format!("{:.3}", Timestamp::now()),
            kind,
            app: None,
            socket: None,
            peer: None,
            channel: None,
            event: None,
            request: None,
            user: None,
            webhook: None,
            delivery: None,
            code: None,
            reason: None,
            bytes: None,
            receivers: None,
            data: None,
            count: None,
        }
    }

    pub(crate) fn app(self, id: &AppId) -> Self {
        Self { app: Some(id.as_str().to_owned()), ..self }
    }

    /// Sets the app, if it is known.
    pub(crate) fn perhaps_app(self, id: Option<&AppId>) -> Self {
        Self { app: id.map(|id| id.as_str().to_owned()), ..self }
    }

    pub(crate) fn socket(self, id: SocketId) -> Self {
        Self { socket: Some(id.to_string()), ..self }
    }

    pub(crate) fn peer(self, peer: PeerAddress) -> Self {
        Self { peer: Some(peer.to_string()), ..self }
    }

    pub(crate) fn channel(self, name: &str) -> Self {
        Self { channel: Some(Text::of(name)), ..self }
    }

    pub(crate) fn event(self, name: &str) -> Self {
        Self { event: Some(Text::of(name)), ..self }
    }

    pub(crate) fn request(self, method: &Method, path: &str) -> Self {
        Self { request: Some(Text::of(&format!("{method} {path}"))), ..self }
    }

    pub(crate) fn user(self, id: Option<&str>) -> Self {
        Self { user: id.map(Text::of), ..self }
    }

    pub(crate) fn delivery(self, webhook: &str, delivery: &str) -> Self {
        Self { webhook: Some(webhook.to_owned()), delivery: Some(delivery.to_owned()), ..self }
    }

    pub(crate) fn perhaps_code(self, code: Option<u16>) -> Self {
        Self { code, ..self }
    }

    pub(crate) fn code(self, code: u16) -> Self {
        Self { code: Some(code), ..self }
    }

    pub(crate) fn because(self, reason: impl Display) -> Self {
        Self { reason: Some(reason.to_string()), ..self }
    }

    pub(super) fn data(self, data: &str) -> Self {
        Self { bytes: Some(data.len()), data: Some(start_of(data, SHOWN_DATA + SECRET_BYTES).to_owned()), ..self }
    }

    pub(super) fn receivers(self, receivers: Option<usize>) -> Self {
        Self { receivers, ..self }
    }

    pub(super) fn of_missed(count: u64) -> Self {
        Self { count: Some(count), ..Self::new(ActivityKind::Missed) }
    }

    /// Makes the activity fit to be shown: it contains no secret of an app, and texts of peers are cut to fit a line.
    pub(crate) fn presentable(mut self, apps: &AppCache) -> Self {
        for text in [&mut self.channel, &mut self.event, &mut self.user, &mut self.request].into_iter().flatten() {
            text.make_presentable(apps);
        }
        self.reason = self.reason.map(|reason| hide_secrets(apps, &reason, SHOWN_REASON).into_owned());
        self.data = self.data.map(|data| apps.hide_secrets(&data, SHOWN_DATA).into_owned());
        self
    }

    /// Logs a refusal. `left_out` is the number of similar refusals that were not logged.
    pub(crate) fn log(&self, left_out: u64) {
        let Self { app, socket, peer, channel, event, request, code, reason, .. } = self;
        let [channel, event, request] = [channel, event, request].map(|text| text.as_ref().map(Text::as_str));
        macro_rules! line {
            ($level:ident) => {
                $level!(
                    target: "clairon_server::refusals",
                    app = app.as_deref(),
                    socket = socket.as_deref(),
                    peer = peer.as_deref(),
                    channel,
                    event,
                    request,
                    code,
                    reason = reason.as_deref(),
                    left_out = (left_out > 0).then_some(left_out),
                    "{}",
                    self.kind.words(),
                )
            };
        }
        // A refused message closes the connection, so it has the level of all closed connections.
        if self.kind == ActivityKind::MessageRefused { line!(info) } else { line!(warn) }
    }

    pub(super) fn channel_name(&self) -> Option<&str> {
        self.channel.as_ref().map(Text::as_str)
    }

    #[cfg(test)]
    pub(super) fn missed(&self) -> Option<u64> {
        self.count
    }
}
