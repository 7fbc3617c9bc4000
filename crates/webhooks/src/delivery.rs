//! One request to a receiver, and what came of it.

use std::{borrow::Cow, fmt, time::Duration};

use bytes::Bytes;
use clairon_protocol::{AppKey, Secret};
use clairon_registry::{App, DeliveryId, Webhook};
use url::Url;

use crate::send::SendFailure;

/// A request that can be sent, once or several times. It prints without its secrets.
#[derive(Clone)]
pub struct Delivery {
    /// Where it goes: `http` or `https`. A user and a password in it become the header `Authorization`.
    pub url: Url,
    /// Headers of the endpoint. They cannot replace those that this crate sets, except `User-Agent`, `Accept` and
    /// `Authorization`. Their values are hidden in what a receiver answers.
    pub headers: Vec<(String, String)>,
    /// Sent in `X-Pusher-Key`.
    pub key: AppKey,
    /// Signs the body.
    pub secret: Secret,
    /// The body, from [`write_body`](crate::write_body).
    pub body: Bytes,
    /// Sent in `X-Clairon-Delivery`. It is the same for every attempt of one delivery.
    pub id: String,
    /// The delivery that this one repeats, sent in `X-Clairon-Replay-Of`.
    pub replay_of: Option<String>,
}

impl Delivery {
    /// A delivery to an endpoint of an app. It is signed with the endpoint's own secret if there is one, otherwise with
    /// the newest of the app; the key is the newest of the app in any case.
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

/// What came of one attempt.
#[derive(Debug)]
pub enum Outcome {
    /// The receiver answered with a status of 200 to 299.
    Delivered(Answer),
    /// The receiver answered with another status. It got the request.
    Refused(Answer),
    /// No answer came. The receiver may have got the request.
    Failed {
        /// Why none came.
        failure: SendFailure,
        /// From the beginning to the failure.
        latency: Duration,
    },
}

impl Outcome {
    /// True if the receiver has taken the delivery.
    #[must_use]
    pub const fn is_delivered(&self) -> bool {
        matches!(self, Self::Delivered(_))
    }

    /// The status of the answer; `None`: there was none.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Delivered(answer) | Self::Refused(answer) => Some(answer.status),
            Self::Failed { .. } => None,
        }
    }

    /// From the beginning to the head of the answer, or to the failure.
    #[must_use]
    pub const fn latency(&self) -> Duration {
        match self {
            Self::Delivered(answer) | Self::Refused(answer) => answer.latency,
            Self::Failed { latency, .. } => *latency,
        }
    }

    /// The excerpt of the answer, or why there was none.
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
    /// From the beginning to the head of the answer.
    pub latency: Duration,
    /// The beginning of its body, or where a redirect leads, in one printable line of at most 200 characters. Empty for
    /// a delivery that was accepted: its body is not waited for.
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
        };
        let printed = format!("{delivery:?}");
        assert!(printed.contains("shop.example") && !printed.contains("hunter2"), "{printed}");
    }
}
