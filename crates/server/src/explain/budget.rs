//! How much work strangers may cause by being wrong.

use clairon_hub::Millis;
use parking_lot::Mutex;

use crate::clock::Clock;

/// Searches for a reason that may run in one second; beyond, a refusal is logged without a search.
const SEARCHES_PER_SECOND: u32 = 20;

pub(super) struct Budget {
    clock: Clock,
    second: Mutex<(Millis, u32)>,
}

impl Budget {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, second: Mutex::new((0, 0)) }
    }

    /// Runs a search if there is room for one.
    pub(super) fn spend<T>(&self, search: impl FnOnce() -> Option<T>) -> Option<T> {
        let this_second = self.clock.now() / 1_000;
        {
            let mut second = self.second.lock();
            if second.0 != this_second {
                *second = (this_second, 0);
            }
            if second.1 >= SEARCHES_PER_SECOND {
                return None;
            }
            second.1 += 1;
        }
        search()
    }
}
