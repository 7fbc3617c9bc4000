//! From the first connection to the last.

use std::{convert::Infallible, io, pin::pin, sync::Arc, time::Duration};

use axum::response::Response;
use clairon_protocol::Disconnect;
use clairon_registry::AppRegistry;
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
use tokio_util::sync::CancellationToken;
use tower::{ServiceBuilder, util::MapRequestLayer};
use tracing::{debug, info, warn};

use crate::{
    background,
    error::ServerError,
    node::Node,
    router::{router, strip_prefix},
    settings::Settings,
    throttle::Throttle,
};

/// How long a client may take to send the head of a request, the wait for a further one on the same connection included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// How much of a request's head is read at once; longer heads grow up to it.
const HEAD_BYTES: usize = 16 * 1024;
/// How long to leave the listener alone when the process cannot take another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves everything on `listener` until `shutdown` is ready, then closes every socket with 4200 and returns.
///
/// # Errors
/// When the apps cannot be read at the start.
pub async fn serve(
    listener: TcpListener,
    registry: Arc<dyn AppRegistry>,
    settings: Settings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServerError> {
    let node = Arc::new(Node::new(registry, settings).await?);
    let background = tokio::spawn(background::run(node.clone()));
    tokio::select! {
        () = accept(&node, &listener) => {}
        () = shutdown => {}
    }
    drop(listener);
    stop(&node).await;
    background.abort();
    Ok(())
}

async fn accept(node: &Arc<Node>, listener: &TcpListener) {
    let prefix: Arc<str> = node.settings.path_prefix.as_str().into();
    let service = ServiceBuilder::new()
        .layer(MapRequestLayer::new(move |request| strip_prefix(&prefix, request)))
        .service(router(node.clone()));
    let accept_log = Throttle::default();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                node.tasks.spawn(serve_http(
                    stream,
                    TowerToHyperService::new(service.clone()),
                    node.settings.write_timeout,
                    node.stopping.clone(),
                ));
            }
            Err(error) if is_of_the_peer(&error) => debug!(%error, "a connection was lost before it was accepted"),
            Err(error) => {
                if accept_log.allows(node.clock.now()) {
                    warn!(%error, open = node.tasks.len(), "no further connection can be accepted for now");
                }
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves the requests of one connection, until it becomes a WebSocket or the server stops.
async fn serve_http<S>(stream: TcpStream, service: S, write_timeout: Duration, stopping: CancellationToken)
where
    S: Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> + Send + 'static,
{
    // A peer that neither reads nor acknowledges is given up by the kernel, whatever it was sent.
    let unread = SockRef::from(&stream).set_tcp_user_timeout(Some(write_timeout));
    if let Err(error) = unread.and_then(|()| stream.set_nodelay(true)) {
        return debug!(%error, "a connection was lost as it was accepted");
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service)
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

/// Sends everyone away, with a reason to come back at once, and waits as long as the settings allow.
async fn stop(node: &Arc<Node>) {
    node.stopping.cancel();
    let apps = node.hub.apps();
    let connections: usize = apps.iter().map(|(_, hub)| hub.connection_count()).sum();
    info!(connections, "stopping");
    for (_, hub) in apps {
        hub.close_all(Disconnect::Shutdown);
    }
    node.tasks.close();
    if timeout(node.settings.shutdown_grace, node.tasks.wait()).await.is_err() {
        warn!(connections = node.tasks.len(), "not all connections have closed in time");
    }
}

/// Errors of one connection, not of the listener.
fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
