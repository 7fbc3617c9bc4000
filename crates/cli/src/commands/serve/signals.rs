//! Signal handling.

use std::io;

use rustix::process::Signal as Number;
use tokio::signal::unix::{Signal, SignalKind, signal as on};
use tracing::info;

/// Signals that would end the process by default and that the server does not use. With `XFSZ` handled, a write beyond
/// the limit of a file's size fails as on a full disk.
const IGNORED: [Number; 7] =
    [Number::USR1, Number::USR2, Number::ALARM, Number::VTALARM, Number::PROF, Number::IO, Number::XFSZ];

/// Handles signals so that they do not end the process without closing its connections. Returns SIGHUP.
///
/// # Errors
/// When the system does not allow a signal to be handled.
pub(super) fn tame() -> io::Result<Signal> {
    for signal in IGNORED {
        // A handler stays installed as long as the process runs, even without a waiting task.
        drop(on(SignalKind::from_raw(signal.as_raw()))?);
    }
    on(SignalKind::hangup())
}

/// Handles the signals to stop. The future is ready when one of them arrives.
///
/// # Errors
/// When the system does not allow a signal to be handled.
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
        info!(signal, "stopping because of a signal");
    })
}
