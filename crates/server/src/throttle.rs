//! Limits repeated log lines.

use std::sync::atomic::{AtomicU64, Ordering};

use clairon_hub::Millis;

/// The time between two lines.
const PAUSE: Millis = 60_000;

/// Allows one line per minute.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    /// The end of the pause; 0 before the first line.
    until: AtomicU64,
}

impl Throttle {
    /// True if the last line was more than a minute ago.
    pub(crate) fn allows(&self, now: Millis) -> bool {
        let until = self.until.load(Ordering::Relaxed);
        until <= now && self.until.compare_exchange(until, now + PAUSE, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_a_minute() {
        let throttle = Throttle::default();
        assert_eq!([0, 1, 59_999, 60_000, 60_001].map(|now| throttle.allows(now)), [true, false, false, true, false]);
    }
}
