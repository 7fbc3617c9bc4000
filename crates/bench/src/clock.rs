//! The time since the start of the tool.

use std::time::{Duration, Instant};

/// A time or a duration, in nanoseconds. 64 bits are enough for 580 years.
pub(crate) type Nanos = u64;

/// The clock for the marks in events and for their latency.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(self) -> Nanos {
        nanos(self.0.elapsed())
    }
}

/// A duration in nanoseconds.
pub(crate) fn nanos(span: Duration) -> Nanos {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
