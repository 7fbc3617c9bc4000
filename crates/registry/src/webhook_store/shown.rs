//! The JSON form of an attempt.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    attempt::{Attempt, AttemptOutcome},
    log::LoggedAttempt,
};

/// An attempt as JSON.
#[derive(Debug, Serialize)]
pub struct ShownAttempt<'a> {
    /// Its position in the log. A later attempt has a greater one.
    id: i64,
    /// The app; empty for none.
    app: &'a str,
    /// The endpoint.
    webhook: &'a str,
    /// The id of the delivery, from the header `X-Clairon-Delivery`.
    delivery: &'a str,
    /// The earlier delivery, if this one is a replay.
    replay_of: Option<&'a str>,
    /// The node that made the attempt.
    node: &'a str,
    /// The time of the attempt.
    at: Timestamp,
    /// `delivered`, `retried` or `given_up`.
    outcome: &'static str,
    /// The status of the answer.
    status: Option<u16>,
    latency_milliseconds: u128,
    /// The reason of a failure.
    problem: Option<&'a str>,
    /// The time of the next attempt.
    next_at: Option<Timestamp>,
    /// The events of the delivery that are still stored.
    events: Vec<Box<RawValue>>,
}

impl AttemptOutcome {
    /// The name of the outcome.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retried { .. } => "retried",
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }

    /// The time of the next attempt.
    #[must_use]
    pub const fn next_at(self) -> Option<Timestamp> {
        match self {
            Self::Retried { at } => Some(at),
            Self::Delivered | Self::GivenUp => None,
        }
    }
}

impl<'a> From<&'a LoggedAttempt> for ShownAttempt<'a> {
    fn from(logged: &'a LoggedAttempt) -> Self {
        let LoggedAttempt { id, attempt, events } = logged;
        let Attempt { endpoint, delivery, replay_of, node, at, latency, status, problem, outcome } = attempt;
        let [app, webhook] = endpoint.columns();
        Self {
            id: *id,
            app,
            webhook,
            delivery: delivery.as_str(),
            replay_of: replay_of.as_ref().map(super::DeliveryId::as_str),
            node,
            at: *at,
            outcome: outcome.as_str(),
            status: *status,
            latency_milliseconds: latency.as_millis(),
            problem: problem.as_deref(),
            next_at: outcome.next_at(),
            // They were stored as JSON. A row that was edited into something else is omitted.
            events: events.iter().filter_map(|event| RawValue::from_string(event.body.clone()).ok()).collect(),
        }
    }
}
