//! The time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clairon_hub::Millis;

/// The time since the start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Milliseconds since the start, untouched by changes of the wall clock.
    pub(crate) fn now(&self) -> Millis {
        millis(self.started.elapsed())
    }
}

/// For what peers have stamped: seconds since 1970.
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A duration in whole milliseconds.
pub(crate) fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}
