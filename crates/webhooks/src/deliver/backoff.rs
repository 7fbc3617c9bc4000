//! The pauses between attempts, and the number of concurrent requests.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(5);

/// The pause after attempt number `attempts`, counted from 1. It is one second after the first and doubles up to five
/// minutes. A random tenth is added or taken off, so that deliveries that failed together are not repeated together.
pub(super) fn pause(attempts: u32) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1)));
    doubled.min(LONGEST).mul_f64(rand::random_range(0.9..=1.1))
}

/// The number of concurrent requests to an endpoint. A failed request halves it, so that an endpoint in trouble gets
/// few; a delivered one adds one.
#[derive(Debug)]
pub(super) struct Concurrency(usize);

impl Concurrency {
    /// The largest number of concurrent requests.
    const MOST: usize = 16;

    pub(super) const fn new() -> Self {
        Self(Self::MOST)
    }

    pub(super) const fn limit(&self) -> usize {
        self.0
    }

    pub(super) fn note(&mut self, is_delivered: bool) {
        self.0 = if is_delivered { self.0 + 1 } else { self.0 / 2 }.clamp(1, Self::MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        for (attempts, seconds) in [(1, 1.0), (2, 2.0), (3, 4.0), (9, 256.0), (10, 300.0), (u32::MAX, 300.0)] {
            let pause = pause(attempts).as_secs_f64();
            assert!((0.9 * seconds..=1.1 * seconds).contains(&pause), "{attempts}: {pause}");
        }
    }

    #[test]
    fn an_endpoint_in_trouble_gets_one_request_at_a_time() {
        let mut concurrency = Concurrency::new();
        let limits = [false, false, true, false, false, false].map(|is_delivered| {
            concurrency.note(is_delivered);
            concurrency.limit()
        });
        assert_eq!(limits, [8, 4, 5, 2, 1, 1]);
        (0..20).for_each(|_| concurrency.note(true));
        assert_eq!(concurrency.limit(), 16);
    }
}
