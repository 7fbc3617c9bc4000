//! New connections. Each is served in its own task, as a WebSocket or by the HTTP server.

use std::{io, pin::pin, sync::Arc, time::Duration};

use clairon_stream::RawStream;
use clairon_websocket::Socket;
use futures_util::future::join_all;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::sleep;
use tracing::{debug, warn};

use crate::{
    edge::{self, Listener, OpeningProtocol},
    first_request, host, https_redirect,
    node::Node,
    plain_connections::PlainConnection,
    prefixed_stream::PrefixedStream,
    router::{AdminRoutes, metrics_router, router, strip_prefix},
    socket::{self, AdmittedClient, Upgrade},
    throttle::Throttle,
    tracked_service::{Pages, TrackedService},
};

/// The time that a client has to send the head of a request, including the wait for a further request on the
/// connection.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// The number of bytes of a request's head that are read at once, and the limit of the head.
const HEAD_BYTES: usize = 16 * 1024;
/// The pause of the listener when the process cannot accept another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Accepts connections on the main listeners, until it is dropped.
pub(crate) async fn accept(node: Arc<Node>, listeners: Vec<Listener>, admin: AdminRoutes) {
    let pages = Pages::under(&node.settings.path_prefix, router(&node, admin));
    let serve = |raw, plain, opening| serve(raw, plain, opening, pages.clone());
    join_all(listeners.iter().map(|listener| accept_each(&node, listener, &serve))).await;
}

/// Accepts connections on the listener for metrics, until it is dropped.
pub(crate) async fn accept_metrics(node: Arc<Node>, listener: Listener) {
    let pages = Pages::under("", metrics_router(&node));
    accept_requests(node, listener, pages).await;
}

/// Accepts connections on the listener that redirects to https, until it is dropped.
pub(crate) async fn accept_redirected(node: Arc<Node>, listener: Listener) {
    let pages = Pages::under("", https_redirect::router(&node));
    accept_requests(node, listener, pages).await;
}

/// Accepts connections on a listener without WebSockets, until it is dropped.
async fn accept_requests(node: Arc<Node>, listener: Listener, pages: Pages) {
    let serve = |raw, plain, opening| serve_page(raw, plain, opening, pages.clone());
    accept_each(&node, &listener, &serve).await;
}

async fn accept_each<F>(
    node: &Arc<Node>,
    listener: &Listener,
    serve: &impl Fn(RawStream, Arc<PlainConnection>, OpeningProtocol) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let accept_log = Throttle::default();
    loop {
        match listener.accept().await {
            Ok((raw, peer)) => {
                node.make_room().await;
                node.spawn_plain(peer, |plain| serve(raw, plain, listener.opening()));
            }
            Err(error) if is_of_the_peer(&error) => debug!(%error, "a connection was lost before it was accepted"),
            Err(error) => {
                if accept_log.allows(node.clock.now()) {
                    warn!(%error, open = node.tasks.len(), "cannot accept connections for now");
                }
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves a connection to its end. The part before a WebSocket is boxed, so the task that serves the WebSocket for
/// hours has no room for the HTTP server.
fn serve(
    raw: RawStream,
    plain: Arc<PlainConnection>,
    opening: OpeningProtocol,
    pages: Pages,
) -> impl Future<Output = ()> + Send + 'static {
    let requests = Box::pin(serve_requests(raw, plain, opening, pages));
    async move {
        if let Some(client) = requests.await {
            socket::run(client).await;
        }
    }
}

/// Serves HTTP requests. Returns a client if the connection becomes a WebSocket.
async fn serve_requests(
    raw: RawStream,
    plain: Arc<PlainConnection>,
    opening: OpeningProtocol,
    pages: Pages,
) -> Option<AdmittedClient> {
    let (stream, received) = edge::open(&plain, raw, opening).await?;
    // The HTTP server reports the problems of an invalid handshake.
    if let Some((request, unread)) = first_request::handshake(&received)
        && host::check(request.version(), request.headers()).is_ok()
    {
        let request = strip_prefix(&plain.node().settings.path_prefix, request);
        if let Ok(upgrade) = Upgrade::begin(plain.node(), &request, plain.client(request.headers())) {
            let head = upgrade.head();
            return upgrade.finish(plain, Socket::new(stream, unread), Some(head)).await;
        }
    }
    serve_http(PrefixedStream::new(received, stream), plain, pages).await;
    None
}

/// Serves a connection that becomes no WebSocket.
async fn serve_page(raw: RawStream, plain: Arc<PlainConnection>, opening: OpeningProtocol, pages: Pages) {
    if let Some((stream, received)) = edge::open(&plain, raw, opening).await {
        serve_http(PrefixedStream::new(received, stream), plain, pages).await;
    }
}

/// Serves the requests of a connection, until it becomes a WebSocket or the server stops.
async fn serve_http(stream: PrefixedStream, plain: Arc<PlainConnection>, pages: Pages) {
    let stopping = plain.node().stopping.clone();
    if stream.is_tls() {
        plain.note_tls();
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), TrackedService::new(pages, plain))
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "HTTP connection ended");
    }
}

/// True for errors of one connection, as opposed to the listener's.
fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
