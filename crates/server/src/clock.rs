//! The time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clairon_hub::{Micros, Millis};
use jiff::Timestamp;

/// The time since the start.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    /// The time of the start, in seconds since 1970.
    started_at: u64,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), started_at: unix_seconds() }
    }

    /// The time of the start, in seconds since 1970.
    pub(crate) fn started_at(&self) -> u64 {
        self.started_at
    }

    /// The time of the start.
    pub fn start_time(&self) -> Timestamp {
        i64::try_from(self.started_at).ok().and_then(|second| Timestamp::from_second(second).ok()).unwrap_or_default()
    }

    /// Milliseconds since the start. They do not depend on the wall clock.
    pub fn now(&self) -> Millis {
        millis(self.started.elapsed())
    }

    /// Microseconds since the start.
    pub(crate) fn micros(&self) -> Micros {
        Micros::try_from(self.started.elapsed().as_micros()).unwrap_or(Micros::MAX)
    }
}

/// Seconds since 1970, for comparison with times of peers.
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A duration in whole milliseconds.
pub(crate) fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

/// Milliseconds since 1970, for times that outlive the process.
pub(crate) fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
