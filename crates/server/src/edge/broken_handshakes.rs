//! TLS handshakes that clients break off.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use clairon_hub::Millis;
use parking_lot::Mutex;

use super::{LimitEffect, address_key::AddressKey, address_rate::AddressRate};
use crate::plain_connections::PlainConnection;

/// The time for which an address makes no handshakes after it has broken off too many, in milliseconds.
const PAUSE: Millis = 1_000;

/// The addresses that break off too many TLS handshakes.
///
/// The server signs in every handshake, so a client that breaks it off costs the server more than itself. A client that
/// brings a request is counted otherwise, and one of a backend not at all.
#[derive(Debug)]
pub(super) struct BrokenHandshakes {
    rate: AddressRate,
    /// The time at which each address may make handshakes again.
    paused: Mutex<HashMap<AddressKey, Millis>>,
    /// True while `paused` may have entries, so that others need no lock.
    any_paused: AtomicBool,
}

impl BrokenHandshakes {
    pub(super) fn new(rate: AddressRate) -> Self {
        Self { rate, paused: Mutex::default(), any_paused: AtomicBool::new(false) }
    }

    /// Counts one.
    pub(super) fn note(&self, key: AddressKey, now: Millis) {
        if self.rate.take(key).is_err() {
            let mut paused = self.paused.lock();
            paused.retain(|_, until| *until > now);
            paused.insert(key, now + PAUSE);
            self.any_paused.store(true, Relaxed);
        }
    }

    /// True if the address may make another handshake.
    pub(super) fn allow(&self, key: AddressKey, now: Millis) -> bool {
        if !self.any_paused.load(Relaxed) {
            return true;
        }
        let mut paused = self.paused.lock();
        if paused.get(&key).is_some_and(|until| *until > now) {
            return false;
        }
        paused.remove(&key);
        self.any_paused.store(!paused.is_empty(), Relaxed);
        true
    }
}

/// A TLS handshake, and the wait for a request after it. If this is dropped before [`complete`](Self::complete), the
/// client has broken it off.
pub(super) struct TlsAttempt<'a> {
    plain: &'a PlainConnection,
    is_complete: bool,
}

impl<'a> TlsAttempt<'a> {
    /// `None` if the client's address has broken off too many.
    pub(super) fn begin(plain: &'a PlainConnection) -> Option<Self> {
        let node = plain.node();
        if node.addresses.allow_handshake(plain.peer(), node.clock.now()) {
            Some(Self { plain, is_complete: false })
        } else {
            node.note_limit(LimitEffect::HandshakesClosed, plain.peer(), None);
            None
        }
    }

    /// Notes that the client has made its part.
    pub(super) fn complete(mut self) {
        self.is_complete = true;
    }
}

impl Drop for TlsAttempt<'_> {
    fn drop(&mut self) {
        if !self.is_complete {
            let node = self.plain.node();
            node.addresses.note_broken_handshake(self.plain.peer(), node.clock.now());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::{IpAddr, Ipv4Addr},
        num::NonZeroU32,
    };

    use governor::Quota;

    use super::*;

    #[test]
    fn an_address_with_too_many_pauses() {
        let handshakes = BrokenHandshakes::new(AddressRate::new(Quota::per_second(NonZeroU32::new(2).unwrap())));
        let [one, other] = [1, 2].map(|number| AddressKey::of(IpAddr::from(Ipv4Addr::from_bits(number))));
        // The rate has a clock of its own.
        while handshakes.allow(one, 5_000) {
            handshakes.note(one, 5_000);
        }
        assert!(handshakes.allow(other, 5_000));
        assert!(!handshakes.allow(one, 5_999) && handshakes.allow(one, 6_000));
        assert!(handshakes.paused.lock().is_empty() && !handshakes.any_paused.load(Relaxed));
    }
}
