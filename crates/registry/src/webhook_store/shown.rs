//! How an attempt of the log is shown.

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
    /// Its place in the log: a later attempt has a greater one.
    id: i64,
    /// The app; empty for none.
    app: &'a str,
    /// The endpoint.
    webhook: &'a str,
    /// What the request had in `X-Clairon-Delivery`.
    delivery: &'a str,
    /// The delivery that an operator wanted to be repeated.
    replay_of: Option<&'a str>,
    /// The node that sent it.
    node: &'a str,
    /// When it was sent.
    at: Timestamp,
    /// `delivered`, `retried` or `given_up`.
    outcome: &'static str,
    /// The status of the answer.
    status: Option<u16>,
    latency_milliseconds: u128,
    /// What went wrong.
    problem: Option<&'a str>,
    /// When the delivery is tried again.
    next_at: Option<Timestamp>,
    /// The events of the delivery, as far as they are still kept.
    events: Vec<Box<RawValue>>,
}

impl AttemptOutcome {
    /// What it is called.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retried { .. } => "retried",
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }

    /// When the delivery is tried again.
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
            // They were written as JSON. One that somebody has edited into something else is left out.
            events: events.iter().filter_map(|event| RawValue::from_string(event.body.clone()).ok()).collect(),
        }
    }
}
