//! The kinds of activities.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The kind of an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
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
    /// An operator has sent an event to one connection.
    DirectEvent,
    /// A client's event was refused.
    ClientEventRefused,
    /// A client's message was not understood; or it was too long, so the connection was closed.
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
            Self::DirectEvent => "direct event",
            Self::ClientEventRefused => "client event refused",
            Self::MessageRefused => "message refused",
            Self::RequestRefused => "request refused",
            Self::WebhookDelivered => "webhook delivered",
            Self::WebhookFailed => "webhook failed",
            Self::WebhookGivenUp => "webhook given up",
            Self::Missed => "missed",
        }
    }

    /// True for events, which may be very many.
    pub(crate) const fn is_event(self) -> bool {
        matches!(self, Self::Event | Self::ClientEvent | Self::DirectEvent)
    }

    /// Parses the name in JSON.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        serde_json::from_value(name.into()).ok()
    }
}
