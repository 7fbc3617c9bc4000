//! The address of the other end of a connection.

use std::{
    convert::Infallible,
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

use axum::extract::FromRequestParts;
use http::request::Parts;

/// The address of the other end of a connection: the one that a trusted proxy names in a header, or else that of its
/// socket. A connection over a Unix socket has no address unless a header names one.
///
/// An IPv4 address has only one form, even if it came over an IPv6 socket (`::ffff:192.0.2.1`).
///
/// Each connection stores one, so it is small: IPv4 addresses are stored as IPv6, and the unspecified address, which no
/// peer has, means that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeerAddress(Ipv6Addr);

impl PeerAddress {
    /// The address of a socket's other end.
    pub(crate) fn of_socket(address: SocketAddr) -> Self {
        Self::from(address.ip())
    }

    /// The address; `None` for a Unix socket.
    #[must_use]
    pub fn ip(self) -> Option<IpAddr> {
        (!self.0.is_unspecified()).then(|| self.0.to_canonical())
    }
}

impl Default for PeerAddress {
    /// No address, as for a Unix socket.
    fn default() -> Self {
        Self(Ipv6Addr::UNSPECIFIED)
    }
}

impl From<IpAddr> for PeerAddress {
    fn from(ip: IpAddr) -> Self {
        Self(match ip {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        })
    }
}

impl From<Ipv6Addr> for PeerAddress {
    fn from(ip: Ipv6Addr) -> Self {
        Self(ip)
    }
}

impl From<PeerAddress> for Ipv6Addr {
    fn from(peer: PeerAddress) -> Self {
        peer.0
    }
}

/// The address of the client that has sent a request.
impl<S: Sync> FromRequestParts<S> for PeerAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or_default())
    }
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ip() {
            Some(ip) => ip.fmt(f),
            None => f.write_str("unix"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_address_has_one_form() {
        let of = |address: &str| PeerAddress::of_socket(address.parse().unwrap()).to_string();
        assert_eq!(of("[::ffff:192.0.2.1]:6001"), "192.0.2.1");
        assert_eq!(of("192.0.2.1:6001"), "192.0.2.1");
        assert_eq!(of("[2001:db8::1]:6001"), "2001:db8::1");
        assert_eq!(PeerAddress::default().to_string(), "unix");
        assert_eq!(PeerAddress::from(IpAddr::from([192, 0, 2, 1])).ip(), Some(IpAddr::from([192, 0, 2, 1])));
    }
}
