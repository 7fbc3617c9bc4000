//! How long things took.

use std::time::Duration;

use crate::clock::Nanos;

/// Each power of two is cut into this many buckets, so a quantile is off by less than one part of it.
const PARTS: u64 = 1 << PART_BITS;
const PART_BITS: u32 = 7;
const BUCKETS: usize = (1 << PART_BITS) * (u64::BITS - PART_BITS + 1) as usize;

/// Counts durations in buckets of equal relative width: 59 KB, whatever is recorded.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    buckets: Box<[u64]>,
    count: u64,
    max: Nanos,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS].into_boxed_slice(), count: 0, max: 0 }
    }
}

impl Histogram {
    pub(crate) fn record(&mut self, value: Nanos) {
        self.buckets[bucket(value)] += 1;
        self.count += 1;
        self.max = self.max.max(value);
    }

    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    pub(crate) const fn max(&self) -> Duration {
        Duration::from_nanos(self.max)
    }

    /// The duration that `per_mille` of a thousand do not exceed; nothing where nothing was recorded.
    pub(crate) fn quantile(&self, per_mille: u64) -> Option<Duration> {
        let rank = (self.count * per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        let index = self.buckets.iter().position(|&count| {
            seen += count;
            seen >= rank
        })?;
        Some(Duration::from_nanos(upper_bound(index).min(self.max)))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a bucket's number is below BUCKETS")]
const fn bucket(value: u64) -> usize {
    if value < PARTS {
        return value as usize;
    }
    let shift = value.ilog2() - PART_BITS;
    (shift as usize + 1) * PARTS as usize + (value >> shift) as usize % PARTS as usize
}

/// The largest value that falls into a bucket.
const fn upper_bound(index: usize) -> u64 {
    let (octave, part) = (index as u64 / PARTS, index as u64 % PARTS);
    if octave == 0 {
        return part;
    }
    let shift = octave - 1;
    ((PARTS + part) << shift) + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_bucket() {
        for value in [0, 1, 127, 128, 129, 255, 256, 1_000_000, 123_456_789_012, u64::MAX] {
            let bound = upper_bound(bucket(value));
            assert!(bound >= value && bound - value <= value / PARTS, "{value} {bound}");
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn buckets_follow_one_another() {
        for index in 1..BUCKETS {
            assert_eq!(bucket(upper_bound(index - 1) + 1), index);
        }
    }

    #[test]
    fn quantiles_of_a_known_series() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(500), None);
        (1..=1000).for_each(|value| histogram.record(value * 1000));
        let micros = |per_mille| histogram.quantile(per_mille).unwrap().as_nanos() / 1000;
        assert!((500..=504).contains(&micros(500)));
        assert!((990..=998).contains(&micros(990)));
        assert_eq!((micros(1000), histogram.count()), (1000, 1000));
        assert_eq!(histogram.max(), Duration::from_millis(1));
    }
}
