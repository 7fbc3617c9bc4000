//! A histogram: counts of observations by size.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts by bounds. The observer passes the bounds, which are constants.
#[derive(Debug)]
pub struct Histogram<const BOUNDS: usize> {
    /// The number of observations up to each bound and above the previous one.
    counts: [AtomicU64; BOUNDS],
    /// The number of observations above all bounds.
    above: AtomicU64,
    sum: AtomicU64,
}

impl<const BOUNDS: usize> Default for Histogram<BOUNDS> {
    fn default() -> Self {
        let counts = std::array::from_fn(|_| AtomicU64::new(0));
        Self { counts, above: AtomicU64::new(0), sum: AtomicU64::new(0) }
    }
}

impl<const BOUNDS: usize> Histogram<BOUNDS> {
    /// Counts a value.
    pub fn observe(&self, bounds: &[u64; BOUNDS], value: u64) {
        let place = bounds.partition_point(|bound| *bound < value);
        self.counts.get(place).unwrap_or(&self.above).fetch_add(1, Relaxed);
        self.sum.fetch_add(value, Relaxed);
    }

    /// The number of observations up to each bound, and their total number.
    #[must_use]
    pub fn cumulative(&self) -> ([u64; BOUNDS], u64) {
        let mut total = 0;
        let counts = std::array::from_fn(|place| {
            total += self.counts[place].load(Relaxed);
            total
        });
        (counts, total + self.above.load(Relaxed))
    }

    /// The sum of all observed values.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_counts_up_from_its_bound() {
        let (histogram, bounds) = (Histogram::default(), [10, 20, 30]);
        for value in [0, 10, 11, 30, 31, 1_000] {
            histogram.observe(&bounds, value);
        }
        assert_eq!((histogram.cumulative(), histogram.sum()), (([2, 3, 4], 6), 1_082));
    }
}
