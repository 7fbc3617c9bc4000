//! When to stop.

use std::io;

use tokio::signal::unix::{SignalKind, signal as on};
use tracing::info;

/// Listens for SIGTERM and ctrl-C from now on; the future is ready when one of them comes.
pub(super) fn signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = on(SignalKind::terminate())?;
    let mut interrupt = on(SignalKind::interrupt())?;
    Ok(async move {
        let signal = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        info!(signal, "told to stop");
    })
}
