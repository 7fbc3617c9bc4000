//! The times at which work is due.

use std::time::Duration;

use crate::clock::{Nanos, nanos};

/// A fixed rate. The times do not move if the tool or the server is late, so waiting counts as latency.
#[derive(Debug)]
pub(super) struct Schedule {
    interval: Nanos,
    next: Option<Nanos>,
}

impl Schedule {
    /// A schedule with `rate` times a second on average, `burst` of them at once.
    pub(super) fn new(rate: f64, burst: usize) -> Self {
        let burst = u32::try_from(burst).unwrap_or(u32::MAX);
        Self { interval: nanos(Duration::from_secs_f64(f64::from(burst) / rate)).max(1), next: None }
    }

    /// The next time that is due, each one once. The schedule starts with the first call.
    pub(super) fn take_due(&mut self, now: Nanos) -> Option<Nanos> {
        let due = *self.next.get_or_insert(now);
        (due <= now).then(|| {
            self.next = Some(due + self.interval);
            due
        })
    }

    /// The next time, which may be in the future.
    pub(super) const fn next(&self) -> Option<Nanos> {
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_moment_comes_once_and_none_is_left_out() {
        let mut schedule = Schedule::new(1e9 / 100.0, 2);
        assert_eq!((schedule.take_due(1000), schedule.take_due(1000)), (Some(1000), None));
        assert_eq!(schedule.next(), Some(1200));
        assert_eq!(
            (schedule.take_due(1450), schedule.take_due(1450), schedule.take_due(1450)),
            (Some(1200), Some(1400), None)
        );
    }
}
