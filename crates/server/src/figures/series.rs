//! The samples of one app, or of all together.

use std::collections::VecDeque;

use clairon_hub::Millis;

use super::Counters;

/// The number of samples of an hour.
pub const STEPS: usize = 360;

/// The samples before the current step that the refusals of the last minute come from.
const REST_OF_MINUTE: usize = 5;

/// One sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// At the end of the step.
    pub connections: u32,
    /// In ten seconds.
    pub messages: u32,
    /// In ten seconds.
    pub api_calls: u32,
    /// The refusals since the sample before.
    pub refusals: u32,
    /// In microseconds; 0 without deliveries.
    pub delivery_p99: u32,
}

/// Samples, and the counters at the last two of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    samples: VecDeque<Sample>,
    before: Mark,
    last: Mark,
}

/// The counters at one time. Both are 0 at the start of the server.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    at: Millis,
    counters: Counters,
}

impl Series {
    /// A series with the times of this one, without traffic.
    pub(super) fn like_new(&self) -> Self {
        let empty = |mark: Mark| Mark { counters: Counters::default(), ..mark };
        Self { samples: VecDeque::new(), before: empty(self.before), last: empty(self.last) }
    }

    /// Begins with these counters: traffic before them is of no step.
    pub(super) fn begin(&mut self, counters: Counters) {
        self.before.counters = counters;
        self.last.counters = counters;
    }

    pub(super) fn push(&mut self, counters: Counters, now: Millis) {
        let since = counters - self.last.counters;
        let sample = Sample::of(&since, now.saturating_sub(self.last.at));
        if self.samples.len() == STEPS {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        self.before = self.last;
        self.last = Mark { at: now, counters };
    }

    /// The figures of now: of the current step and the one before, with the refusals of the last minute.
    pub(super) fn current(&self, counters: &Counters, now: Millis) -> Sample {
        let since = *counters - self.before.counters;
        let rest: u32 = self.samples.iter().rev().take(REST_OF_MINUTE).map(|sample| sample.refusals).sum();
        let refusals = rest.saturating_add(small((*counters - self.last.counters).refusals));
        Sample { refusals, ..Sample::of(&since, now.saturating_sub(self.before.at)) }
    }

    /// The samples, the oldest first.
    pub(super) fn samples(&self) -> impl ExactSizeIterator<Item = Sample> {
        self.samples.iter().copied()
    }

    /// True if there was nothing in the whole hour.
    pub(super) fn is_quiet(&self) -> bool {
        self.samples.len() == STEPS && self.samples.iter().all(|sample| *sample == Sample::default())
    }
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The number in ten seconds. Periods of less than a second give no rate, and count as one.
fn rate(count: u64, millis: Millis) -> u32 {
    let millis = millis.max(1_000);
    small((count.saturating_mul(10_000) + millis / 2) / millis)
}

impl Sample {
    /// Messages in a second, to and from clients.
    #[must_use]
    pub fn messages_per_second(&self) -> f64 {
        f64::from(self.messages) / 10.0
    }

    /// Requests of backends in a second.
    #[must_use]
    pub fn api_calls_per_second(&self) -> f64 {
        f64::from(self.api_calls) / 10.0
    }

    /// The time that 99 of 100 deliveries did not exceed; `None` without deliveries.
    #[must_use]
    pub fn delivery_p99_milliseconds(&self) -> Option<f64> {
        (self.delivery_p99 > 0).then(|| f64::from(self.delivery_p99) / 1_000.0)
    }

    pub(super) fn of(since: &Counters, millis: Millis) -> Self {
        Self {
            connections: small(since.connections),
            messages: rate(since.messages, millis),
            api_calls: rate(since.api_calls, millis),
            refusals: small(since.refusals),
            delivery_p99: small(since.delivery_p99().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(messages: u64, refusals: u64) -> Counters {
        Counters { connections: 4, messages, refusals, ..Counters::default() }
    }

    #[test]
    fn what_is_shown_now_is_of_the_last_steps() {
        let mut series = Series::default();
        let now = series.current(&counters(50, 2), 5_000);
        assert_eq!((now.connections, now.messages, now.refusals), (4, 100, 2));
        for step in 1..=10 {
            series.push(counters(100 * step, step), 10_000 * step);
        }
        // 250 messages in 15 s, and 5 refusals in 50 s before 3 in the current step.
        let now = series.current(&counters(1_150, 13), 105_000);
        assert_eq!((now.messages, now.refusals), (167, 8));
        assert_eq!(series.like_new().current(&counters(15, 0), 105_000).messages, 10);
        assert!(!series.is_quiet());
    }
}
