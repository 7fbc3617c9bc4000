//! When the events that several nodes write can be put into their order.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// The time for which an event waits for earlier ones of other nodes. A node writes what it observes within a tenth of
/// a second, so this leaves it time to spare.
pub(crate) const HORIZON: Duration = Duration::from_millis(200);
/// The same while nodes write what has gathered during an outage of the database.
pub(crate) const CATCH_UP: Duration = Duration::from_secs(5);

/// The arriving events of an endpoint: the newest one at each look, with the time of the look.
///
/// An event that was seen at one look is settled at least [`HORIZON`] later. What happened before it is in the store
/// then, unless a node is very late.
#[derive(Debug, Default)]
pub(super) struct Arrivals(VecDeque<(i64, Instant)>);

impl Arrivals {
    /// Notes the newest arriving event at a look.
    pub(super) fn note(&mut self, newest: Option<i64>, now: Instant) {
        if let Some(newest) = newest
            && self.0.back().is_none_or(|(last, _)| *last < newest)
        {
            self.0.push_back((newest, now));
        }
    }

    /// Takes the newest event that has waited for a time.
    pub(super) fn take(&mut self, time: Duration, now: Instant) -> Option<i64> {
        let mut newest = None;
        while let Some((event, _)) = self.0.pop_front_if(|(_, seen)| now.saturating_duration_since(*seen) >= time) {
            newest = Some(event);
        }
        newest
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The pause until [`Self::take`] has one. `None`: no event is arriving, as far as is known.
    pub(super) fn pause(&self, time: Duration, now: Instant) -> Option<Duration> {
        self.0.front().map(|(_, seen)| (*seen + time).saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_waits_for_a_time_after_it_was_seen() {
        let (mut arrivals, start) = (Arrivals::default(), Instant::now());
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        arrivals.note(None, at(0));
        assert_eq!((arrivals.take(HORIZON, at(9_000)), arrivals.pause(HORIZON, at(0))), (None, None));
        for (newest, seen) in [(7, 0), (7, 50), (9, 100), (12, 150)] {
            arrivals.note(Some(newest), at(seen));
        }
        assert_eq!(arrivals.pause(HORIZON, at(50)), Some(Duration::from_millis(150)));
        assert_eq!(arrivals.take(HORIZON, at(199)), None);
        assert_eq!(arrivals.take(HORIZON, at(200)), Some(7));
        assert_eq!(arrivals.take(CATCH_UP, at(360)), None, "during an outage it is longer");
        assert_eq!(arrivals.take(HORIZON, at(360)), Some(12));
        assert_eq!(arrivals.pause(HORIZON, at(360)), None);
    }
}
