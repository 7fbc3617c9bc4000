//! Attempts to deliver.

use std::time::Duration;

use jiff::Timestamp;

use super::{delivery_id::DeliveryId, endpoint::Endpoint};

/// The longest stored problem, in characters.
const PROBLEM_CHARS: usize = 500;

/// A request to an endpoint, or the end of a delivery without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The delivery.
    pub delivery: DeliveryId,
    /// The earlier delivery, if this one is a replay.
    pub replay_of: Option<DeliveryId>,
    /// The node that made the attempt.
    pub node: String,
    /// The time of the attempt.
    pub at: Timestamp,
    /// The time until the answer. It is stored in whole milliseconds.
    pub latency: Duration,
    /// The status of the answer; `None` if there was no answer.
    pub status: Option<u16>,
    /// The reason of a failure. Its first 500 characters are stored.
    pub problem: Option<String>,
    /// The effect of the attempt on its delivery.
    pub outcome: AttemptOutcome,
}

/// An attempt to deliver events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryAttempt {
    /// The attempt.
    pub attempt: Attempt,
    /// The ids of the events of the delivery.
    pub events: Vec<i64>,
}

/// The effect of an attempt on its delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The delivery will be retried.
    Retried {
        /// The time of the next attempt. A restart makes it earlier.
        at: Timestamp,
    },
    /// The endpoint accepted the delivery.
    Delivered,
    /// The delivery is not retried.
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
        // Postgres cannot store the character U+0000.
        let shown = |text: &str| text.chars().take(PROBLEM_CHARS).filter(|character| *character != '\0').collect();
        self.problem.as_deref().map(shown).unwrap_or_default()
    }
}
