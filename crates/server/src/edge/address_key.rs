//! Addresses as limits count them.

use std::net::{IpAddr, Ipv4Addr};

/// An address as limits count it: an IPv4 address, or a /64 network of IPv6, because every customer has at least one.
///
/// It is small, because there may be one for each connection. An IPv4 address has the number of a network in `::/32`,
/// which is reserved and no peer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AddressKey(u64);

impl AddressKey {
    pub(super) fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self(ip.to_bits().into()),
            IpAddr::V6(ip) => {
                let [a, b, c, d, ..] = ip.segments();
                Self([a, b, c, d].into_iter().fold(0, |network, segment| network << 16 | u64::from(segment)))
            }
        }
    }
}

/// True for a loopback or private address, at which a proxy or the site's backend may be: loopback, private (RFC 1918),
/// shared (RFC 6598), link-local, and unique local (RFC 4193).
pub(super) fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || is_shared(ip),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// True in 100.64.0.0/10.
const fn is_shared(ip: Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    a == 100 && b & 0b1100_0000 == 64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let key = |text| AddressKey::of(ip(text));
        assert_eq!(key("2001:db8:0:1::1"), key("2001:db8:0:1:ffff::2"));
        assert_ne!(key("2001:db8:0:1::1"), key("2001:db8:0:2::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }

    #[test]
    fn private_addresses_are_recognized() {
        for private in [
            "127.0.0.9",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.0.1",
            "169.254.1.1",
            "100.127.0.1",
            "::1",
            "fd00::1",
            "fe80::1",
        ] {
            assert!(is_private(ip(private)), "{private}");
        }
        for public in ["192.0.2.1", "172.32.0.1", "100.128.0.1", "100.63.0.1", "2001:db8::1", "ff02::1"] {
            assert!(!is_private(ip(public)), "{public}");
        }
    }
}
