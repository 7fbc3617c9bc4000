//! The addresses at which clients reach the server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use clairon_client::Endpoint;

use crate::config::{Listen, Settings};

/// The reason why settings do not lead to a server.
pub(super) const ANY_PORT: &str = "server.port is 0, which is any free port: name the server with --url";

/// The address of a listening server, in the form that clients use.
pub(super) struct Address {
    /// The host for clients on the same machine, in brackets if a URL needs them.
    host: String,
    port: u16,
    path_prefix: String,
    /// True if the server listens on every address.
    is_everywhere: bool,
}

impl Address {
    /// The address of a listening socket.
    pub(super) fn of(bound: SocketAddr, path_prefix: &str) -> Self {
        // The unspecified address of IPv6 includes those of IPv4.
        let ip = if bound.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { bound.ip() };
        Self {
            host: in_url(ip),
            port: bound.port(),
            path_prefix: path_prefix.to_owned(),
            is_everywhere: bound.ip().is_unspecified(),
        }
    }

    /// The address of a server with these settings.
    pub(super) fn configured(settings: &Settings) -> Self {
        let Listen { host, port } = &settings.listen;
        let path_prefix = &settings.server.path_prefix;
        let Some(host) = host else { return Self::of((Ipv6Addr::UNSPECIFIED, *port).into(), path_prefix) };
        match host.parse::<IpAddr>() {
            Ok(ip) => Self::of((ip, *port).into(), path_prefix),
            Err(_) => Self { host: host.clone(), port: *port, path_prefix: path_prefix.clone(), is_everywhere: false },
        }
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn path_prefix(&self) -> &str {
        &self.path_prefix
    }

    pub(super) fn http(&self) -> String {
        format!("http://{}:{}", self.host, self.port)
    }

    /// The address for commands on this machine; `None` if the system chooses the port.
    pub(super) fn endpoint(&self) -> Option<Endpoint> {
        (self.port != 0).then(|| Endpoint::new(&self.host, self.port, false, &self.path_prefix))
    }

    /// The URL at which clients of the app with this key connect.
    pub(super) fn websocket(&self, key: &str) -> String {
        format!("ws://{}:{}{}/app/{key}", self.host, self.port, self.path_prefix)
    }

    /// The URL for other machines, if the server listens on every address and there is a network.
    pub(super) fn network(&self) -> Option<String> {
        let ip = self.is_everywhere.then(outward_address).flatten()?;
        Some(format!("http://{}:{}", in_url(ip), self.port))
    }
}

fn in_url(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// The address with which this machine reaches others, IPv4 if it has one. It is that of a UDP socket, which sends
/// nothing.
fn outward_address() -> Option<IpAddr> {
    // Addresses reserved for documentation, which no machine has.
    const FAR: [(IpAddr, IpAddr); 2] = [
        (IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))),
        (IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))),
    ];
    FAR.into_iter().find_map(|(here, far)| {
        let socket = UdpSocket::bind((here, 0)).ok()?;
        socket.connect((far, 9)).ok()?;
        socket.local_addr().ok().map(|address| address.ip())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(bound: &str) -> Address {
        Address::of(bound.parse().unwrap(), "/ws")
    }

    #[test]
    fn an_address_is_one_that_can_be_connected_to() {
        assert_eq!(address("0.0.0.0:6001").http(), "http://127.0.0.1:6001");
        assert_eq!(address("[::]:6001").http(), "http://127.0.0.1:6001");
        assert_eq!(address("[2001:db8::1]:6001").http(), "http://[2001:db8::1]:6001");
        assert_eq!(address("192.0.2.7:80").websocket("{key}"), "ws://192.0.2.7:80/ws/app/{key}");
        assert_eq!(address("127.0.0.1:6001").network(), None);
        let endpoint = |bound: &str| address(bound).endpoint().map(|endpoint| endpoint.to_string());
        assert_eq!(endpoint("[::1]:6001").as_deref(), Some("http://[::1]:6001/ws"));
        assert_eq!(endpoint("0.0.0.0:0"), None);
    }
}
