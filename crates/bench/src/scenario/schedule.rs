//! When something is due.

use std::time::Duration;

use crate::clock::{Nanos, nanos};

/// A fixed rate. What is due does not move when the tool or the server is late, so that waiting is seen as latency.
#[derive(Debug)]
pub(super) struct Schedule {
    interval: Nanos,
    next: Option<Nanos>,
}

impl Schedule {
    /// `burst` at a time, `rate` a second on average.
    pub(super) fn new(rate: f64, burst: usize) -> Self {
        let burst = u32::try_from(burst).unwrap_or(u32::MAX);
        Self { interval: nanos(Duration::from_secs_f64(f64::from(burst) / rate)).max(1), next: None }
    }

    /// The next moment that has come, each once. The first is when this is first asked.
    pub(super) fn take_due(&mut self, now: Nanos) -> Option<Nanos> {
        let due = *self.next.get_or_insert(now);
        (due <= now).then(|| {
            self.next = Some(due + self.interval);
            due
        })
    }

    /// The moment to wait for.
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
