//! Pauses between attempts.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(2);

/// Pauses that double up to two seconds, each cut by up to half at random, so that the nodes do not try in step.
#[derive(Debug)]
pub(crate) struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(FIRST)
    }
}

impl Backoff {
    /// How long to wait before the next attempt.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(LONGEST);
        pause.mul_f64(rand::random_range(0.5..=1.0))
    }

    /// Begins anew after a success.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_stay_bounded() {
        let mut backoff = Backoff::default();
        for expected in [50, 100, 200, 400, 800, 1_600, 2_000, 2_000] {
            let pause = backoff.next().as_secs_f64() * 1_000.0;
            assert!((f64::from(expected) / 2.0..=f64::from(expected)).contains(&pause), "{pause}");
        }
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }
}
