//! Detection of changed certificate files.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};
use tracing::error;

use crate::CertificateStore;

/// The time between two checks. A change takes effect after at most two checks.
const PERIOD: Duration = Duration::from_secs(3);

/// Reads changed certificate files. It does not end.
pub(crate) async fn watch(certificates: &Arc<CertificateStore>) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        reload(certificates.clone()).await;
    }
}

/// Reads changed certificate files now.
pub(crate) async fn reload(certificates: Arc<CertificateStore>) {
    if let Err(error) = spawn_blocking(move || certificates.reload()).await {
        error!(%error, "the certificates could not be read again");
    }
}
