//! What was refused, by what it was and why.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use clairon_protocol::Disconnect;
use http::StatusCode;

/// Something that a client or a backend asked for and did not get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// A connection.
    Connection(Disconnect),
    /// A subscription, with the status that the client is told.
    Subscription(u16),
    /// Signing in as a user.
    SignIn,
    /// A client event.
    ClientEvent,
    /// A request of the HTTP API.
    Request(StatusCode),
}

/// All labels there can be: what was refused, and why.
const LABELS: [(&str, &str); 22] = [
    ("connection", "unknown_app"),
    ("connection", "app_disabled"),
    ("connection", "over_quota"),
    ("connection", "path_not_found"),
    ("connection", "unsupported_version"),
    ("connection", "origin_not_allowed"),
    ("connection", "over_capacity"),
    ("connection", "stopping"),
    ("subscription", "invalid"),
    ("subscription", "signature"),
    ("subscription", "not_allowed"),
    ("subscription", "unavailable"),
    ("sign_in", "not_allowed"),
    ("client_event", "not_allowed"),
    ("request", "invalid"),
    ("request", "signature"),
    ("request", "app_disabled"),
    ("request", "not_found"),
    ("request", "too_large"),
    ("request", "timeout"),
    ("request", "unavailable"),
    ("request", "other"),
];

/// How much was refused.
#[derive(Debug, Default)]
pub(crate) struct Refusals([AtomicU64; LABELS.len()]);

impl Refusals {
    pub(crate) fn count(&self, refused: Refused) {
        let label = refused.label();
        if let Some(place) = LABELS.iter().position(|known| *known == label) {
            self.0[place].fetch_add(1, Relaxed);
        }
    }

    /// Each pair of labels with its count.
    pub(super) fn iter(&self) -> impl Iterator<Item = ((&'static str, &'static str), u64)> {
        LABELS.into_iter().zip(self.0.iter().map(|count| count.load(Relaxed)))
    }
}

impl Refused {
    const fn label(self) -> (&'static str, &'static str) {
        match self {
            Self::Connection(disconnect) => ("connection", connection_reason(disconnect)),
            Self::Subscription(status) => ("subscription", subscription_reason(status)),
            Self::SignIn => ("sign_in", "not_allowed"),
            Self::ClientEvent => ("client_event", "not_allowed"),
            Self::Request(status) => ("request", request_reason(status)),
        }
    }
}

const fn connection_reason(disconnect: Disconnect) -> &'static str {
    match disconnect {
        Disconnect::UnknownApp => "unknown_app",
        Disconnect::AppDisabled => "app_disabled",
        Disconnect::OverQuota => "over_quota",
        Disconnect::PathNotFound => "path_not_found",
        Disconnect::UnsupportedVersion => "unsupported_version",
        Disconnect::OriginNotAllowed | Disconnect::Unauthorized | Disconnect::Terminated => "origin_not_allowed",
        Disconnect::OverCapacity | Disconnect::SlowReader => "over_capacity",
        Disconnect::Shutdown | Disconnect::NoPong => "stopping",
    }
}

const fn subscription_reason(status: u16) -> &'static str {
    match status {
        400 => "invalid",
        401 => "signature",
        503 => "unavailable",
        _ => "not_allowed",
    }
}

const fn request_reason(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "invalid",
        StatusCode::UNAUTHORIZED => "signature",
        StatusCode::FORBIDDEN => "app_disabled",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::REQUEST_TIMEOUT => "timeout",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_count() {
        use Disconnect::{
            AppDisabled, OriginNotAllowed, OverCapacity, OverQuota, PathNotFound, Shutdown, UnknownApp,
            UnsupportedVersion,
        };
        let refusals = Refusals::default();
        for disconnect in [
            UnknownApp,
            AppDisabled,
            OverQuota,
            PathNotFound,
            UnsupportedVersion,
            OriginNotAllowed,
            OverCapacity,
            Shutdown,
        ] {
            refusals.count(Refused::Connection(disconnect));
        }
        for status in [400, 401, 403, 503] {
            refusals.count(Refused::Subscription(status));
        }
        refusals.count(Refused::SignIn);
        refusals.count(Refused::ClientEvent);
        for status in [400, 401, 403, 404, 413, 408, 503, 405] {
            refusals.count(Refused::Request(StatusCode::from_u16(status).unwrap()));
        }
        assert!(refusals.iter().all(|(_, count)| count == 1), "{refusals:?}");
    }
}
