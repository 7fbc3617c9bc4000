//! New connections.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use clairon_tls::{Authorities, provider, system_roots};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{sync::OnceCell, task::spawn_blocking};
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::Host;

use super::{
    connection::Connection,
    deadline::Deadline,
    dial::dial,
    failure::{SendFailure, Step},
    origin::Origin,
    proxies::{Proxies, Proxy},
    public_address::is_public,
    resolver::Resolver,
    socket::Socket,
    stream::BoxedStream,
    tunnel,
};
use crate::settings::WebhookSettings;

/// The path to a receiver: directly or through a proxy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Route {
    pub(super) origin: Origin,
    pub(super) proxy: Option<Proxy>,
}

/// Makes connections.
pub(super) struct Connector {
    proxies: Proxies,
    resolver: Resolver,
    allow_private: bool,
    authorities: Option<Authorities>,
    /// Created for the first receiver with TLS, because the system's certificates are large.
    tls: OnceCell<Result<TlsConnector, rustls::Error>>,
}

impl Route {
    /// The proxy, if it forwards requests instead of making a tunnel.
    pub(super) fn forwarding_proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|_| !self.origin.tls)
    }
}

impl Connector {
    pub(super) fn new(settings: &WebhookSettings, proxies: Proxies) -> Self {
        Self {
            proxies,
            resolver: Resolver::new(),
            allow_private: settings.allow_private_addresses,
            authorities: settings.authorities.clone(),
            tls: OnceCell::new(),
        }
    }

    /// The route to `origin`. With a proxy only an address in the URL itself can be checked, because the proxy looks up
    /// names.
    pub(super) fn route(&self, origin: Origin) -> Result<Route, SendFailure> {
        let proxy = self.proxies.of(&origin)?;
        if let (Some(_), Some(address)) = (&proxy, literal(&origin.host)) {
            self.allowed(&origin.host, &[address])?;
        }
        Ok(Route { origin, proxy })
    }

    /// Makes a connection.
    pub(super) async fn connect(&self, route: &Route, deadline: Deadline) -> Result<Connection, SendFailure> {
        let Route { origin, proxy } = route;
        let Some(proxy) = proxy else {
            let socket = self.tcp(origin, deadline, false).await?;
            let stream = self.secured(Box::new(socket.clone()), origin, deadline).await?;
            return opened(stream, socket, origin).await;
        };
        let socket = self.tcp(&proxy.origin, deadline, true).await?;
        let mut stream = self.secured(Box::new(socket.clone()), &proxy.origin, deadline).await?;
        if route.forwarding_proxy().is_some() {
            return opened(stream, socket, &proxy.origin).await;
        }
        deadline.within(Step::Tunnel, tunnel::open(&mut stream, proxy, origin)).await??;
        opened(self.secured(stream, origin, deadline).await?, socket, origin).await
    }

    /// The stream to `origin`, with TLS if its URL asks for that.
    async fn secured(
        &self,
        stream: BoxedStream,
        origin: &Origin,
        deadline: Deadline,
    ) -> Result<BoxedStream, SendFailure> {
        if origin.tls { Ok(Box::new(self.handshake(stream, origin, deadline).await?)) } else { Ok(stream) }
    }

    /// Connects to a checked address and no other, so a name that resolves to another address a moment later has no
    /// effect. With `is_proxy` any address is allowed, because the operator chose it.
    async fn tcp(&self, origin: &Origin, deadline: Deadline, is_proxy: bool) -> Result<Socket, SendFailure> {
        let found = self.addresses(&origin.host, deadline).await?;
        let allowed = if is_proxy { found } else { self.allowed(&origin.host, &found)? };
        let addresses = allowed.iter().map(|ip| SocketAddr::new(*ip, origin.port)).collect::<Vec<_>>();
        let connected = deadline.within(Step::Connect, dial(&addresses)).await?;
        connected.map(Socket::new).map_err(|error| {
            let peer = if is_proxy { format!("the proxy {origin}") } else { origin.to_string() };
            SendFailure::Connect { peer, error: Arc::new(error) }
        })
    }

    async fn addresses(&self, host: &Host<String>, deadline: Deadline) -> Result<Arc<[IpAddr]>, SendFailure> {
        if let Some(address) = literal(host) {
            return Ok(Arc::new([address]));
        }
        let name = host.to_string();
        let failed = |error| SendFailure::Resolve { host: name.clone(), error };
        let found = deadline.within(Step::Resolve, self.resolver.addresses(&name)).await?.map_err(failed)?;
        if found.is_empty() { Err(failed(Arc::new(io::ErrorKind::NotFound.into()))) } else { Ok(found) }
    }

    /// The addresses to which requests may be sent.
    fn allowed(&self, host: &Host<String>, addresses: &[IpAddr]) -> Result<Arc<[IpAddr]>, SendFailure> {
        let allowed = addresses.iter().copied().filter(|ip| self.allow_private || is_public(*ip)).collect::<Arc<[_]>>();
        match addresses.first() {
            Some(address) if allowed.is_empty() => {
                Err(SendFailure::Private { host: host.to_string(), address: *address })
            }
            _ => Ok(allowed),
        }
    }

    async fn handshake(
        &self,
        stream: BoxedStream,
        origin: &Origin,
        deadline: Deadline,
    ) -> Result<TlsStream<BoxedStream>, SendFailure> {
        let failed = |error| SendFailure::Tls { peer: origin.to_string(), error: Arc::new(error) };
        let connector = self.tls_connector().await.map_err(|error| failed(io::Error::other(error)))?;
        let name = match &origin.host {
            Host::Domain(name) => {
                ServerName::try_from(name.clone()).map_err(|error| failed(io::Error::other(error)))?
            }
            Host::Ipv4(address) => ServerName::from(IpAddr::from(*address)),
            Host::Ipv6(address) => ServerName::from(IpAddr::from(*address)),
        };
        deadline.within(Step::Tls, connector.connect(name, stream)).await?.map_err(failed)
    }

    /// Reads the system's certificates once, on a thread for blocking work, because that takes milliseconds.
    async fn tls_connector(&self) -> Result<TlsConnector, rustls::Error> {
        let read = async || {
            let authorities = self.authorities.clone();
            let made = spawn_blocking(move || tls_connector(authorities.as_ref())).await;
            made.unwrap_or_else(|error| Err(rustls::Error::General(error.to_string())))
        };
        self.tls.get_or_init(read).await.clone()
    }
}

fn tls_connector(authorities: Option<&Authorities>) -> Result<TlsConnector, rustls::Error> {
    let mut roots = system_roots();
    if let Some(authorities) = authorities {
        authorities.add_to(&mut roots);
    }
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config).into())
}

async fn opened(stream: BoxedStream, socket: Socket, peer: &Origin) -> Result<Connection, SendFailure> {
    let failed = |error| SendFailure::Http { peer: peer.to_string(), error: Arc::new(error) };
    Connection::new(stream, socket).await.map_err(failed)
}

/// The address, if the host of a URL is one.
fn literal(host: &Host<String>) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some((*address).into()),
        Host::Ipv6(address) => Some((*address).into()),
    }
}
