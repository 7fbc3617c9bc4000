//! The address of a server.

use std::fmt;

use url::{Host, Url};

/// The address of a server: host, port, TLS, and the prefix of its paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// A host name or an IP address; IPv6 without brackets.
    pub host: String,
    /// The port, never 0.
    pub port: u16,
    /// True if the server speaks TLS.
    pub tls: bool,
    /// The path before `/app` and `/apps`: empty, or with a slash at its start and none at its end.
    pub prefix: String,
}

impl Endpoint {
    /// An address of parts. The brackets of an IPv6 `host` and the outer slashes of `prefix` are optional.
    #[must_use]
    pub fn new(host: &str, port: u16, tls: bool, prefix: &str) -> Self {
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Self { host, port, tls, prefix }
    }

    /// Parses `http(s)://HOST[:PORT][/PREFIX]` or `ws(s)://…`; nothing for any other form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_plain = url.query().is_none() && url.fragment().is_none();
        let is_open = url.username().is_empty() && url.password().is_none();
        Self::of_url(&url, url.path()).filter(|_| is_plain && is_open)
    }

    /// The server in the header `Location` of a redirect, without a prefix.
    #[must_use]
    pub fn of_location(text: &str) -> Option<Self> {
        Self::of_url(&Url::parse(text).ok()?, "")
    }

    pub(crate) fn of_url(url: &Url, prefix: &str) -> Option<Self> {
        let (tls, default) = match url.scheme() {
            "http" | "ws" => (false, 80),
            "https" | "wss" => (true, 443),
            _ => return None,
        };
        Some(Self::new(url.host_str()?, url.port().unwrap_or(default), tls, prefix))
    }

    /// The `http` or `https` URL of a path.
    #[must_use]
    pub fn http(&self, path: &str) -> String {
        format!("{self}{path}")
    }

    /// The `ws` or `wss` URL of a path.
    #[must_use]
    pub fn websocket(&self, path: &str) -> String {
        let scheme = if self.tls { "wss" } else { "ws" };
        format!("{scheme}://{}{}{path}", self.authority(), self.prefix)
    }

    /// `http` or `https`
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    /// `HOST:PORT`, with brackets around an IPv6 address.
    #[must_use]
    pub fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    /// True for `localhost`, its subdomains, and loopback addresses.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// True for the hosts of hosted Pusher.
    #[must_use]
    pub fn is_hosted_pusher(&self) -> bool {
        let host = self.host.to_ascii_lowercase();
        host.ends_with(".pusher.com") || host.ends_with(".pusherapp.com")
    }
}

/// True for `localhost`, its subdomains, and loopback addresses.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => host == "::1",
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme(), self.authority(), self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        let read = |text: &str| Endpoint::parse(text).map(|endpoint| endpoint.to_string());
        assert_eq!(read("https://ws.test"), Some("https://ws.test:443".into()));
        assert_eq!(read("ws://[::1]:6001/a/b/"), Some("http://[::1]:6001/a/b".into()));
        for wrong in ["ws.test", "ftp://ws.test", "http://u:p@ws.test", "http://ws.test/?a", ""] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(Endpoint::new("::1", 80, true, "/x/").websocket("/app/k"), "wss://[::1]:80/x/app/k");
    }

    #[test]
    fn loopback_has_many_names() {
        for host in ["localhost", "LOCALHOST", "app.localhost", "127.0.0.1", "127.8.8.8", "::1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.test", "10.0.0.1", "ws.test"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
