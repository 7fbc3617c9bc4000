//! New connections. Each is served in its own task, as a WebSocket or by the HTTP server.

use std::{convert::Infallible, io, pin::pin, sync::Arc, time::Duration};

use axum::response::Response;
use bytes::Bytes;
use clairon_websocket::Socket;
use hyper::{Request, body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use socket2::SockRef;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tower::{ServiceBuilder, util::MapRequestLayer};
use tracing::{debug, warn};

use crate::{
    edge::PeerAddress,
    first_request,
    foreign_protocol::{ForeignProtocol, refuse_tls},
    host,
    node::Node,
    plain_connections::PlainConnection,
    prefixed_stream::PrefixedStream,
    router::{metrics_router, router, strip_prefix},
    settings::Settings,
    socket::{self, AdmittedClient, Upgrade},
    throttle::Throttle,
    tracked_service::TrackedService,
};

/// The time that a client has to send the head of a request, including the wait for a further request on the
/// connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// The number of bytes of a request's head that are read at once, and the limit of the head.
const HEAD_BYTES: usize = 16 * 1024;
/// The pause of the listener when the process cannot accept another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Sets the options that every accepted connection inherits: small frames are not delayed, and the kernel gives up a
/// peer that neither reads nor acknowledges.
///
/// # Errors
/// When the system does not support an option.
pub(crate) fn prepare(listener: &TcpListener, settings: &Settings) -> io::Result<()> {
    let socket = SockRef::from(listener);
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_user_timeout(Some(settings.write_timeout))
}

/// Accepts connections on the main port, until it is dropped.
pub(crate) async fn accept(node: Arc<Node>, listener: TcpListener) {
    let prefix: Arc<str> = node.settings.path_prefix.as_str().into();
    let service = ServiceBuilder::new()
        .layer(MapRequestLayer::new(move |request| strip_prefix(&prefix, request)))
        .service(router(&node));
    let serve = |stream, plain| serve(stream, plain, TowerToHyperService::new(service.clone()));
    accept_each(&node, &listener, serve).await;
}

/// Accepts connections on the port for metrics, until it is dropped.
pub(crate) async fn accept_metrics(node: Arc<Node>, listener: TcpListener) {
    let router = metrics_router(&node);
    let serve = |stream, plain| serve_metrics(stream, plain, TowerToHyperService::new(router.clone()));
    accept_each(&node, &listener, serve).await;
}

async fn accept_each<F>(node: &Arc<Node>, listener: &TcpListener, serve: impl Fn(TcpStream, Arc<PlainConnection>) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let accept_log = Throttle::default();
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                node.make_room().await;
                let peer = PeerAddress::of_socket(address);
                node.spawn_plain(peer, |plain| serve(stream, plain));
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
async fn serve<S>(stream: TcpStream, plain: Arc<PlainConnection>, service: S)
where
    S: Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> + Send + 'static,
{
    if let Some(client) = Box::pin(open(stream, plain, service)).await {
        socket::run(client).await;
    }
}

/// Serves HTTP requests. Returns a client if the connection becomes a WebSocket.
async fn open<S>(stream: TcpStream, plain: Arc<PlainConnection>, service: S) -> Option<AdmittedClient>
where
    S: Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> + Send + 'static,
{
    let (stream, bytes) = read_opening(plain.node(), stream).await?;
    // The HTTP server reports the problems of an invalid handshake.
    if let Some((request, unread)) = first_request::handshake(&bytes)
        && host::check(request.version(), request.headers()).is_ok()
    {
        let request = strip_prefix(&plain.node().settings.path_prefix, request);
        if let Ok(upgrade) = Upgrade::begin(plain.node(), &request, plain.peer()) {
            let head = upgrade.head();
            return upgrade.finish(plain, Socket::new(stream, unread), Some(head)).await;
        }
    }
    serve_http(PrefixedStream::new(bytes, stream), plain, service).await;
    None
}

/// Serves a connection on the port for metrics.
async fn serve_metrics<S>(stream: TcpStream, plain: Arc<PlainConnection>, service: S)
where
    S: Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> + Send + 'static,
{
    if let Some((stream, bytes)) = read_opening(plain.node(), stream).await {
        serve_http(PrefixedStream::new(bytes, stream), plain, service).await;
    }
}

/// Reads the first bytes of a client. `None` if none arrive in time, if the server stops before, and for TLS.
async fn read_opening(node: &Node, stream: TcpStream) -> Option<(TcpStream, Bytes)> {
    let read = tokio::select! {
        read = timeout(HEAD_TIMEOUT, first_request::read(&stream)) => read.ok()?,
        () = node.stopping.cancelled() => return None,
    };
    let bytes = match read {
        Ok(bytes) => bytes,
        Err(error) => {
            debug!(%error, "a connection was lost before its first byte");
            return None;
        }
    };
    if let Some(foreign) = ForeignProtocol::of(&bytes) {
        node.note_foreign(foreign, &stream);
        if foreign == ForeignProtocol::Tls {
            refuse_tls(stream).await;
            return None;
        }
    }
    Some((stream, bytes)).filter(|(_, bytes)| !bytes.is_empty())
}

/// Serves the requests of a connection, until it becomes a WebSocket or the server stops.
async fn serve_http<S>(stream: PrefixedStream, plain: Arc<PlainConnection>, service: S)
where
    S: Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> + Send + 'static,
{
    let stopping = plain.node().stopping.clone();
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), TrackedService::new(service, plain))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_inherits_the_options_of_its_listener() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = SockRef::from(&listener);
        socket.set_tcp_nodelay(true).unwrap();
        socket.set_tcp_user_timeout(Some(Duration::from_secs(7))).unwrap();
        let (_client, accepted) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        let (stream, _) = accepted.unwrap();
        assert!(stream.nodelay().unwrap());
        assert_eq!(SockRef::from(&stream).tcp_user_timeout().unwrap(), Some(Duration::from_secs(7)));
    }
}
