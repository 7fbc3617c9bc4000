//! The rate of attempts to sign in by browsers that no operator has signed in with before.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use clairon_hub::Millis;
use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use tracing::warn;

use crate::throttle::Throttle;

/// The attempts that all of them together have in a minute: more than one address has.
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("60 is not 0");

/// Bounds the passwords that can be guessed from any number of addresses.
#[derive(Debug)]
pub(super) struct StrangerRate {
    limiter: DefaultDirectRateLimiter,
    clock: DefaultClock,
    /// The attempts that were refused since the last line in the log.
    refused: AtomicU64,
    log: Throttle,
}

impl Default for StrangerRate {
    fn default() -> Self {
        Self {
            limiter: RateLimiter::direct(Quota::per_minute(PER_MINUTE)),
            clock: DefaultClock::default(),
            refused: AtomicU64::default(),
            log: Throttle::default(),
        }
    }
}

impl StrangerRate {
    /// Counts an attempt.
    ///
    /// # Errors
    /// There are too many. The value is the time after which another attempt is allowed.
    pub(super) fn take(&self, now: Millis) -> Result<(), Duration> {
        let taken = self.limiter.check().map_err(|not_yet| not_yet.wait_time_from(self.clock.now()));
        if taken.is_err() {
            self.refused.fetch_add(1, Relaxed);
            if self.log.allows(now) {
                let refused = self.refused.swap(0, Relaxed);
                let per_minute = PER_MINUTE.get();
                warn!(
                    refused,
                    per_minute,
                    "passwords are guessed from many addresses: only browsers that have signed in before, and this \
                     machine, can sign in at any time"
                );
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_strangers_together_have_a_rate() {
        let rate = StrangerRate::default();
        let results: Vec<_> = (0..200).map(|_| rate.take(0)).collect();
        assert!(results[..60].iter().all(Result::is_ok));
        let waits: Vec<_> = results.into_iter().filter_map(Result::err).collect();
        assert!(waits.len() > 100, "{}", waits.len());
        assert!(waits.iter().all(|wait| *wait <= Duration::from_secs(1)), "{waits:?}");
    }
}
