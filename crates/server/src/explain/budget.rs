//! How much work strangers may cause by being wrong.

use std::sync::atomic::{AtomicU64, Ordering};

use clairon_hub::Millis;
use parking_lot::Mutex;

use crate::clock::Clock;

/// How many bytes may be hashed and compared in one second in search of reasons; beyond, a refusal is logged without.
const BYTES_PER_SECOND: usize = 4 << 20;

pub(super) struct Budget {
    clock: Clock,
    /// Which second it is, and what it has cost.
    second: Mutex<(Millis, usize)>,
    refused: AtomicU64,
}

impl Budget {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, second: Mutex::new((0, 0)), refused: AtomicU64::new(0) }
    }

    /// Takes `bytes` out of what this second has; false where it has not that much.
    pub(super) fn charge(&self, bytes: usize) -> bool {
        let this_second = self.clock.now() / 1_000;
        let mut second = self.second.lock();
        if second.0 != this_second {
            *second = (this_second, 0);
        }
        let cost = second.1.saturating_add(bytes);
        if cost > BYTES_PER_SECOND {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        second.1 = cost;
        true
    }

    /// How many times a second had not that much.
    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_so_much_and_no_more() {
        let budget = Budget::new(Clock::start());
        assert!(budget.charge(BYTES_PER_SECOND) && !budget.charge(1));
        assert!(!budget.charge(usize::MAX));
        assert_eq!(budget.refused(), 2);
    }
}
