//! One thing that has happened.

use std::fmt::Display;

use clairon_protocol::{AppId, SocketId};
use clairon_registry::AppCache;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{cut::Cut, explain::hide_secrets};

/// How much of an event's data is told, in characters.
const SHOWN_DATA: usize = 200;

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// A client was let in.
    Connected,
    /// A connection has ended.
    Disconnected,
    /// A client was not let in.
    ConnectionRefused,
    /// A client listens to a channel.
    Subscribed,
    /// It does no longer.
    Unsubscribed,
    /// It may not.
    SubscriptionRefused,
    /// A client has signed in as a user.
    SignedIn,
    /// It may not.
    SignInRefused,
    /// A backend has published an event.
    Event,
    /// A client has.
    ClientEvent,
    /// It may not.
    ClientEventRefused,
    /// A backend's request was not carried out.
    RequestRefused,
    /// More has happened than whoever watches has taken.
    Missed,
}

/// One thing that has happened. What does not apply is left out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Happening {
    /// When, in UTC.
    time: String,
    /// What kind of thing.
    pub(super) kind: Kind,
    /// The app's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) app: Option<String>,
    /// The connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    socket: Option<String>,
    /// The channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    /// The event's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    /// Who it is, or whose event.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
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

impl Happening {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            time: format!("{:.3}", Timestamp::now()),
            kind,
            app: None,
            socket: None,
            channel: None,
            event: None,
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

    /// The app whose id stands in the path of a request.
    pub(crate) fn app_of(self, path: &str) -> Self {
        let id = path.strip_prefix("/apps/").and_then(|rest| rest.split('/').next());
        Self { app: id.and_then(|id| AppId::parse(id).ok()).map(|id| id.as_str().to_owned()), ..self }
    }

    pub(crate) fn socket(self, id: SocketId) -> Self {
        Self { socket: Some(id.to_string()), ..self }
    }

    pub(crate) fn channel(self, name: &str) -> Self {
        Self { channel: Some(Cut(name).to_string()), ..self }
    }

    pub(crate) fn event(self, name: &str) -> Self {
        Self { event: Some(Cut(name).to_string()), ..self }
    }

    pub(crate) fn user(self, id: Option<&str>) -> Self {
        Self { user: id.map(|id| Cut(id).to_string()), ..self }
    }

    pub(crate) fn code(self, code: u16) -> Self {
        Self { code: Some(code), ..self }
    }

    pub(crate) fn because(self, reason: impl Display) -> Self {
        Self { reason: Some(reason.to_string()), ..self }
    }

    pub(super) fn data(self, data: &str) -> Self {
        Self { bytes: Some(data.len()), data: Some(data.chars().take(SHOWN_DATA).collect()), ..self }
    }

    pub(super) fn receivers(self, receivers: Option<usize>) -> Self {
        Self { receivers, ..self }
    }

    pub(super) fn of_missed(count: u64) -> Self {
        Self { count: Some(count), ..Self::new(Kind::Missed) }
    }

    /// Whatever was put where it does not belong, no secret of an app is told.
    pub(super) fn without_secrets(mut self, apps: &AppCache) -> Self {
        let texts = [&mut self.channel, &mut self.event, &mut self.user, &mut self.reason, &mut self.data];
        for text in texts.into_iter().flatten() {
            if let std::borrow::Cow::Owned(hidden) = hide_secrets(apps, text) {
                *text = hidden;
            }
        }
        self
    }

    pub(super) fn channel_name(&self) -> Option<&str> {
        self.channel.as_deref()
    }

    #[cfg(test)]
    pub(super) fn missed(&self) -> Option<u64> {
        self.count
    }
}
