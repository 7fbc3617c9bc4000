//! The limits of what comes from one address.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::{IpAddr, Ipv4Addr},
    num::NonZeroU32,
    time::Duration,
};

use clairon_hub::Millis;
use clairon_protocol::Disconnect;
use governor::Quota;
use parking_lot::Mutex;

use super::{
    AddressLimit, AddressSettings, LimitEffect, PeerAddress, TrustedProxies,
    address_key::{AddressKey, is_private},
    address_rate::AddressRate,
    broken_handshakes::BrokenHandshakes,
};

/// The table of addresses keeps at least this much room.
const SMALL: usize = 64;

/// The attempts to sign in that an address has in a minute. All of them may come at once.
const SIGN_INS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(20).expect("20 is not 0");

/// What stands for peers without an address: those of Unix sockets.
const NO_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The limits of what comes from one address, and what has come.
#[derive(Debug)]
pub struct AddressLimits {
    settings: AddressSettings,
    trusted: TrustedProxies,
    /// The number of open connections of each limited address.
    open: Mutex<HashMap<AddressKey, u32>>,
    arrivals: Option<AddressRate>,
    broken_handshakes: Option<BrokenHandshakes>,
    refusals: Option<AddressRate>,
    sign_ins: AddressRate,
}

/// Too much comes from one address, so a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crowded {
    /// The address has as many open connections as it may.
    Open,
    /// New connections come too fast.
    Arrivals,
}

impl Crowded {
    /// The answer to a WebSocket.
    pub(crate) const fn disconnect(self) -> Disconnect {
        match self {
            Self::Open => Disconnect::TooManyConnections,
            Self::Arrivals => Disconnect::TooManyArrivals,
        }
    }

    pub(crate) const fn effect(self) -> LimitEffect {
        match self {
            Self::Open => LimitEffect::ConnectionsRefused,
            Self::Arrivals => LimitEffect::ArrivalsRefused,
        }
    }
}

impl AddressLimits {
    pub(crate) fn new(settings: AddressSettings, trusted: TrustedProxies) -> Self {
        let rate = |limit: AddressLimit| limit.limit.map(|limit| AddressRate::new(Quota::per_second(limit)));
        let (arrivals, refusals) = (rate(settings.new_connections_per_second), rate(settings.refusals_per_second));
        let broken_handshakes = rate(settings.new_connections_per_second).map(BrokenHandshakes::new);
        let sign_ins = AddressRate::new(Quota::per_minute(SIGN_INS_PER_MINUTE));
        Self { settings, trusted, open: Mutex::default(), arrivals, broken_handshakes, refusals, sign_ins }
    }

    /// Counts a new connection, which has brought its first request.
    ///
    /// # Errors
    /// When the address has too many, or they come too fast. Then it is not counted as open.
    pub(crate) fn enter(&self, peer: PeerAddress) -> Result<(), Crowded> {
        if !self.take(self.arrivals.as_ref(), self.settings.new_connections_per_second, peer) {
            return Err(Crowded::Arrivals);
        }
        let Some((key, limit)) = self.limited(self.settings.connections, peer) else { return Ok(()) };
        let mut open = self.open.lock();
        let count = open.entry(key).or_default();
        if *count >= limit.get() {
            return Err(Crowded::Open);
        }
        *count += 1;
        Ok(())
    }

    /// Notes the end of a connection that has entered.
    pub(crate) fn leave(&self, peer: PeerAddress) {
        let Some((key, _)) = self.limited(self.settings.connections, peer) else { return };
        let mut open = self.open.lock();
        if let Entry::Occupied(mut count) = open.entry(key) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
        if open.capacity() > SMALL && open.len() < open.capacity() / 8 {
            let room = open.len() * 2;
            open.shrink_to(room.max(SMALL));
        }
    }

    /// False if the address of a peer has broken off too many TLS handshakes.
    pub(super) fn allow_handshake(&self, peer: PeerAddress, now: Millis) -> bool {
        let limited = self.limited(self.settings.new_connections_per_second, peer);
        self.broken_handshakes.as_ref().zip(limited).is_none_or(|(broken, (key, _))| broken.allow(key, now))
    }

    /// Counts a TLS handshake that a peer has broken off.
    pub(super) fn note_broken_handshake(&self, peer: PeerAddress, now: Millis) {
        let limited = self.limited(self.settings.new_connections_per_second, peer);
        if let (Some(broken), Some((key, _))) = (&self.broken_handshakes, limited) {
            broken.note(key, now);
        }
    }

    /// Counts a refusal for a wrong signature, key or token. False if there are too many.
    pub(crate) fn take_refusal(&self, peer: PeerAddress) -> bool {
        self.take(self.refusals.as_ref(), self.settings.refusals_per_second, peer)
    }

    /// Counts an attempt to sign in. This limit holds for every address: passwords can be guessed from all of them. So
    /// it holds for a proxy that is not trusted as if it were one client.
    ///
    /// # Errors
    /// There are too many. The value is the time after which another attempt is allowed.
    pub fn take_sign_in(&self, peer: PeerAddress) -> Result<(), Duration> {
        self.sign_ins.take(AddressKey::of(peer.ip().unwrap_or(NO_ADDRESS)))
    }

    /// The number of connections without a complete request that a peer may have; `None` if there is no limit for it.
    pub(crate) fn pending(&self, peer: PeerAddress) -> Option<(AddressKey, NonZeroU32)> {
        self.limited(self.settings.pending_handshakes, peer)
    }

    fn take(&self, rate: Option<&AddressRate>, limit: AddressLimit, peer: PeerAddress) -> bool {
        let key = self.limited(limit, peer).map(|(key, _)| key);
        rate.zip(key).is_none_or(|(rate, key)| rate.take(key).is_ok())
    }

    /// The limit for a peer, if there is one. It is the same at all times.
    fn limited(&self, limit: AddressLimit, peer: PeerAddress) -> Option<(AddressKey, NonZeroU32)> {
        let number = limit.limit?;
        let ip = peer.ip().filter(|ip| limit.is_set || !is_private(*ip))?;
        (!self.trusted.contain(peer)).then(|| (AddressKey::of(ip), number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> PeerAddress {
        address.parse::<IpAddr>().unwrap().into()
    }

    fn limits(connections: u32, is_set: bool) -> AddressLimits {
        let limit = |number| AddressLimit { limit: NonZeroU32::new(number), is_set };
        let settings = AddressSettings {
            connections: limit(connections),
            new_connections_per_second: limit(0),
            pending_handshakes: limit(5),
            refusals_per_second: limit(3),
        };
        AddressLimits::new(settings, TrustedProxies::parse(&["192.0.2.9", "10.0.0.0/8"]).unwrap())
    }

    #[test]
    fn an_address_has_its_number_of_connections() {
        let limits = limits(2, false);
        let (one, other) = (peer("192.0.2.1"), peer("2001:db8::1"));
        assert_eq!([(); 3].map(|()| limits.enter(one)), [Ok(()), Ok(()), Err(Crowded::Open)]);
        assert_eq!((limits.enter(other), limits.enter(peer("2001:db8::2"))), (Ok(()), Ok(())));
        assert_eq!(limits.enter(peer("2001:db8::3")), Err(Crowded::Open), "the same network");
        limits.leave(one);
        assert_eq!(limits.enter(one), Ok(()));
        for peer in [one, one, other, other] {
            limits.leave(peer);
        }
        assert!(limits.open.lock().is_empty());
    }

    #[test]
    fn the_table_shrinks() {
        let limits = limits(1, false);
        let peers: Vec<_> =
            (0..10_000_u32).map(|n| PeerAddress::from(IpAddr::from((0xC000_0200 + n).to_be_bytes()))).collect();
        assert!(peers.iter().all(|peer| limits.enter(*peer).is_ok()));
        for peer in peers {
            limits.leave(peer);
        }
        assert!(limits.open.lock().capacity() <= 8 * SMALL, "{}", limits.open.lock().capacity());
    }

    #[test]
    fn defaults_do_not_hold_for_private_addresses_and_no_limit_holds_for_proxies() {
        for (address, by_default, set) in [
            ("192.0.2.1", true, true),
            ("127.0.0.1", false, true),
            ("192.168.1.1", false, true),
            ("fd00::1", false, true),
            ("192.0.2.9", false, false),
            ("10.0.0.1", false, false),
        ] {
            for (is_set, holds) in [(false, by_default), (true, set)] {
                let limits = limits(1, is_set);
                let second = (limits.enter(peer(address)), limits.enter(peer(address))).1;
                assert_eq!(second.is_err(), holds, "{address}");
                assert_eq!((0..1_000).any(|_| !limits.take_refusal(peer(address))), holds, "{address}");
                assert_eq!(limits.pending(peer(address)).is_some(), holds, "{address}");
            }
        }
        let unix = PeerAddress::default();
        assert!((0..9).all(|_| limits(1, true).enter(unix).is_ok()));
    }

    #[test]
    fn sign_ins_are_limited_for_every_address() {
        let limits = limits(0, false);
        for address in ["192.0.2.1", "127.0.0.1", "192.0.2.9", "10.0.0.1", "2001:db8::1"] {
            let results: Vec<_> = (0..21).map(|_| limits.take_sign_in(peer(address))).collect();
            assert!(results[..20].iter().all(Result::is_ok), "{address}");
            let wait = results[20].expect_err(address);
            assert!(wait > Duration::ZERO && wait <= Duration::from_secs(3), "{address}: {wait:?}");
        }
        let unix = PeerAddress::default();
        assert!((0..21).any(|_| limits.take_sign_in(unix).is_err()));
    }

    #[test]
    fn a_limit_of_0_is_none() {
        let limits = limits(0, true);
        assert!((0..1_000).all(|_| limits.enter(peer("192.0.2.1")).is_ok()));
        assert!(limits.open.lock().is_empty());
    }
}
