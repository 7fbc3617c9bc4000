//! Whatever is refused: counted by what it was and why, told to those who watch, and logged.

use std::{
    mem,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use clairon_hub::Millis;
use clairon_protocol::Disconnect;
use http::StatusCode;
use parking_lot::Mutex;

use crate::{
    live::{Happening, Kind},
    node::Node,
};

/// How many refusals for one reason are logged at once.
const BURST: u64 = 50;
/// How long it takes until one more may be.
const PAUSE: Millis = 1_000;

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
    /// A message of a client that is longer than any that its app allows.
    Message,
    /// A request of the HTTP API.
    Request(StatusCode),
    /// A request of the admin API, or for metrics.
    Admin(StatusCode),
}

/// All labels there can be: what was refused, and why.
const LABELS: [(&str, &str); 27] = [
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
    ("message", "too_large"),
    ("admin", "token"),
    ("admin", "not_found"),
    ("admin", "unavailable"),
    ("admin", "invalid"),
    ("request", "invalid"),
    ("request", "signature"),
    ("request", "app_disabled"),
    ("request", "not_found"),
    ("request", "too_large"),
    ("request", "timeout"),
    ("request", "unavailable"),
    ("request", "other"),
];

/// How much was refused, and how much of it was logged.
#[derive(Debug, Default)]
pub(crate) struct Refusals([Reason; LABELS.len()]);

/// All that was refused for one reason.
#[derive(Debug, Default)]
struct Reason {
    count: AtomicU64,
    log: Mutex<LineBudget>,
}

/// How many lines there may be, so that a client that asks in a loop fills no disk. Each reason has its own, so that it
/// hides no other.
#[derive(Debug, Default)]
struct LineBudget {
    /// How much of a burst is used up.
    used: u64,
    /// Up to when lines were given back.
    until: Millis,
    /// How many refusals have had no line since the last one that had.
    left_out: u64,
}

impl Node {
    /// Takes note of a refusal: `details` says who has asked for what, and the true reason, which may be more than the
    /// client is told.
    pub(crate) fn note_refusal(&self, refused: Refused, details: impl FnOnce(Happening) -> Happening) {
        let reason = self.refusals.reason(refused);
        reason.count.fetch_add(1, Relaxed);
        let line = reason.log.lock().admit(self.clock.now());
        if line.is_none() && !self.is_watched() {
            return;
        }
        let happening = details(Happening::new(refused.kind()));
        self.observe(|| happening.clone());
        if let Some(left_out) = line {
            happening.presentable(&self.apps).log(left_out);
        }
    }
}

impl LineBudget {
    /// Whether another line may be written; if so, how many refusals had none since the last.
    fn admit(&mut self, now: Millis) -> Option<u64> {
        let back = now.saturating_sub(self.until) / PAUSE;
        self.until += back * PAUSE;
        self.used = self.used.saturating_sub(back);
        if self.used == BURST {
            self.left_out += 1;
            return None;
        }
        self.used += 1;
        Some(mem::take(&mut self.left_out))
    }
}

impl Refusals {
    fn reason(&self, refused: Refused) -> &Reason {
        let label = refused.label();
        let place = LABELS.iter().position(|known| *known == label);
        &self.0[place.unwrap_or(LABELS.len() - 1)]
    }

    /// Each pair of labels with its count.
    pub(crate) fn iter(&self) -> impl Iterator<Item = ((&'static str, &'static str), u64)> {
        LABELS.into_iter().zip(self.0.iter().map(|reason| reason.count.load(Relaxed)))
    }
}

impl Refused {
    const fn kind(self) -> Kind {
        match self {
            Self::Connection(_) => Kind::ConnectionRefused,
            Self::Subscription(_) => Kind::SubscriptionRefused,
            Self::SignIn => Kind::SignInRefused,
            Self::ClientEvent => Kind::ClientEventRefused,
            Self::Message => Kind::MessageRefused,
            Self::Request(_) | Self::Admin(_) => Kind::RequestRefused,
        }
    }

    const fn label(self) -> (&'static str, &'static str) {
        match self {
            Self::Connection(disconnect) => ("connection", connection_reason(disconnect)),
            Self::Subscription(status) => ("subscription", subscription_reason(status)),
            Self::SignIn => ("sign_in", "not_allowed"),
            Self::ClientEvent => ("client_event", "not_allowed"),
            Self::Message => ("message", "too_large"),
            Self::Request(status) => ("request", request_reason(status)),
            Self::Admin(status) => ("admin", admin_reason(status)),
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

const fn admin_reason(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "token",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        _ => "invalid",
    }
}

const fn request_reason(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE => "invalid",
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
    fn a_flood_is_logged_in_few_lines() {
        let mut budget = LineBudget::default();
        let mut lines = |refusals, now| (0..refusals).filter_map(|_| budget.admit(now)).collect::<Vec<_>>();
        assert_eq!(lines(BURST + 7, 999), vec![0; 50]);
        assert_eq!(lines(3, 1_000), [7]);
        assert_eq!(lines(3, 3_999), [2, 0]);
        assert_eq!(lines(1, 4_000), [1]);
        assert_eq!(lines(1_000, 3_600_000).len(), 50);
    }

    #[test]
    fn every_reason_has_its_count() {
        use Disconnect::{
            AppDisabled, OriginNotAllowed, OverCapacity, OverQuota, PathNotFound, Shutdown, UnknownApp,
            UnsupportedVersion,
        };
        let refusals = Refusals::default();
        let count = |refused| refusals.reason(refused).count.fetch_add(1, Relaxed);
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
            count(Refused::Connection(disconnect));
        }
        for status in [400, 401, 403, 503] {
            count(Refused::Subscription(status));
        }
        count(Refused::SignIn);
        count(Refused::ClientEvent);
        count(Refused::Message);
        for status in [400, 401, 403, 404, 413, 408, 503, 405] {
            count(Refused::Request(StatusCode::from_u16(status).unwrap()));
        }
        for status in [401, 404, 503, 400] {
            count(Refused::Admin(StatusCode::from_u16(status).unwrap()));
        }
        assert!(refusals.iter().all(|(_, count)| count == 1), "{refusals:?}");
    }
}
