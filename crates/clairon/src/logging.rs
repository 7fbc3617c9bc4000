//! The log: on stderr, so that stdout carries only what was asked for.

use std::io::{self, IsTerminal};

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSettings};

/// How many lines may wait to be written. Their places are taken from the start, so this is memory of an idle server.
const WAITING_LINES: usize = 8_192;

/// Starts logging, until the guard is dropped.
///
/// A thread of its own writes, so that a terminal or a log driver that does not read holds nobody up; what it cannot
/// keep up with is dropped.
///
/// # Errors
/// When the filter is not valid.
pub(crate) fn start(settings: &LogSettings) -> anyhow::Result<WorkerGuard> {
    let filter = EnvFilter::try_new(&settings.filter)?;
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(WAITING_LINES).finish(io::stderr());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match settings.format {
        LogFormat::Human => log.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).with_span_list(false).init(),
    }
    Ok(guard)
}
