//! Refusals: each is counted by kind and reason, sent to watchers, and logged.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use clairon_protocol::{AppId, Disconnect};
use http::StatusCode;
use parking_lot::Mutex;

use crate::{
    line_budget::LineBudget,
    live_feed::{Activity, ActivityKind, DataLimit},
    node::Node,
};

/// Defines [`Refused`] from the table: the labels of its counter, and the kind of activity for watchers.
macro_rules! refused {
    ($($variant:ident: $kind:literal, $reason:literal, $told:ident;)+) => {
        /// The kinds of refusals, with their reasons.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Refused {
            $($variant,)+
        }

        impl Refused {
            const ALL: [Self; [$($kind),+].len()] = [$(Self::$variant),+];

            /// The labels of the counter: kind and reason.
            const fn labels(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$variant => ($kind, $reason),)+
                }
            }

            const fn kind(self) -> ActivityKind {
                match self {
                    $(Self::$variant => ActivityKind::$told,)+
                }
            }
        }
    };
}

refused! {
    UnknownApp: "connection", "unknown_app", ConnectionRefused;
    ConnectionAppDisabled: "connection", "app_disabled", ConnectionRefused;
    OverQuota: "connection", "over_quota", ConnectionRefused;
    PathNotFound: "connection", "path_not_found", ConnectionRefused;
    UnsupportedVersion: "connection", "unsupported_version", ConnectionRefused;
    OriginNotAllowed: "connection", "origin_not_allowed", ConnectionRefused;
    OverCapacity: "connection", "over_capacity", ConnectionRefused;
    Stopping: "connection", "stopping", ConnectionRefused;
    ProxyHeader: "connection", "proxy_header", ConnectionRefused;
    SubscriptionInvalid: "subscription", "invalid", SubscriptionRefused;
    SubscriptionSignature: "subscription", "signature", SubscriptionRefused;
    SubscriptionNotAllowed: "subscription", "not_allowed", SubscriptionRefused;
    SubscriptionUnavailable: "subscription", "unavailable", SubscriptionRefused;
    SignIn: "sign_in", "not_allowed", SignInRefused;
    ClientEvent: "client_event", "not_allowed", ClientEventRefused;
    Message: "message", "too_large", MessageRefused;
    MessageInvalid: "message", "invalid", MessageRefused;
    AdminToken: "admin", "token", RequestRefused;
    AdminForbidden: "admin", "forbidden", RequestRefused;
    AdminNotFound: "admin", "not_found", RequestRefused;
    AdminTooFast: "admin", "too_fast", RequestRefused;
    AdminUnavailable: "admin", "unavailable", RequestRefused;
    AdminInvalid: "admin", "invalid", RequestRefused;
    RequestInvalid: "request", "invalid", RequestRefused;
    RequestSignature: "request", "signature", RequestRefused;
    RequestAppDisabled: "request", "app_disabled", RequestRefused;
    RequestNotFound: "request", "not_found", RequestRefused;
    RequestTooLarge: "request", "too_large", RequestRefused;
    RequestTooFast: "request", "too_fast", RequestRefused;
    RequestTimeout: "request", "timeout", RequestRefused;
    RequestUnavailable: "request", "unavailable", RequestRefused;
    RequestOther: "request", "other", RequestRefused;
}

/// The counters and log budgets of all refusals.
#[derive(Debug, Default)]
pub(crate) struct Refusals([Reason; Refused::ALL.len()]);

/// The counter and log budget of one reason.
#[derive(Debug, Default)]
struct Reason {
    count: AtomicU64,
    log: Mutex<LineBudget>,
}

impl Node {
    /// Notes a refusal, by an app if it is known. `details` adds the peer, the request, and the exact reason, which may
    /// say more than the answer to the client.
    pub(crate) fn note_refusal(
        &self,
        refused: Refused,
        app: Option<&AppId>,
        details: impl FnOnce(Activity) -> Activity,
    ) {
        let reason = self.refusals.reason(refused);
        reason.count.fetch_add(1, Relaxed);
        if let Some(app) = app {
            self.hub.app(app).traffic().add_refused();
        }
        let line = reason.log.lock().admit(self.clock.now());
        if line.is_none() && !self.is_watched() {
            return;
        }
        let activity = details(Activity::new(refused.kind()).perhaps_app(app));
        self.observe(|| activity.clone());
        if let Some(left_out) = line {
            activity.shown(&self.apps, DataLimit::default()).log(left_out);
        }
    }
}

impl Refusals {
    const fn reason(&self, refused: Refused) -> &Reason {
        &self.0[refused as usize]
    }

    /// Each pair of labels with its count.
    pub(crate) fn iter(&self) -> impl Iterator<Item = ((&'static str, &'static str), u64)> {
        Refused::ALL.into_iter().map(|refused| (refused.labels(), self.reason(refused).count.load(Relaxed)))
    }
}

impl Refused {
    /// The refusal of a connection.
    pub(crate) const fn connection(disconnect: Disconnect) -> Self {
        match disconnect {
            Disconnect::UnknownApp => Self::UnknownApp,
            Disconnect::AppDisabled => Self::ConnectionAppDisabled,
            Disconnect::OverQuota => Self::OverQuota,
            Disconnect::PathNotFound => Self::PathNotFound,
            Disconnect::UnsupportedVersion => Self::UnsupportedVersion,
            Disconnect::OriginNotAllowed
            | Disconnect::Unauthorized
            | Disconnect::Terminated
            | Disconnect::ByOperator => Self::OriginNotAllowed,
            Disconnect::OverCapacity
            | Disconnect::SlowReader
            | Disconnect::TooFast
            | Disconnect::OutboxesFull
            | Disconnect::PartialsFull
            | Disconnect::TooManyConnections
            | Disconnect::TooManyArrivals => Self::OverCapacity,
            Disconnect::Shutdown | Disconnect::ReconnectForOperator | Disconnect::NoPong => Self::Stopping,
        }
    }

    /// The refusal of a subscription, by the status for the client.
    pub(crate) const fn subscription(status: u16) -> Self {
        match status {
            400 => Self::SubscriptionInvalid,
            401 => Self::SubscriptionSignature,
            503 => Self::SubscriptionUnavailable,
            _ => Self::SubscriptionNotAllowed,
        }
    }

    /// The refusal of a request of the admin API or the dashboard, or for metrics.
    pub(crate) const fn admin(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::AdminToken,
            StatusCode::FORBIDDEN => Self::AdminForbidden,
            StatusCode::NOT_FOUND => Self::AdminNotFound,
            StatusCode::TOO_MANY_REQUESTS => Self::AdminTooFast,
            StatusCode::SERVICE_UNAVAILABLE => Self::AdminUnavailable,
            _ => Self::AdminInvalid,
        }
    }

    /// The refusal of a request of the HTTP API.
    pub(crate) const fn request(status: StatusCode) -> Self {
        match status {
            StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::RequestInvalid,
            StatusCode::UNAUTHORIZED => Self::RequestSignature,
            StatusCode::FORBIDDEN => Self::RequestAppDisabled,
            StatusCode::NOT_FOUND => Self::RequestNotFound,
            StatusCode::PAYLOAD_TOO_LARGE => Self::RequestTooLarge,
            StatusCode::TOO_MANY_REQUESTS => Self::RequestTooFast,
            StatusCode::REQUEST_TIMEOUT => Self::RequestTimeout,
            StatusCode::SERVICE_UNAVAILABLE => Self::RequestUnavailable,
            _ => Self::RequestOther,
        }
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
            count(Refused::connection(disconnect));
        }
        for status in [400, 401, 403, 503] {
            count(Refused::subscription(status));
        }
        count(Refused::ProxyHeader);
        count(Refused::SignIn);
        count(Refused::ClientEvent);
        count(Refused::Message);
        count(Refused::MessageInvalid);
        for status in [400, 401, 403, 404, 413, 408, 429, 503, 405] {
            count(Refused::request(StatusCode::from_u16(status).unwrap()));
        }
        for status in [401, 403, 404, 429, 503, 400] {
            count(Refused::admin(StatusCode::from_u16(status).unwrap()));
        }
        assert!(refusals.iter().all(|(_, count)| count == 1), "{refusals:?}");
    }
}
