//! A histogram of durations.

use std::time::Duration;

use crate::clock::Nanos;

/// The longest duration, in nanoseconds: an hour. Longer ones count as this one.
const LONGEST: Nanos = 3_600_000_000_000;

/// The number of significant decimal digits.
const DIGITS: u8 = 2;

/// Counts durations in buckets of equal relative width.
#[derive(Clone, Debug)]
pub(crate) struct Histogram(hdrhistogram::Histogram<u64>);

impl Default for Histogram {
    #[expect(clippy::expect_used, reason = "both bounds are constant and valid")]
    fn default() -> Self {
        Self(hdrhistogram::Histogram::new_with_max(LONGEST, DIGITS).expect("a range over 2 and at most 5 digits"))
    }
}

impl Histogram {
    pub(crate) fn record(&mut self, value: Nanos) {
        self.0.saturating_record(value);
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// The duration that a share of all durations does not exceed; 1.0 gives the longest. Nothing if the histogram is
    /// empty.
    pub(crate) fn quantile(&self, quantile: f64) -> Option<Duration> {
        (!self.0.is_empty()).then(|| Duration::from_nanos(self.0.value_at_quantile(quantile)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_a_known_series() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), None);
        (1..=1000).for_each(|value| histogram.record(value * 1000));
        let micros = |quantile| histogram.quantile(quantile).unwrap().as_nanos() / 1000;
        assert!((500..=505).contains(&micros(0.5)) && (990..=1000).contains(&micros(0.99)));
        assert!((1000..=1010).contains(&micros(1.0)) && histogram.count() == 1000);
    }
}
