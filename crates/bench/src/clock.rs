//! Time since the tool was started.

use std::time::{Duration, Instant};

/// A moment or a span, in nanoseconds. 64 bits of them last for 580 years.
pub(crate) type Nanos = u64;

/// The one clock that stamps events and tells their age.
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

/// A span in nanoseconds.
pub(crate) fn nanos(span: Duration) -> Nanos {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
