//! Limits the activities that a watcher gets in a second.

use std::time::{Duration, Instant};

/// The interval between two reports to a watcher of the number of activities that were left out.
pub(super) const REPORTS: Duration = Duration::from_secs(1);

/// A limit of activities in a second, and the count of those that are left out.
#[derive(Debug)]
pub(super) struct Sampling {
    /// `None` for no limit.
    per_second: Option<u32>,
    /// The activities that may pass now. It grows with the time, up to the limit of a second.
    tokens: f64,
    refilled_at: Instant,
    left_out: u64,
    reported_at: Instant,
}

impl Sampling {
    pub(super) fn new(per_second: Option<u32>, now: Instant) -> Self {
        let tokens = per_second.unwrap_or_default().into();
        Self { per_second, tokens, refilled_at: now, left_out: 0, reported_at: now }
    }

    /// True if another activity may pass. Otherwise it is counted.
    pub(super) fn admit(&mut self, now: Instant) -> bool {
        let Some(limit) = self.per_second.map(f64::from) else { return true };
        let passed = now.saturating_duration_since(self.refilled_at).as_secs_f64();
        self.refilled_at = now;
        self.tokens = (self.tokens + passed * limit).min(limit);
        if self.tokens < 1.0 {
            self.left_out += 1;
            return false;
        }
        self.tokens -= 1.0;
        true
    }

    /// The instant at which the count is due; `None` while nothing is left out.
    pub(super) fn report_at(&self) -> Option<Instant> {
        (self.left_out > 0).then(|| self.reported_at + REPORTS)
    }

    /// Takes the count.
    pub(super) fn take_report(&mut self, now: Instant) -> u64 {
        self.reported_at = now;
        std::mem::take(&mut self.left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_the_limit_is_counted() {
        let start = Instant::now();
        let mut sampling = Sampling::new(Some(10), start);
        let passed = (0..1_000).filter(|_| sampling.admit(start)).count();
        assert_eq!((passed, sampling.report_at()), (10, Some(start + REPORTS)));
        assert_eq!(sampling.take_report(start + REPORTS), 990);
        assert_eq!(sampling.report_at(), None);
        let later = start + Duration::from_millis(500);
        assert_eq!((0..100).filter(|_| sampling.admit(later)).count(), 5);
        let much_later = start + Duration::from_mins(1);
        assert_eq!((0..100).filter(|_| sampling.admit(much_later)).count(), 10);
        assert!((0..1_000).all(|_| Sampling::new(None, start).admit(start)));
    }
}
