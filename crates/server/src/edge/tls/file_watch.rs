//! Detection of changed certificate files.

use std::{sync::Arc, time::Duration};

use tokio::task::spawn_blocking;
use tracing::error;

use super::CertificateStore;
use crate::{background::ticks, node::Node};

/// The time between two checks. A change takes effect after at most two checks.
const PERIOD: Duration = Duration::from_secs(3);

/// Reads changed certificate files until the server stops.
pub(crate) async fn watch_files(node: Arc<Node>) {
    let Some(tls) = &node.tls else { return };
    let mut ticks = ticks(PERIOD);
    loop {
        ticks.tick().await;
        reload_files(tls.certificates.clone()).await;
    }
}

/// Reads changed certificate files now.
pub(crate) async fn reload_files(certificates: Arc<CertificateStore>) {
    if let Err(error) = spawn_blocking(move || certificates.reload()).await {
        error!(%error, "the certificates could not be read again");
    }
}
