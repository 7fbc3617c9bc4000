//! The proxies that are trusted to name the address of a client.

use std::net::IpAddr;

use ipnet::IpNet;

use super::PeerAddress;

/// The entry for all connections over a Unix socket.
const UNIX: &str = "unix";

/// The proxies that are trusted to name the address of a client, in a PROXY header or an HTTP header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    /// True if connections over a Unix socket come from such a proxy.
    unix: bool,
}

/// An entry of the list that is neither an address nor a network.
#[derive(Debug, thiserror::Error)]
#[error(
    "{entry:?} is not an address or a network: allowed are addresses such as 192.0.2.1 or 2001:db8::1, networks such \
     as 10.0.0.0/8 or fd00::/8, and unix for connections over a Unix socket"
)]
pub struct InvalidProxy {
    entry: String,
}

impl TrustedProxies {
    /// Parses a list of addresses, networks and the word `unix`. Only the prefix of a network counts: `10.1.2.3/8` is
    /// `10.0.0.0/8`.
    ///
    /// # Errors
    /// The first entry that is none of these.
    pub fn parse(entries: &[impl AsRef<str>]) -> Result<Self, InvalidProxy> {
        let mut proxies = Self::default();
        for entry in entries.iter().map(AsRef::as_ref) {
            if entry == UNIX {
                proxies.unix = true;
            } else {
                let network = parse_network(entry).ok_or_else(|| InvalidProxy { entry: entry.to_owned() })?;
                proxies.networks.push(network);
            }
        }
        Ok(proxies)
    }

    /// True if the list is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.networks.is_empty() && !self.unix
    }

    /// True for a connection from such a proxy.
    #[must_use]
    pub fn contain(&self, peer: PeerAddress) -> bool {
        match peer.ip() {
            Some(ip) => self.networks.iter().any(|network| network.contains(&ip)),
            None => self.unix,
        }
    }
}

/// A network, or an address as a network of one. IPv4 in the form of IPv6 becomes IPv4, like the addresses of peers.
fn parse_network(entry: &str) -> Option<IpNet> {
    let network = match entry.parse::<IpAddr>() {
        Ok(ip) => IpNet::from(ip),
        Err(_) => entry.parse::<IpNet>().ok()?,
    };
    let mapped_bits = 96;
    match (network.addr().to_canonical(), network.prefix_len().checked_sub(mapped_bits)) {
        (ip @ IpAddr::V4(_), Some(bits)) if network.addr().is_ipv6() => IpNet::new(ip, bits).ok(),
        _ => Some(network),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> PeerAddress {
        if address == UNIX { PeerAddress::default() } else { address.parse::<IpAddr>().unwrap().into() }
    }

    #[test]
    fn addresses_and_networks_are_recognized() {
        let list = ["192.0.2.1", "10.1.2.3/8", "2001:db8::/32", "::ffff:198.51.100.0/120"];
        let proxies = TrustedProxies::parse(&list).unwrap();
        for (address, is_trusted) in [
            ("192.0.2.1", true),
            ("192.0.2.2", false),
            ("::ffff:192.0.2.1", true),
            ("10.255.0.1", true),
            ("11.0.0.1", false),
            ("2001:db8:1::1", true),
            ("2001:db9::1", false),
            ("198.51.100.7", true),
            ("198.51.101.7", false),
            ("unix", false),
        ] {
            assert_eq!(proxies.contain(peer(address)), is_trusted, "{address}");
        }
    }

    #[test]
    fn unix_sockets_have_a_word() {
        let proxies = TrustedProxies::parse(&["unix"]).unwrap();
        assert!(proxies.contain(peer("unix")) && !proxies.contain(peer("127.0.0.1")) && !proxies.is_empty());
    }

    #[test]
    fn an_empty_list_trusts_nobody() {
        let proxies = TrustedProxies::parse(&[""; 0]).unwrap();
        assert!(proxies.is_empty());
        assert!(!["127.0.0.1", "::1", "unix"].into_iter().any(|address| proxies.contain(peer(address))));
    }

    #[test]
    fn anything_else_is_refused() {
        for entry in ["", "proxy.test", "10.0.0.0/33", "10.0.0.1:80", "10.0.0", "*"] {
            assert!(TrustedProxies::parse(&[entry]).is_err(), "{entry:?}");
        }
    }
}
