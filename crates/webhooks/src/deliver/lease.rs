//! The lease of an endpoint, measured by the clocks of this process.

use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;

/// The length of a lease, by the clock of the database.
pub(super) const LENGTH: Duration = Duration::from_secs(15);
/// The interval between renewals.
pub(super) const RENEWAL: Duration = Duration::from_secs(5);
/// A lease ends this much earlier in this process, because clocks differ in speed and a request takes time to leave.
const MARGIN: Duration = Duration::from_secs(1);

/// A moment by both clocks of this process. The monotonic clock is never set; the system clock runs while the machine
/// is suspended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    instant: Instant,
    time: SystemTime,
}

/// The lease of an endpoint. It is checked before each request, so a process that was paused for longer than the lease
/// sends nothing when it resumes.
#[derive(Debug)]
pub(super) struct LeaseClock(Mutex<Option<Moment>>);

impl Moment {
    pub(super) fn now() -> Self {
        Self { instant: Instant::now(), time: SystemTime::now() }
    }

    /// The time since this moment: the longer one of the two clocks.
    fn elapsed(self, now: Self) -> Duration {
        let by_time = now.time.duration_since(self.time).unwrap_or_default();
        now.instant.saturating_duration_since(self.instant).max(by_time)
    }
}

impl LeaseClock {
    /// A lease, counted from the moment before the database was asked for it.
    pub(super) const fn new(asked: Moment) -> Self {
        Self(Mutex::new(Some(asked)))
    }

    /// Notes a renewal.
    pub(super) fn renew(&self, asked: Moment) {
        if let Some(at) = &mut *self.0.lock() {
            *at = asked;
        }
    }

    /// Notes that the lease has ended or belongs to another node.
    pub(super) fn end(&self) {
        *self.0.lock() = None;
    }

    pub(super) fn is_valid(&self) -> bool {
        self.is_valid_at(Moment::now())
    }

    fn is_valid_at(&self, now: Moment) -> bool {
        self.0.lock().is_some_and(|asked| asked.elapsed(now) < LENGTH.saturating_sub(MARGIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_ends_a_second_early_by_either_clock() {
        let asked = Moment::now();
        let lease = LeaseClock::new(asked);
        let after = |by_instant, by_time| Moment {
            instant: asked.instant + Duration::from_millis(by_instant),
            time: asked.time + Duration::from_millis(by_time),
        };
        let rows = [(0, 0, true), (13_999, 13_999, true), (14_000, 0, false), (0, 14_000, false)];
        for (by_instant, by_time, is_valid) in rows {
            assert_eq!(lease.is_valid_at(after(by_instant, by_time)), is_valid, "{by_instant} {by_time}");
        }
        let earlier = Moment { time: asked.time - Duration::from_hours(1), ..asked };
        assert!(lease.is_valid_at(earlier), "a clock that was set back ends nothing");
        lease.renew(after(14_000, 14_000));
        assert!(lease.is_valid_at(after(27_000, 27_000)));
        lease.end();
        lease.renew(after(27_000, 27_000));
        assert!(!lease.is_valid_at(after(27_000, 27_000)), "what has ended stays so");
    }
}
