//! A rate limit for each address.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

use super::address_key::AddressKey;

/// The smallest number of addresses at which the limiter forgets those that have been quiet.
const MANY: usize = 1_024;

/// A rate for each address.
///
/// An address is forgotten once all of its quota is back, as soon as there are many. So memory is bounded by the
/// addresses of that time.
#[derive(Debug)]
pub(super) struct AddressRate {
    limiter: DefaultKeyedRateLimiter<AddressKey>,
    clock: DefaultClock,
    /// The number of addresses at which quiet ones are forgotten.
    forget_at: AtomicUsize,
}

impl AddressRate {
    pub(super) fn new(quota: Quota) -> Self {
        Self { limiter: RateLimiter::keyed(quota), clock: DefaultClock::default(), forget_at: AtomicUsize::new(MANY) }
    }

    /// Counts one.
    ///
    /// # Errors
    /// The rate is exceeded. The value is the time after which another one may come.
    pub(super) fn take(&self, key: AddressKey) -> Result<(), Duration> {
        let taken = self.limiter.check_key(&key).map_err(|not_yet| not_yet.wait_time_from(self.clock.now()));
        if self.limiter.len() >= self.forget_at.load(Relaxed) {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
            // Twice as many, so that the cost of forgetting stays small for each address.
            self.forget_at.store(MANY.max(self.limiter.len() * 2), Relaxed);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::{IpAddr, Ipv4Addr},
        num::NonZeroU32,
    };

    use super::*;

    fn key(number: u32) -> AddressKey {
        AddressKey::of(IpAddr::from(Ipv4Addr::from_bits(number)))
    }

    fn per_second(number: u32) -> Quota {
        Quota::per_second(NonZeroU32::new(number).unwrap())
    }

    #[test]
    fn each_address_has_its_own_second() {
        let rate = AddressRate::new(per_second(2));
        assert!((0..1_000).any(|_| rate.take(key(1)).is_err()));
        assert!(rate.take(key(2)).is_ok() && rate.take(key(2)).is_ok());
    }

    #[test]
    fn quiet_addresses_are_forgotten() {
        // At this rate an address is quiet after a microsecond.
        let rate = AddressRate::new(per_second(1_000_000));
        assert!((0..1_000_000).all(|number| rate.take(key(number)).is_ok()));
        assert!(rate.limiter.len() < 10 * MANY, "{}", rate.limiter.len());
    }
}
