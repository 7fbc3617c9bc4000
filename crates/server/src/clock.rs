//! The time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clairon_hub::{Micros, Millis};

/// The time since the start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
    /// In seconds since 1970.
    started_at: u64,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), started_at: unix_seconds() }
    }

    /// When the start was, in seconds since 1970.
    pub(crate) fn started_at(&self) -> u64 {
        self.started_at
    }

    /// Milliseconds since the start, untouched by changes of the wall clock.
    pub(crate) fn now(&self) -> Millis {
        millis(self.started.elapsed())
    }

    /// The same in microseconds.
    pub(crate) fn micros(&self) -> Micros {
        Micros::try_from(self.started.elapsed().as_micros()).unwrap_or(Micros::MAX)
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
