//! The log, on stderr, so that stdout has only the requested output.

mod human;
mod json;

use std::{
    error::Error,
    fmt,
    io::{self, IsTerminal},
    panic,
};

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, reload};

pub(crate) use self::json::line as json_line;
use crate::config::{LogFormat, LogSettings};

/// The largest number of lines that may wait to be written. Their slots are allocated at the start, so they are part of
/// the memory of an idle server.
const WAITING_LINES: usize = 8_192;

/// Starts logging, until the guard is dropped. Every value is escaped exactly once, whatever it contains.
///
/// A separate thread writes, so a terminal or log driver that does not read does not block the server. Lines that it
/// cannot keep up with are dropped.
///
/// # Errors
/// When the filter is invalid.
pub(crate) fn start(settings: &LogSettings) -> anyhow::Result<Logging> {
    let filter = EnvFilter::try_new(&settings.filter)?;
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(WAITING_LINES).finish(io::stderr());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let filter = match settings.format {
        LogFormat::Human => {
            let log = log.fmt_fields(human::Fields).with_ansi(io::stderr().is_terminal()).with_filter_reloading();
            let handle = log.reload_handle();
            log.init();
            LogFilter(Box::new(move |filter| handle.reload(filter)))
        }
        LogFormat::Json => {
            panic::set_hook(Box::new(json::report_panic));
            let log = log.json().flatten_event(true).with_current_span(false).with_span_list(false);
            let log = log.map_event_format(json::Escaped).with_filter_reloading();
            let handle = log.reload_handle();
            log.init();
            LogFilter(Box::new(move |filter| handle.reload(filter)))
        }
    };
    Ok(Logging { filter, _guard: guard })
}

/// The log of the process. When this is dropped, what waits is written.
pub(crate) struct Logging {
    /// The filter, which can be replaced.
    pub(crate) filter: LogFilter,
    _guard: WorkerGuard,
}

/// Replaces the filter of the log.
pub(crate) struct LogFilter(Box<dyn Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync>);

impl LogFilter {
    /// Takes another filter.
    ///
    /// # Errors
    /// When the filter is invalid.
    pub(crate) fn replace(&self, settings: &LogSettings) -> anyhow::Result<()> {
        Ok((self.0)(EnvFilter::try_new(&settings.filter)?)?)
    }
}

/// An error of a command with a log. It is printed in the format of that log.
#[derive(Debug)]
pub(crate) struct Failure {
    format: LogFormat,
    error: anyhow::Error,
}

impl Failure {
    pub(crate) fn new(format: LogFormat, error: impl Into<anyhow::Error>) -> Self {
        Self { format, error: error.into() }
    }

    /// The error and the format of its log. Other commands print errors for people.
    pub(crate) fn take_apart(error: anyhow::Error) -> (LogFormat, anyhow::Error) {
        match error.downcast() {
            Ok(Self { format, error }) => (format, error),
            Err(error) => (LogFormat::Human, error),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Error for Failure {}

/// Writes an error to stderr in the format of the log, but not through the log, which may not have started or may have
/// ended.
pub(crate) fn say_error(format: LogFormat, error: &str) {
    match format {
        LogFormat::Human => eprintln!("error: {error}"),
        LogFormat::Json => eprintln!("{}", json::error(error)),
    }
}
