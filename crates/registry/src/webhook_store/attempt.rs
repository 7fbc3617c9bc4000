//! Requests to endpoints.

use std::time::Duration;

use jiff::Timestamp;

use super::{delivery_id::DeliveryId, endpoint::Endpoint};

/// How much is kept of what went wrong, in characters.
const PROBLEM_CHARS: usize = 500;

/// A request to an endpoint, or the end of a delivery without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The delivery.
    pub delivery: DeliveryId,
    /// The delivery that an operator wanted to be repeated.
    pub replay_of: Option<DeliveryId>,
    /// The node that sent it.
    pub node: String,
    /// When it was sent.
    pub at: Timestamp,
    /// How long the answer took. Kept in whole milliseconds.
    pub latency: Duration,
    /// The status of the answer; `None`: there was none.
    pub status: Option<u16>,
    /// What went wrong. Its first 500 characters are kept.
    pub problem: Option<String>,
    /// What follows from it.
    pub outcome: AttemptOutcome,
}

/// What follows from an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The delivery is tried again.
    Retried {
        /// When. A restart makes it earlier.
        at: Timestamp,
    },
    /// The endpoint has taken the delivery.
    Delivered,
    /// The delivery is not tried again.
    GivenUp,
}

impl AttemptOutcome {
    /// The columns `outcome` and `next_at`.
    pub(super) fn columns(self) -> [i64; 2] {
        match self {
            Self::Retried { at } => [0, at.as_millisecond()],
            Self::Delivered => [1, 0],
            Self::GivenUp => [2, 0],
        }
    }

    pub(super) fn parse(outcome: i64, next_at: i64) -> Self {
        match outcome {
            0 => Self::Retried { at: super::timestamp(next_at) },
            1 => Self::Delivered,
            _ => Self::GivenUp,
        }
    }
}

impl Attempt {
    /// The column `problem`.
    pub(super) fn problem_column(&self) -> String {
        // Postgres takes no zero character.
        let shown = |text: &str| text.chars().take(PROBLEM_CHARS).filter(|character| *character != '\0').collect();
        self.problem.as_deref().map(shown).unwrap_or_default()
    }
}
