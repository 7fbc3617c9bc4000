//! A budget for the work that wrong requests cause.

use std::{
    cell::Cell,
    sync::atomic::{AtomicU64, Ordering},
};

use clairon_hub::Millis;
use parking_lot::Mutex;

use crate::clock::Clock;

/// The number of bytes that may be hashed and compared in one second. Beyond it refusals are logged without a search.
const BYTES_PER_SECOND: usize = 4 << 20;

pub(super) struct Budget {
    clock: Clock,
    /// The current second, and the bytes used in it.
    second: Mutex<(Millis, usize)>,
    given_up: AtomicU64,
}

/// A search for one reason. It ends when the budget of the second is used up.
pub(super) struct Search<'a> {
    budget: &'a Budget,
    is_over: Cell<bool>,
}

impl Search<'_> {
    /// Takes `bytes` from the budget. False if not enough is left, or was not left before.
    pub(super) fn charge(&self, bytes: usize) -> bool {
        if !self.is_over.get() && !self.budget.charge(bytes) {
            self.is_over.set(true);
            self.budget.given_up.fetch_add(1, Ordering::Relaxed);
        }
        !self.is_over.get()
    }

    pub(super) const fn is_over(&self) -> bool {
        self.is_over.get()
    }
}

impl Budget {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, second: Mutex::new((0, 0)), given_up: AtomicU64::new(0) }
    }

    /// A search; without `is_wanted` one that is over already.
    pub(super) const fn search(&self, is_wanted: bool) -> Search<'_> {
        Search { budget: self, is_over: Cell::new(!is_wanted) }
    }

    fn charge(&self, bytes: usize) -> bool {
        let this_second = self.clock.now() / 1_000;
        let mut second = self.second.lock();
        if second.0 != this_second {
            *second = (this_second, 0);
        }
        let cost = second.1.saturating_add(bytes);
        let is_left = cost <= BYTES_PER_SECOND;
        if is_left {
            second.1 = cost;
        }
        is_left
    }

    /// The number of searches that were given up.
    pub(super) fn given_up(&self) -> u64 {
        self.given_up.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_so_much_and_no_more() {
        let budget = Budget::new(Clock::start());
        let (one, other) = (budget.search(true), budget.search(true));
        assert!(one.charge(BYTES_PER_SECOND - 1) && !one.is_over());
        assert!(!one.charge(2) && one.is_over());
        assert!(!one.charge(1), "what is over stays over");
        assert!(other.charge(1) && !other.charge(usize::MAX));
        assert_eq!(budget.given_up(), 2);
        assert!(!budget.search(false).charge(1) && budget.given_up() == 2);
    }
}
