//! The sockets that a server listens on: its own, or those that were passed in.

mod passed;
mod tcp;
mod unix;

use clairon_server::{Listener, Listeners, ListeningSocket, OpeningProtocol};
use tracing::{info, warn};

use self::{passed::PassedSocket, tcp::Families, unix::SocketFile};
use crate::{
    commands::address::{Address, BoundAddress},
    config::{Listen, ListenPlace, Settings},
};

/// How many connections may wait to be accepted. The system may allow fewer.
const BACKLOG: i32 = 1_024;

/// What a server listens on.
pub(super) struct Bound {
    pub(super) listeners: Listeners,
    /// The address of the server for its clients.
    pub(super) address: Address,
    /// The addresses of all sockets, for the log.
    pub(super) all: String,
    /// The address of the socket for metrics alone.
    pub(super) metrics: Option<String>,
    /// Dropped when the server has stopped.
    pub(super) files: Vec<SocketFile>,
}

/// Listens wherever the settings say. Sockets that were passed in take the place of `server.listen`, and one that is
/// named `metrics` that of `metrics.listen`.
pub(super) async fn bind(settings: &Settings) -> anyhow::Result<Bound> {
    let mut files = Vec::new();
    let (mut all, mut metrics) = (Vec::new(), None);
    for PassedSocket { socket, purpose } in passed::take()? {
        let address = BoundAddress::of(&socket, purpose.opening.tls)?;
        let listener = Listener::new(socket, purpose.opening);
        if purpose.is_metrics {
            metrics = Some((listener, address));
        } else {
            all.push((listener, address));
        }
    }
    let are_shared = !all.is_empty() || metrics.is_some();
    if all.is_empty() {
        for listen in &settings.listen {
            let setting = if settings.listen.len() == 1 { "--port" } else { "server.listen" };
            all.push(bind_one(listen, &settings.listen, setting, &mut files).await?);
        }
    } else {
        info!(sockets = all.len(), "sockets were passed in, and take the place of server.listen");
    }
    let redirect = match &settings.redirect_listen {
        Some(listen) if !are_shared => bind_redirect(listen, &mut files).await,
        _ => None,
    };
    if let (None, Some(listen)) = (&metrics, &settings.metrics_listen) {
        metrics = Some(bind_one(listen, &[], "metrics.listen", &mut files).await?);
    }
    if settings.server.tls.is_on() && !all.iter().chain(&metrics).any(|(listener, _)| listener.speaks_tls()) {
        warn!("there is a certificate, but no listener speaks TLS: add tls://HOST:PORT to server.listen");
    }
    let (all, addresses): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    let (metrics, metrics_address) = metrics.unzip();
    let (redirect, redirect_address) = redirect.unzip();
    Ok(Bound {
        address: Address::of(&addresses, settings),
        all: addresses.iter().chain(&redirect_address).map(ToString::to_string).collect::<Vec<_>>().join(", "),
        metrics: metrics_address.map(|address| address.to_string()),
        listeners: Listeners { all, metrics, redirect, are_shared },
        files,
    })
}

/// The listener on port 80. The server can do without it: one of two kinds of challenges needs it.
async fn bind_redirect(listen: &Listen, files: &mut Vec<SocketFile>) -> Option<(Listener, BoundAddress)> {
    match bind_one(listen, &[], "server.listen", files).await {
        Ok(bound) => Some(bound),
        Err(error) => {
            warn!("http is not redirected to https, and certificates depend on port 443 alone: {error:#}");
            None
        }
    }
}

/// `others` are the places that are listened at too.
async fn bind_one(
    listen: &Listen,
    others: &[Listen],
    setting: &str,
    files: &mut Vec<SocketFile>,
) -> anyhow::Result<(Listener, BoundAddress)> {
    let (socket, address) = match &listen.place {
        ListenPlace::Tcp { host, port } => {
            let every_ipv4 = ListenPlace::Tcp { host: Some("0.0.0.0".to_owned()), port: *port };
            let has_ipv4 = others.iter().any(|other| other.place == every_ipv4);
            let families = if has_ipv4 { Families::Own } else { Families::Both };
            let socket = ListeningSocket::Tcp(tcp::bind(host.as_deref(), *port, families, setting).await?);
            let address = BoundAddress::of(&socket, listen.tls)?;
            (socket, address)
        }
        ListenPlace::Unix(place) => {
            let (socket, file) = unix::bind(place)?;
            files.push(file);
            // The system knows it by the name that it was made under.
            (ListeningSocket::Unix(socket), BoundAddress::Unix(place.path.clone()))
        }
    };
    let opening = OpeningProtocol { tls: listen.tls, proxy_header: listen.proxy_protocol };
    Ok((Listener::new(socket, opening), address))
}
