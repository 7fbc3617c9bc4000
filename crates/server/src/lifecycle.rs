//! The start, the operation and the stop of a server.

use std::{sync::Arc, time::Duration};

use clairon_protocol::Disconnect;
use clairon_registry::Registry;
use futures_util::future::BoxFuture;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::{
    accept::{accept, accept_metrics, accept_redirected},
    background, channel_logs,
    edge::Listener,
    error::ServerError,
    handle::ServerHandle,
    node::Node,
    router::AdminRoutes,
    settings::Settings,
};

/// The time between two waves of clients that are sent to other nodes.
const WAVE: Duration = Duration::from_millis(500);

/// The listening sockets of a server.
#[derive(Debug)]
pub struct Listeners {
    /// The listeners that serve everything.
    pub all: Vec<Listener>,
    /// The separate listener for metrics, if there is one.
    pub metrics: Option<Listener>,
    /// The listener without TLS that answers challenges of ACME and redirects to https, if there is one.
    pub redirect: Option<Listener>,
    /// True if other processes may accept connections on the same sockets. A server that stops then leaves new
    /// connections to them at once.
    pub are_shared: bool,
}

/// A server with its apps and its connection to the other nodes. It does not listen yet.
pub struct Server {
    node: Arc<Node>,
}

impl Server {
    /// Reads the apps, and joins the other nodes if there are any.
    ///
    /// The futures of this type are boxed, so that they are compiled with this crate, and not again with each change of
    /// the binary that awaits them.
    ///
    /// # Errors
    /// When the apps cannot be read, or the other nodes cannot be joined.
    #[must_use]
    pub fn new(registry: Arc<dyn Registry>, settings: Settings) -> BoxFuture<'static, Result<Self, ServerError>> {
        Box::pin(async { Ok(Self { node: Arc::new(Node::new(registry, settings).await?) }) })
    }

    /// A handle for changes while the server runs.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        ServerHandle::new(self.node.clone())
    }

    /// Serves until `shutdown` is ready, then closes every connection with 4200, in waves if there are other nodes, and
    /// returns. `admin` makes the routes of the admin API.
    ///
    /// # Errors
    /// When the listener cannot be set up.
    #[must_use]
    pub fn serve(
        self,
        listeners: Listeners,
        admin: AdminRoutes,
        shutdown: BoxFuture<'static, ()>,
    ) -> BoxFuture<'static, Result<(), ServerError>> {
        Box::pin(self.run(listeners, admin, shutdown))
    }

    async fn run(
        self,
        listeners: Listeners,
        admin: AdminRoutes,
        shutdown: BoxFuture<'static, ()>,
    ) -> Result<(), ServerError> {
        let Self { node } = self;
        let Listeners { all, metrics, redirect, are_shared } = listeners;
        if let Some(acme) = node.acme() {
            acme.note_kinds(all.iter().chain(&redirect).map(Listener::challenge_kind).collect());
        }
        for listener in all.iter().chain(&metrics).chain(&redirect) {
            listener.prepare(&node.settings)?;
            if listener.opening().tls && node.tls.is_none() {
                return Err(ServerError::NoCertificate);
            }
        }
        channel_logs::restore(&node).await;
        // In its own task, and so on a worker thread. On another thread each new connection would cost a switch between
        // threads.
        let accepting = tokio::spawn(accept(node.clone(), all, admin));
        let showing = metrics.map(|listener| tokio::spawn(accept_metrics(node.clone(), listener)));
        let redirecting = redirect.map(|listener| tokio::spawn(accept_redirected(node.clone(), listener)));
        let background = tokio::spawn(background::run(node.clone()));
        shutdown.await;
        let stop_accepting = || {
            accepting.abort();
            for other in showing.iter().chain(&redirecting) {
                other.abort();
            }
        };
        if are_shared {
            stop_accepting();
        }
        drain(&node).await;
        stop_accepting();
        stop(&node).await;
        background.abort();
        if let Some(acme) = node.acme() {
            acme.part(node.registry.as_ref()).await;
        }
        Ok(())
    }
}

/// Sends clients to the other nodes in waves, so that they do not all arrive there at once. Backends are still served.
async fn drain(node: &Node) {
    node.draining.cancel();
    let drain = node.settings.drain;
    if !node.peers.can_take_over() || drain.is_zero() {
        return;
    }
    node.announcer.note_leaving();
    let waves = (drain.as_millis() / WAVE.as_millis()).max(1);
    for left in (1..=waves).rev() {
        let connections = node.connection_count();
        info!(connections, seconds = (WAVE * u32::try_from(left).unwrap_or(u32::MAX)).as_secs(), "draining");
        for (_, hub) in node.hub.apps() {
            hub.for_each_session(|session| {
                if rand::random_range(0..left) == 0 {
                    session.close(Disconnect::Shutdown);
                }
            });
        }
        if connections == 0 {
            return;
        }
        sleep(WAVE).await;
    }
}

/// Closes all connections with a code for reconnecting at once, and waits as long as the settings allow.
async fn stop(node: &Arc<Node>) {
    node.stopping.cancel();
    node.announcer.note_leaving();
    info!(connections = node.connection_count(), "stopping");
    for (_, hub) in node.hub.apps() {
        hub.close_all(Disconnect::Shutdown);
    }
    node.tasks.close();
    if timeout(node.settings.shutdown_grace, node.tasks.wait()).await.is_err() {
        warn!(connections = node.tasks.len(), "some connections did not close in time");
    }
    channel_logs::save(node).await;
    node.announcer.stop().await;
    node.record_key_uses().await;
    node.record_statistics(true).await;
    if let Err(error) = node.peers.part().await {
        warn!(%error, "the other nodes remove this node when its lease ends");
    }
}
