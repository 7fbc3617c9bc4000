//! The part of a URL that determines the connection.

use std::fmt;

use url::{Host, Url};

/// Scheme, host and port of a receiver or a proxy. `Display` prints `host:port`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    /// True for `https`.
    pub(super) tls: bool,
    pub(super) host: Host<String>,
    pub(super) port: u16,
}

impl Origin {
    /// `None` if the URL is not an HTTP URL with a host. The URL parser normalizes unusual notations of addresses
    /// (`0x7f.1`), as browsers do, so they are never looked up as names.
    pub(super) fn of(url: &Url) -> Option<Self> {
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        Some(Self { tls, host: url.host()?.to_owned(), port: url.port_or_known_default()? })
    }

    /// The value of `Host`, without a default port.
    pub(super) fn authority(&self) -> String {
        let default = if self.tls { 443 } else { 80 };
        if self.port == default { self.host.to_string() } else { self.to_string() }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}
