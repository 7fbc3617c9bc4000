//! What the process does on a signal.

use std::io;

use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal as on};
use tracing::info;

/// Signals that mean nothing here and would end the process at once. After `XFSZ` the write that exceeds the limit of a
/// file's size fails, as on a full disk.
const IGNORED: [Signal; 7] =
    [Signal::USR1, Signal::USR2, Signal::ALARM, Signal::VTALARM, Signal::PROF, Signal::IO, Signal::XFSZ];

/// Keeps signals from ending the process at once, without a word to its clients.
///
/// # Errors
/// The system does not let a signal be handled.
pub(super) fn tame() -> io::Result<()> {
    for signal in IGNORED {
        // A handler stays for as long as the process runs, whether somebody waits for the signal or not.
        drop(on(SignalKind::from_raw(signal.as_raw()))?);
    }
    let mut hangup = on(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            info!(signal = "SIGHUP", "settings are read at the start only: restart the server to change them");
        }
    });
    Ok(())
}

/// Listens for the signals to stop from now on; the future is ready when one of them comes.
///
/// # Errors
/// The system does not let a signal be handled.
pub(super) fn stop() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = on(SignalKind::terminate())?;
    let mut interrupt = on(SignalKind::interrupt())?;
    let mut quit = on(SignalKind::quit())?;
    Ok(async move {
        let signal = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
            _ = quit.recv() => "SIGQUIT",
        };
        info!(signal, "told to stop");
    })
}
