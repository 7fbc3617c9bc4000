//! One thing that has happened.

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

/// How much of an event's data is told, in characters.
const SHOWN_DATA: usize = 200;

/// How much of a reason is told, in characters: all, but for what repeats a stranger at length.
const SHOWN_REASON: usize = 1_000;

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActivityKind {
    /// A client was let in.
    Connected,
    /// A connection has ended.
    Disconnected,
    /// A client was not let in.
    ConnectionRefused,
    /// A client listens to a channel.
    Subscribed,
    /// A client listens to a channel no more.
    Unsubscribed,
    /// A client may not listen to a channel.
    SubscriptionRefused,
    /// A client has signed in as a user.
    SignedIn,
    /// A client was not signed in.
    SignInRefused,
    /// A backend has published an event.
    Event,
    /// A client has published an event.
    ClientEvent,
    /// A client's event was not published.
    ClientEventRefused,
    /// A client's message was too long, so its connection has ended.
    MessageRefused,
    /// A backend's request was not carried out.
    RequestRefused,
    /// More has happened than whoever watches has taken.
    Missed,
}

/// One thing that has happened. What does not apply is left out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Activity {
    /// When, in UTC.
    time: String,
    /// What kind of thing.
    pub(super) kind: ActivityKind,
    /// The app's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) app: Option<String>,
    /// The connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    socket: Option<String>,
    /// The address of the client or the backend, or `unix` where it came over a Unix socket.
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
    /// Who it is, or whose event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    user: Option<Text>,
    /// The code that closes a connection, or the status of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    /// The true reason, as the log has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// How long the data is.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
    /// How many clients of this node get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    receivers: Option<usize>,
    /// The beginning of the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    /// How many were missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
}

/// A text that a peer has a part in.
#[derive(Clone, Debug)]
enum Text {
    /// As it came.
    Raw(Excerpt),
    /// As people may see it.
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
    /// What a line of the log begins with.
    const fn words(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::ConnectionRefused => "connection refused",
            Self::Subscribed => "subscribed",
            Self::Unsubscribed => "unsubscribed",
            Self::SubscriptionRefused => "subscription refused",
            Self::SignedIn => "signed in",
            Self::SignInRefused => "sign-in refused",
            Self::Event => "event",
            Self::ClientEvent => "client event",
            Self::ClientEventRefused => "client event refused",
            Self::MessageRefused => "message refused",
            Self::RequestRefused => "request refused",
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

    /// The app, where it is known.
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

    /// Fit to be shown: no secret of an app, wherever somebody has put it, and of what strangers say not more than fits
    /// into a line.
    pub(crate) fn presentable(mut self, apps: &AppCache) -> Self {
        for text in [&mut self.channel, &mut self.event, &mut self.user, &mut self.request].into_iter().flatten() {
            text.make_presentable(apps);
        }
        self.reason = self.reason.map(|reason| hide_secrets(apps, &reason, SHOWN_REASON).into_owned());
        self.data = self.data.map(|data| apps.hide_secrets(&data, SHOWN_DATA).into_owned());
        self
    }

    /// Writes a refusal to the log. `left_out` is how many others like it are not there.
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
        // What ends a connection is told at the level of all ended connections.
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
