//! The time of a report, divided into spans of equal length.

use clairon_registry::Statistics;
use jiff::Timestamp;

/// Spans of equal length. The last one is not over yet. Each begins at a multiple of the length.
pub(super) struct Spans {
    first: i64,
    count: usize,
    step_seconds: u32,
}

impl Spans {
    /// About `columns` spans from `since` to `now`, each of whole intervals.
    pub(super) fn new(since: Timestamp, now: Timestamp, interval_seconds: u32, columns: i64) -> Self {
        let (since, now) = (since.as_second(), now.as_second());
        let interval = i64::from(interval_seconds.max(1));
        let intervals = (now - since - 1).max(0) / (columns * interval) + 1;
        let step = intervals * interval;
        let first = since.div_euclid(step);
        let count = usize::try_from(now.div_euclid(step) - first + 1).unwrap_or(1);
        Self { first, count, step_seconds: u32::try_from(step).unwrap_or(u32::MAX) }
    }

    pub(super) fn step_seconds(&self) -> u32 {
        self.step_seconds
    }

    /// The start of the first span.
    pub(super) fn start(&self) -> Timestamp {
        Timestamp::from_second(self.first * i64::from(self.step_seconds)).unwrap_or(Timestamp::MIN)
    }

    /// The figure of each span; 0 if there was no activity.
    pub(super) fn figures(&self, entries: &[Statistics], figure: fn(&Statistics) -> u64) -> Vec<u64> {
        let mut figures = vec![0; self.count];
        for entry in entries {
            let span = entry.since.as_second().div_euclid(self.step_seconds.into()) - self.first;
            if let Some(place) = usize::try_from(span).ok().and_then(|span| figures.get_mut(span)) {
                *place = figure(entry);
            }
        }
        figures
    }

    /// A description for people.
    pub(super) fn legend(&self) -> String {
        let start = self.start().strftime("%Y-%m-%d %H:%M UTC");
        let step = match self.step_seconds {
            seconds if seconds % 86_400 == 0 => format!("{} d", seconds / 86_400),
            seconds if seconds % 3_600 == 0 => format!("{} h", seconds / 3_600),
            seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
            seconds => format!("{seconds} s"),
        };
        format!("Since {start}; each block is {step}.\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_cut_into_half_hours() {
        let [since, now] = ["2026-11-22T10:10:05Z", "2026-11-23T10:10:05Z"].map(|text| text.parse().unwrap());
        let spans = Spans::new(since, now, 60, 48);
        assert_eq!((spans.step_seconds(), spans.count), (1_800, 49));
        assert_eq!(spans.legend(), "Since 2026-11-22 10:00 UTC; each block is 30 min.\n");
    }

    #[test]
    fn no_span_is_shorter_than_an_interval() {
        let [since, now] = ["2026-11-23T10:10:00Z", "2026-11-23T10:40:00Z"].map(|text| text.parse().unwrap());
        assert_eq!(Spans::new(since, now, 60, 48).step_seconds(), 60);
        assert_eq!(Spans::new(since, now, 3_600, 48).count, 1);
        assert_eq!(Spans::new(since, now, 7, 48).step_seconds(), 42);
        assert_eq!(Spans::new(now, now, 60, 48).count, 1);
    }
}
