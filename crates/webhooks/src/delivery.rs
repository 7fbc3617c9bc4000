//! A request to a receiver, and the result of an attempt.

use std::{borrow::Cow, fmt, time::Duration};

use bytes::Bytes;
use clairon_protocol::{AppKey, Secret};
use clairon_registry::{App, DeliveryId, Webhook};
use url::Url;

use crate::{fence::Fence, send::SendFailure};

/// A request that can be sent once or several times. `Debug` hides its secrets.
#[derive(Clone)]
pub struct Delivery {
    /// The destination: `http` or `https`. A user and a password in it become the header `Authorization`.
    pub url: Url,
    /// Headers of the endpoint. They cannot replace those that this crate sets, except `User-Agent`, `Accept` and
    /// `Authorization`. Their values are removed from excerpts of answers.
    pub headers: Vec<(String, String)>,
    /// Sent in `X-Pusher-Key`.
    pub key: AppKey,
    /// The secret that signs the body.
    pub secret: Secret,
    /// The body, from [`write_body`](crate::write_body).
    pub body: Bytes,
    /// Sent in `X-Clairon-Delivery`. All attempts of a delivery share it.
    pub id: String,
    /// The earlier delivery, if this one is a replay; sent in `X-Clairon-Replay-Of`.
    pub replay_of: Option<String>,
    /// Nothing is sent once it is closed.
    pub fence: Fence,
}

impl Delivery {
    /// A delivery to an endpoint of an app. The endpoint's own secret signs it, or else the newest secret of the app.
    /// The key is always the newest of the app.
    #[must_use]
    pub fn to(app: &App, webhook: &Webhook, id: &DeliveryId, body: Bytes) -> Self {
        let newest = app.credentials.newest();
        Self {
            url: webhook.url.as_url().clone(),
            headers: webhook.headers.expose().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            key: newest.key.clone(),
            secret: webhook.secret.as_ref().unwrap_or(&newest.secret).clone(),
            body,
            id: id.to_string(),
            replay_of: None,
            fence: Fence::default(),
        }
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers = self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>();
        f.debug_struct("Delivery")
            .field("id", &self.id)
            .field("replay_of", &self.replay_of)
            .field("host", &self.url.host_str())
            .field("headers", &headers)
            .field("key", &self.key)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The result of an attempt.
#[derive(Debug)]
pub enum Outcome {
    /// The receiver answered with a status of 200 to 299.
    Delivered(Answer),
    /// The receiver answered with another status. It received the request.
    Refused(Answer),
    /// There was no answer. The receiver may have received the request.
    Failed {
        /// The reason.
        failure: SendFailure,
        /// The time from the beginning of the attempt to its failure.
        latency: Duration,
    },
}

impl Outcome {
    /// True if the receiver accepted the delivery.
    #[must_use]
    pub const fn is_delivered(&self) -> bool {
        matches!(self, Self::Delivered(_))
    }

    /// The status of the answer; `None` if there was no answer.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Delivered(answer) | Self::Refused(answer) => Some(answer.status),
            Self::Failed { .. } => None,
        }
    }

    /// The time from the beginning of the attempt to the head of the answer, or to the failure.
    #[must_use]
    pub const fn latency(&self) -> Duration {
        match self {
            Self::Delivered(answer) | Self::Refused(answer) => answer.latency,
            Self::Failed { latency, .. } => *latency,
        }
    }

    /// The excerpt of the answer, or the reason why there was none.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Delivered(answer) | Self::Refused(answer) => answer.excerpt.as_str().into(),
            Self::Failed { failure, .. } => failure.to_string().into(),
        }
    }
}

/// The answer of a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The time from the beginning of the attempt to the head of the answer.
    pub latency: Duration,
    /// The beginning of its body, or the target of a redirect, in one printable line of at most 200 characters. Empty
    /// for an accepted delivery, whose body is not awaited.
    pub excerpt: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_prints_without_secrets() {
        let delivery = Delivery {
            url: "https://hunter2:hunter2@shop.example/hunter2?hunter2".parse().unwrap(),
            headers: vec![("X-Token".to_owned(), "hunter2".to_owned())],
            key: AppKey::parse("key").unwrap(),
            secret: Secret::parse("hunter2").unwrap(),
            body: Bytes::from_static(b"hunter2"),
            id: "1".to_owned(),
            replay_of: None,
            fence: Fence::default(),
        };
        let printed = format!("{delivery:?}");
        assert!(printed.contains("shop.example") && !printed.contains("hunter2"), "{printed}");
    }
}
