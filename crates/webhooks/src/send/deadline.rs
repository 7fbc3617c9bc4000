//! The time limit of a request.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::failure::{SendFailure, Step};

/// The instant by which the head of the answer must have arrived, and the length of the time limit.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    at: Instant,
    timeout: Duration,
}

impl Deadline {
    pub(super) fn new(start: Instant, timeout: Duration) -> Self {
        Self { at: start + timeout, timeout }
    }

    /// Waits for `future` until the deadline.
    pub(super) async fn within<T>(self, step: Step, future: impl Future<Output = T>) -> Result<T, SendFailure> {
        let timeout = self.timeout;
        timeout_at(self.at, future).await.map_err(|_| SendFailure::Timeout { step, timeout })
    }
}
