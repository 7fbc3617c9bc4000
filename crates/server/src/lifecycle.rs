//! From the first connection to the last.

use std::sync::Arc;

use clairon_protocol::Disconnect;
use clairon_registry::AppRegistry;
use tokio::{net::TcpListener, time::timeout};
use tracing::{info, warn};

use crate::{
    accept::{accept, prepare},
    background,
    error::ServerError,
    node::Node,
    settings::Settings,
};

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
    prepare(&listener, &node.settings)?;
    // In a task, and so on a worker thread: from any other, each newcomer would cost a switch between threads.
    let accepting = tokio::spawn(accept(node.clone(), listener));
    let background = tokio::spawn(background::run(node.clone()));
    shutdown.await;
    accepting.abort();
    stop(&node).await;
    background.abort();
    Ok(())
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
