//! Limits log lines that clients can cause.

use std::mem;

use clairon_hub::Millis;

/// The number of lines that are logged in a burst.
const BURST: u64 = 50;
/// The time after which one more may be logged.
const PAUSE: Millis = 1_000;

/// The budget of log lines of one kind, so that clients that repeat something do not fill the disk. Each kind has its
/// own, so that none hides another.
#[derive(Debug, Default)]
pub(crate) struct LineBudget {
    /// The used part of a burst.
    used: u64,
    /// The time up to which lines were given back.
    until: Millis,
    /// The number of lines that were left out since the last one.
    left_out: u64,
}

impl LineBudget {
    /// Decides whether another line may be written. If so, returns the number of those that were left out since the
    /// last one.
    pub(crate) fn admit(&mut self, now: Millis) -> Option<u64> {
        let back = now.saturating_sub(self.until) / PAUSE;
        self.until += back * PAUSE;
        self.used = self.used.saturating_sub(back);
        if self.used == BURST {
            self.left_out += 1;
            return None;
        }
        self.used += 1;
        Some(mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_logged_in_few_lines() {
        let mut budget = LineBudget::default();
        let mut lines = |count, now| (0..count).filter_map(|_| budget.admit(now)).collect::<Vec<_>>();
        assert_eq!(lines(BURST + 7, 999), vec![0; 50]);
        assert_eq!(lines(3, 1_000), [7]);
        assert_eq!(lines(3, 3_999), [2, 0]);
        assert_eq!(lines(1, 4_000), [1]);
        assert_eq!(lines(1_000, 3_600_000).len(), 50);
    }
}
