//! The server under load.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    sync::Arc,
};

use clairon_protocol::Secret;
use rustls::{ClientConfig, pki_types::ServerName};

use clairon_bench_args::TargetArgs;

use crate::{BenchError, credentials::Credentials};

/// The server's address, the app's credentials, and the server's processes.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    /// For the `Host` header.
    pub(crate) authority: String,
    /// The prefix of every path; empty, or with a slash at its start and none at its end.
    pub(crate) prefix: String,
    pub(crate) credentials: Credentials,
    /// The server's processes, if known.
    pub(crate) pids: Vec<u32>,
    /// The number of loopback addresses to connect from.
    pub(crate) sources: u8,
    /// Whether connections offer compression.
    pub(crate) compressed: bool,
    /// Whether subscriptions ask for recovery.
    pub(crate) recovers: bool,
    /// The listener for WebSocket connections with TLS; `None` if they are plain.
    pub(crate) tls: Option<TlsTarget>,
}

/// A listener for WebSocket connections with TLS. It may be that of a proxy.
#[derive(Debug)]
pub(crate) struct TlsTarget {
    address: SocketAddr,
    pub(crate) config: Arc<ClientConfig>,
    /// The name in its certificate.
    pub(crate) name: ServerName<'static>,
}

impl Target {
    /// Finds the server's address, and refuses other machines without `--yes-this-is-my-server`.
    pub(crate) fn resolve(arguments: TargetArgs) -> Result<Self, BenchError> {
        let Place { authority, host, port, prefix } = match &arguments.url {
            Some(url) => Place::parse(url)?,
            None => Place::new(&arguments.host, arguments.port, ""),
        };
        let mut addresses = (host.as_str(), port).to_socket_addrs().map_err(BenchError::io(&host))?;
        let address = addresses.next().ok_or_else(|| BenchError::Argument(format!("{host} has no address")))?;
        if !(address.ip().to_canonical().is_loopback() || arguments.yes_this_is_my_server) {
            return Err(BenchError::NotLoopback(address.ip()));
        }
        let tls = arguments.tls_port.map(|port| TlsTarget::new((address.ip(), port).into(), &host)).transpose()?;
        let TargetArgs { app_id, key, secret, pid: pids, sources, compressed, recovery: recovers, .. } = arguments;
        let missing = |option, variable| {
            BenchError::Argument(format!("{option} is missing: give it, or {variable} in the environment"))
        };
        let id = app_id.ok_or_else(|| missing("--app-id", "PUSHER_APP_ID"))?;
        let key = key.ok_or_else(|| missing("--key", "PUSHER_APP_KEY"))?;
        let secret = secret.ok_or_else(|| missing("--secret", "PUSHER_APP_SECRET"))?;
        let credentials = Credentials { id, key, secret: Secret::parse(secret.expose())? };
        Ok(Self { address, authority, prefix, credentials, pids, sources, compressed, recovers, tls })
    }

    /// The bare server of [`floor`](crate::floor).
    pub(crate) fn floor(address: SocketAddr, pid: u32) -> Self {
        let credentials = Credentials::for_floor();
        Self {
            address,
            authority: address.to_string(),
            prefix: String::new(),
            credentials,
            pids: vec![pid],
            sources: 32,
            compressed: false,
            recovers: false,
            tls: None,
        }
    }

    /// The address of WebSocket connections.
    pub(crate) fn websockets(&self) -> SocketAddr {
        self.tls.as_ref().map_or(self.address, |tls| tls.address)
    }
}

impl TlsTarget {
    /// A port of a host, with a certificate that the system trusts.
    fn new(address: SocketAddr, host: &str) -> Result<Self, BenchError> {
        let wrong = |error: &dyn std::fmt::Display| BenchError::Argument(format!("--tls-port: {error}"));
        let name = ServerName::try_from(host.to_owned()).map_err(|error| wrong(&error))?;
        let config = ClientConfig::builder_with_provider(clairon_tls::provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(&error))?
            .with_root_certificates(clairon_tls::system_roots())
            .with_no_client_auth();
        Ok(Self { address, config: Arc::new(config), name })
    }
}

/// The parts of a URL.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    authority: String,
    host: String,
    port: u16,
    prefix: String,
}

impl Place {
    fn new(host: &str, port: u16, prefix: &str) -> Self {
        let authority = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        Self { authority, host: host.to_owned(), port, prefix: prefix.to_owned() }
    }

    fn parse(url: &str) -> Result<Self, BenchError> {
        let wrong = |reason| BenchError::Argument(format!("--url: {reason}; expected http://HOST[:PORT][/PREFIX]"));
        let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("it has no scheme"))?;
        if !matches!(scheme, "http" | "ws") {
            return Err(wrong("only plain connections are measured"));
        }
        if rest.contains(['@', '?', '#', ' ']) {
            return Err(wrong("it has more than an address and a path"));
        }
        let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| wrong("its port is wrong"))?),
            _ => (authority, 80),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if host.is_empty() {
            return Err(wrong("it has no host"));
        }
        Ok(Self::new(host, port, path.trim_end_matches('/')))
    }
}

#[cfg(test)]
mod tests {
    use clairon_protocol::{AppId, AppKey};

    use super::*;

    #[test]
    fn urls() {
        let parse = |url: &str| Place::parse(url).unwrap();
        assert_eq!(parse("http://localhost:6001"), Place::new("localhost", 6001, ""));
        assert_eq!(parse("ws://127.0.0.1"), Place::new("127.0.0.1", 80, ""));
        assert_eq!(parse("http://[::1]:8080/ws/"), Place::new("::1", 8080, "/ws"));
        assert_eq!(parse("http://[::1]").authority, "[::1]:80");
        for url in
            ["", "localhost:6001", "https://x", "http://", "http://x:y", "http://u@x", "http://x/?a", "http://:1"]
        {
            assert!(Place::parse(url).is_err(), "{url}");
        }
    }

    fn arguments(host: &str) -> TargetArgs {
        TargetArgs {
            url: None,
            host: host.to_owned(),
            port: 1,
            app_id: AppId::parse("1").ok(),
            key: AppKey::parse("k").ok(),
            secret: Some("s".to_owned().into()),
            pid: Vec::new(),
            sources: 1,
            compressed: false,
            recovery: false,
            tls_port: None,
            yes_this_is_my_server: false,
        }
    }

    #[test]
    fn another_machine_needs_a_word() {
        for host in ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"] {
            assert!(Target::resolve(arguments(host)).is_ok(), "{host}");
        }
        for host in ["192.0.2.1", "0.0.0.0", "2001:db8::1"] {
            assert!(matches!(Target::resolve(arguments(host)), Err(BenchError::NotLoopback(_))), "{host}");
        }
        assert!(Target::resolve(TargetArgs { yes_this_is_my_server: true, ..arguments("192.0.2.1") }).is_ok());
    }

    #[test]
    fn an_app_is_needed() {
        let without = TargetArgs { secret: None, ..arguments("127.0.0.1") };
        assert!(Target::resolve(without).unwrap_err().to_string().starts_with("--secret is missing"));
    }
}
