//! A rate limit for each address.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::address_key::AddressKey;

/// The smallest number of addresses at which the limiter forgets those that have been quiet.
const MANY: usize = 1_024;

/// A number per second for each address, all of which may come at once.
///
/// An address is forgotten after a quiet second, as soon as there are many. So memory is bounded by the addresses of
/// one second.
#[derive(Debug)]
pub(super) struct AddressRate {
    limiter: DefaultKeyedRateLimiter<AddressKey>,
    /// The number of addresses at which quiet ones are forgotten.
    forget_at: AtomicUsize,
}

impl AddressRate {
    pub(super) fn new(limit: NonZeroU32) -> Self {
        Self { limiter: RateLimiter::keyed(Quota::per_second(limit)), forget_at: AtomicUsize::new(MANY) }
    }

    /// Counts one. False if the rate is exceeded.
    pub(super) fn take(&self, key: AddressKey) -> bool {
        let is_within = self.limiter.check_key(&key).is_ok();
        if self.limiter.len() >= self.forget_at.load(Relaxed) {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
            // Twice as many, so that the cost of forgetting stays small for each address.
            self.forget_at.store(MANY.max(self.limiter.len() * 2), Relaxed);
        }
        is_within
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn key(number: u32) -> AddressKey {
        AddressKey::of(IpAddr::from(Ipv4Addr::from_bits(number)))
    }

    #[test]
    fn each_address_has_its_own_second() {
        let rate = AddressRate::new(NonZeroU32::new(2).unwrap());
        assert!((0..1_000).any(|_| !rate.take(key(1))));
        assert!(rate.take(key(2)) && rate.take(key(2)));
    }

    #[test]
    fn quiet_addresses_are_forgotten() {
        // At this rate an address is quiet after a microsecond.
        let rate = AddressRate::new(NonZeroU32::new(1_000_000).unwrap());
        assert!((0..1_000_000).all(|number| rate.take(key(number))));
        assert!(rate.limiter.len() < 10 * MANY, "{}", rate.limiter.len());
    }
}
