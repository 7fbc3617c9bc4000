//! The statistics of apps on this node, by interval, until they are stored in the registry.

use std::{collections::HashMap, time::Duration};

use clairon_hub::Traffic;
use clairon_protocol::AppId;
use clairon_registry::Statistics;
use jiff::{SignedDuration, Timestamp};

/// The largest number of entries that wait while the registry cannot store them. An entry is one app in one interval.
const UNWRITTEN: usize = 10_000;

/// Divides the traffic of apps into intervals. Each begins at a multiple of its length.
#[derive(Debug)]
pub(crate) struct Tally {
    interval_seconds: u32,
    /// The start of the current interval, in seconds since 1970.
    began: i64,
    /// The counters of each app at that time.
    seen: HashMap<AppId, Seen>,
    /// The entries to store, oldest first.
    unwritten: Vec<Statistics>,
}

/// Counters that only grow.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    received: u64,
    triggered: u64,
}

impl Tally {
    /// Starts to count.
    pub(crate) fn new(interval_seconds: u32, now: Timestamp) -> Self {
        let mut tally = Self { interval_seconds, began: 0, seen: HashMap::new(), unwritten: Vec::new() };
        tally.began = tally.start_of(now);
        tally
    }

    /// True if an interval is over and not yet closed.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.start_of(now) != self.began
    }

    /// Closes the current interval, even if it is not over: counts the traffic of `apps` in it. Apps without statistics
    /// or traffic are skipped.
    pub(crate) fn close<'a>(&mut self, apps: impl Iterator<Item = (AppId, &'a Traffic, bool)>, now: Timestamp) {
        let since = Timestamp::from_second(self.began).unwrap_or(now);
        for (app, traffic, is_kept) in apps {
            let total = Seen { received: traffic.received().messages, triggered: traffic.triggered() };
            let peak_connections = traffic.take_peak() as u64;
            let before = self.seen.insert(app.clone(), total).unwrap_or_default();
            let websocket_messages = total.received - before.received;
            let api_messages = total.triggered - before.triggered;
            if is_kept && (peak_connections, websocket_messages, api_messages) != (0, 0, 0) {
                let entry = Statistics { app, since, peak_connections, websocket_messages, api_messages };
                self.unwritten.push(entry);
            }
        }
        self.began = self.start_of(now);
    }

    /// The entries to store.
    pub(crate) fn unwritten(&self) -> &[Statistics] {
        &self.unwritten
    }

    /// Notes that all entries are stored.
    pub(crate) fn written(&mut self) {
        self.unwritten.clear();
    }

    /// Notes that entries could not be stored. Returns the number of oldest entries that are dropped because there are
    /// too many.
    pub(crate) fn give_up(&mut self) -> usize {
        let excess = self.unwritten.len().saturating_sub(UNWRITTEN);
        self.unwritten.drain(..excess);
        excess
    }

    fn start_of(&self, time: Timestamp) -> i64 {
        let length = i64::from(self.interval_seconds);
        time.as_second().div_euclid(length) * length
    }
}

/// The earliest interval whose statistics are kept: this many days before the last recorded interval at the start of
/// the server, plus the uptime by a monotonic clock. So a server with a clock that is years ahead removes nothing that
/// is not really old. A server that was off for long removes less than it could, until its next start.
pub(crate) fn oldest_kept(days: u32, last_recorded: Option<Timestamp>, uptime: Duration, now: Timestamp) -> Timestamp {
    let uptime = SignedDuration::try_from(uptime).unwrap_or(SignedDuration::MAX);
    let reference = last_recorded.map_or(now, |last| last.checked_add(uptime).unwrap_or(now).min(now));
    reference.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_ahead_makes_nothing_old() {
        let hour = Duration::from_hours(1);
        let (last, right, ahead) = ("2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z", "2038-01-01T00:00:00Z");
        for (last_recorded, now, kept) in [
            (None, right, "2026-11-13T11:00:00Z"),
            (Some(last), right, "2026-11-13T11:00:00Z"),
            (Some(last), ahead, "2026-11-13T11:00:00Z"),
            // Rows written with such a clock do not count either.
            (Some(ahead), right, "2026-11-13T11:00:00Z"),
            // The server was off for a year.
            (Some("2025-11-23T10:00:00Z"), right, "2025-11-13T11:00:00Z"),
        ] {
            assert_eq!(oldest_kept(10, last_recorded.map(at), hour, at(now)), at(kept), "{last_recorded:?} {now}");
        }
        assert_eq!(oldest_kept(u32::MAX, None, hour, at(right)), Timestamp::MIN);
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn app(id: &str) -> AppId {
        AppId::parse(id).unwrap()
    }

    #[test]
    fn intervals_begin_at_multiples_of_their_length() {
        let mut tally = Tally::new(60, at("2026-11-23T10:00:59.9Z"));
        let traffic = Traffic::default();
        traffic.add_received(5);
        traffic.add_received(5);
        traffic.add_triggered(3);
        assert!(!tally.is_due(at("2026-11-23T10:00:59.99Z")) && tally.is_due(at("2026-11-23T10:01:00Z")));
        tally.close([(app("a"), &traffic, true)].into_iter(), at("2026-11-23T10:01:00.1Z"));
        let first = Statistics {
            app: app("a"),
            since: at("2026-11-23T10:00:00Z"),
            peak_connections: 0,
            websocket_messages: 2,
            api_messages: 3,
        };
        assert_eq!(tally.unwritten(), std::slice::from_ref(&first));

        // An interval without traffic, then one with. Entries that could not be written come again.
        assert!(!tally.is_due(at("2026-11-23T10:01:30Z")));
        tally.close([(app("a"), &traffic, true)].into_iter(), at("2026-11-23T10:02:00Z"));
        traffic.add_received(5);
        tally.close([(app("a"), &traffic, true)].into_iter(), at("2026-11-23T10:03:00Z"));
        let third = Statistics { since: at("2026-11-23T10:02:00Z"), websocket_messages: 1, api_messages: 0, ..first };
        assert_eq!(tally.unwritten()[1..], [third]);
        assert_eq!(tally.give_up(), 0);
        tally.written();
        assert_eq!(tally.unwritten(), []);
    }

    #[test]
    fn what_is_not_to_be_kept_is_not_kept_for_later() {
        let mut tally = Tally::new(1, at("2026-11-23T10:00:00Z"));
        let traffic = Traffic::default();
        traffic.add_received(5);
        tally.close([(app("a"), &traffic, false)].into_iter(), at("2026-11-23T10:00:01Z"));
        tally.close([(app("a"), &traffic, true)].into_iter(), at("2026-11-23T10:00:02Z"));
        assert_eq!(tally.unwritten(), []);
    }

    #[test]
    fn the_oldest_is_given_up() {
        let mut tally = Tally::new(1, at("2026-11-23T10:00:00Z"));
        let traffic = Traffic::default();
        traffic.add_received(5);
        let apps = (0..=UNWRITTEN).map(|id| (app(&id.to_string()), &traffic, true));
        tally.close(apps, at("2026-11-23T10:00:01Z"));
        assert_eq!(tally.give_up(), 1);
        assert_eq!((tally.unwritten().len(), tally.unwritten()[0].app.as_str()), (UNWRITTEN, "1"));
    }
}
