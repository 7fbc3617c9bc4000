//! The addresses at which clients reach the server.

use std::{
    fmt::{self, Formatter},
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    path::PathBuf,
};

use clairon_client::Endpoint;
use clairon_server::ListeningSocket;

use crate::config::{Listen, ListenPlace, Settings};

/// The address of a listening server, in the form that clients use.
pub(super) struct Address {
    place: AddressPlace,
    path_prefix: String,
}

enum AddressPlace {
    Network {
        /// The host for clients on the machine of the server, in brackets where a URL needs them.
        host: String,
        port: u16,
        tls: bool,
        /// True if the server listens on every address.
        is_everywhere: bool,
    },
    /// A Unix socket alone, behind a proxy.
    Unix(PathBuf),
}

/// The address of a listening socket.
#[derive(Clone, Debug)]
pub(super) enum BoundAddress {
    Tcp { address: SocketAddr, tls: bool },
    Unix(PathBuf),
}

/// Why a server cannot be found by its settings.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoEndpoint {
    #[error("server.port is 0, which is any free port: name the server with --url")]
    AnyPort,
    #[error("the server listens on a Unix socket alone: name its address behind the proxy with --url")]
    UnixSocket,
}

impl BoundAddress {
    /// That of a listening socket.
    pub(super) fn of(socket: &ListeningSocket, tls: bool) -> io::Result<Self> {
        Ok(match socket {
            ListeningSocket::Tcp(listener) => Self::Tcp { address: listener.local_addr()?, tls },
            ListeningSocket::Unix(listener) => {
                Self::Unix(listener.local_addr()?.as_pathname().map(PathBuf::from).unwrap_or_default())
            }
        })
    }
}

impl fmt::Display for BoundAddress {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { address, tls } => write!(f, "{}{address}", if *tls { "tls://" } else { "" }),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl AddressPlace {
    fn tcp(address: SocketAddr, tls: bool) -> Self {
        let is_everywhere = address.ip().is_unspecified();
        // The unspecified address of IPv6 stands for those of IPv4 too.
        let ip = if is_everywhere { Ipv4Addr::LOCALHOST.into() } else { address.ip() };
        Self::Network { host: in_url(ip), port: address.port(), tls, is_everywhere }
    }

    fn configured(listen: &Listen) -> Self {
        let tls = listen.tls;
        match &listen.place {
            ListenPlace::Unix(unix) => Self::Unix(unix.path.clone()),
            ListenPlace::Tcp { host: None, port } => Self::tcp((Ipv6Addr::UNSPECIFIED, *port).into(), tls),
            ListenPlace::Tcp { host: Some(host), port } => match host.parse::<IpAddr>() {
                Ok(ip) => Self::tcp((ip, *port).into(), tls),
                Err(_) => Self::Network { host: host.clone(), port: *port, tls, is_everywhere: false },
            },
        }
    }

    /// The preference order of sockets: a TCP port without TLS is the best, because it requires no host name.
    const fn rank(&self) -> u8 {
        match self {
            Self::Network { tls: false, .. } => 0,
            Self::Network { tls: true, .. } => 1,
            Self::Unix(_) => 2,
        }
    }
}

impl Address {
    /// The first socket without TLS, or else the first with TLS, or else the first Unix socket.
    pub(super) fn of(bound: &[BoundAddress], settings: &Settings) -> Self {
        Self::best_of(
            settings,
            bound.iter().map(|bound| match bound {
                BoundAddress::Tcp { address, tls } => AddressPlace::tcp(*address, *tls),
                BoundAddress::Unix(path) => AddressPlace::Unix(path.clone()),
            }),
        )
    }

    /// The address of a server with these settings.
    pub(super) fn configured(settings: &Settings) -> Self {
        let places = settings.listen.iter().map(AddressPlace::configured);
        Self::best_of(settings, places)
    }

    fn best_of(settings: &Settings, places: impl Iterator<Item = AddressPlace>) -> Self {
        // A server listens somewhere.
        let mut place = places.min_by_key(AddressPlace::rank).unwrap_or(AddressPlace::Unix(PathBuf::new()));
        if let (AddressPlace::Network { host, tls: true, is_everywhere, .. }, Some(acme)) =
            (&mut place, &settings.server.tls.acme)
            && let Some(domain) = acme.domains.first()
        {
            // Its certificate is for that name alone.
            host.clone_from(domain);
            *is_everywhere = false;
        }
        Self { place, path_prefix: settings.server.path_prefix.clone() }
    }

    pub(super) fn path_prefix(&self) -> &str {
        &self.path_prefix
    }

    /// The port; 0 for a Unix socket.
    pub(super) const fn port(&self) -> u16 {
        match self.place {
            AddressPlace::Network { port, .. } => port,
            AddressPlace::Unix(_) => 0,
        }
    }

    /// The URL of the server without a prefix, or `unix:` and the path of its socket.
    pub(super) fn http(&self) -> String {
        match &self.place {
            AddressPlace::Network { host, port, tls, .. } => format!("{}://{host}:{port}", http_scheme(*tls)),
            AddressPlace::Unix(path) => format!("unix:{}", path.display()),
        }
    }

    /// False for a Unix socket.
    pub(super) const fn is_network(&self) -> bool {
        matches!(self.place, AddressPlace::Network { .. })
    }

    /// The URL without a prefix at which a client on this machine has a loopback address; `None` if there is none.
    pub(super) fn loopback(&self) -> Option<String> {
        let AddressPlace::Network { host, is_everywhere, .. } = &self.place else { return None };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_loopback = *is_everywhere || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        is_loopback.then(|| self.http())
    }

    /// Where commands on this machine find it.
    pub(super) fn endpoint(&self) -> Result<Endpoint, NoEndpoint> {
        match &self.place {
            AddressPlace::Network { port: 0, .. } => Err(NoEndpoint::AnyPort),
            AddressPlace::Network { host, port, tls, .. } => Ok(Endpoint::new(host, *port, *tls, &self.path_prefix)),
            AddressPlace::Unix(_) => Err(NoEndpoint::UnixSocket),
        }
    }

    /// The URL at which clients of the app with this key connect.
    pub(super) fn websocket(&self, key: &str) -> String {
        let prefix = &self.path_prefix;
        match &self.place {
            AddressPlace::Network { host, port, tls, .. } => {
                format!("{}://{host}:{port}{prefix}/app/{key}", if *tls { "wss" } else { "ws" })
            }
            AddressPlace::Unix(path) => format!("unix:{} {prefix}/app/{key}", path.display()),
        }
    }

    /// The `.env` lines that lead to the server, for a project whose variables begin with `names`.
    pub(super) fn env_lines(&self, names: &str) -> String {
        match &self.place {
            AddressPlace::Network { host, port, tls, .. } => {
                format!("{names}_HOST={host}\n{names}_PORT={port}\n{names}_SCHEME={}\n", http_scheme(*tls))
            }
            AddressPlace::Unix(path) => {
                let path = path.display();
                format!("# {names}_HOST, {names}_PORT and {names}_SCHEME: of the proxy in front of {path}\n")
            }
        }
    }

    /// What `curl` takes for a path of the server, in a shell: options, and a URL in double quotes that ends with
    /// `path`.
    pub(super) fn curl_arguments(&self, path: &str) -> String {
        let prefix = &self.path_prefix;
        match &self.place {
            AddressPlace::Network { .. } => format!("\"{}{prefix}{path}\"", self.http()),
            AddressPlace::Unix(socket) => {
                format!("--unix-socket '{}' \"http://localhost{prefix}{path}\"", socket.display())
            }
        }
    }

    /// The URL for other machines, if the server listens on every address and there is a network.
    pub(super) fn network(&self) -> Option<String> {
        match self.place {
            AddressPlace::Network { port, tls, is_everywhere: true, .. } => {
                outward_address().map(|ip| format!("{}://{}:{port}", http_scheme(tls), in_url(ip)))
            }
            _ => None,
        }
    }
}

const fn http_scheme(tls: bool) -> &'static str {
    if tls { "https" } else { "http" }
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
    use crate::config::Sources;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let environment = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Settings::load(Sources { environment, ..Sources::default() }).unwrap()
    }

    fn address(bound: &str) -> Address {
        let prefix = settings(&[("CLAIRON_SERVER_PATH_PREFIX", "/ws")]);
        Address::of(&[BoundAddress::Tcp { address: bound.parse().unwrap(), tls: false }], &prefix)
    }

    #[test]
    fn a_server_with_its_own_certificates_has_the_name_of_the_first() {
        let settings = settings(&[("CLAIRON_TLS_DOMAINS", "ws.example.com,b.example.com")]);
        let bound = BoundAddress::Tcp { address: "[::]:443".parse().unwrap(), tls: true };
        let address = Address::of(&[bound], &settings);
        let lines = "PUSHER_HOST=ws.example.com\nPUSHER_PORT=443\nPUSHER_SCHEME=https\n";
        assert_eq!((address.env_lines("PUSHER"), address.network()), (lines.to_owned(), None));
        assert_eq!(Address::configured(&settings).http(), "https://ws.example.com:443");
    }

    #[test]
    fn an_address_is_one_that_can_be_connected_to() {
        assert_eq!(address("0.0.0.0:6001").http(), "http://127.0.0.1:6001");
        assert_eq!(address("[::]:6001").http(), "http://127.0.0.1:6001");
        assert_eq!(address("[2001:db8::1]:6001").http(), "http://[2001:db8::1]:6001");
        assert_eq!(address("192.0.2.7:80").websocket("{key}"), "ws://192.0.2.7:80/ws/app/{key}");
        assert_eq!(address("127.0.0.1:6001").network(), None);
        for (bound, loopback) in [
            ("0.0.0.0:6001", Some("http://127.0.0.1:6001")),
            ("[::1]:6001", Some("http://[::1]:6001")),
            ("192.0.2.7:80", None),
        ] {
            assert_eq!(address(bound).loopback().as_deref(), loopback);
        }
        let endpoint = |bound: &str| address(bound).endpoint().ok().map(|endpoint| endpoint.to_string());
        assert_eq!(endpoint("[::1]:6001").as_deref(), Some("http://[::1]:6001/ws"));
        assert_eq!(endpoint("0.0.0.0:0"), None);
    }

    #[test]
    fn a_port_is_preferred_to_a_unix_socket() {
        let unix = BoundAddress::Unix("/run/c.sock".into());
        let [tls, plain] = [("127.0.0.1:443", true), ("127.0.0.1:80", false)]
            .map(|(address, tls)| BoundAddress::Tcp { address: address.parse().unwrap(), tls });
        let none = settings(&[]);
        assert_eq!(Address::of(&[unix.clone(), tls.clone()], &none).http(), "https://127.0.0.1:443");
        assert_eq!(Address::of(&[unix.clone(), tls, plain], &none).http(), "http://127.0.0.1:80");
        let prefix = settings(&[("CLAIRON_SERVER_PATH_PREFIX", "/ws")]);
        let address = Address::of(&[unix], &prefix);
        assert_eq!(address.http(), "unix:/run/c.sock");
        assert_eq!(address.curl_arguments("/up"), r#"--unix-socket '/run/c.sock' "http://localhost/ws/up""#);
        assert!(address.endpoint().is_err());
    }
}
