//! The address of the other end of a connection.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

/// The address of the other end of a connection: that of its socket. A connection over a Unix socket has none.
///
/// An IPv4 address has only one form, even if it came over an IPv6 socket (`::ffff:192.0.2.1`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct PeerAddress(Option<IpAddr>);

impl PeerAddress {
    /// The address of a socket's other end.
    pub(crate) fn of_socket(address: SocketAddr) -> Self {
        Self::from(address.ip())
    }

    /// The address; `None` for a Unix socket.
    pub(crate) const fn ip(self) -> Option<IpAddr> {
        self.0
    }
}

impl From<IpAddr> for PeerAddress {
    fn from(ip: IpAddr) -> Self {
        Self(Some(ip.to_canonical()))
    }
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
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
    }
}
