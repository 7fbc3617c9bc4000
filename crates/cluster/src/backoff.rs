//! Pauses between attempts to connect.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(2);

/// Pauses that double up to two seconds. Each is shortened by up to half at random, so that the nodes do not try at the
/// same time.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// No pause is longer than a beat either: the other nodes wait for this one for a lease only, which is two beats or
    /// more.
    pub(crate) fn within(beat: Duration) -> Self {
        let longest = LONGEST.min(beat);
        Self { next: FIRST.min(longest), longest }
    }

    /// The pause before the next attempt.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        pause.mul_f64(rand::random_range(0.5..=1.0))
    }

    /// Begins with the first pause again, after a success.
    pub(crate) fn reset(&mut self) {
        self.next = FIRST.min(self.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_stay_bounded() {
        for (beat, all) in
            [(5_000, [50, 100, 200, 400, 800, 1_600, 2_000, 2_000]), (300, [50, 100, 200, 300, 300, 300, 300, 300])]
        {
            let mut backoff = Backoff::within(Duration::from_millis(beat));
            for expected in all {
                let pause = backoff.next().as_secs_f64() * 1_000.0;
                assert!((f64::from(expected) / 2.0..=f64::from(expected)).contains(&pause), "{pause}");
            }
            backoff.reset();
            assert!(backoff.next() <= FIRST);
        }
    }
}
