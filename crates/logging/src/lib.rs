//! The log, on stderr, so that stdout has only the requested output.
//!
//! It is a crate of its own because a release build does not optimize the crate of the binary.

mod human;
mod json;

use std::{
    error::Error,
    fmt,
    io::{self, IsTerminal},
    panic,
};

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    Layer as _, Registry, filter::Targets, fmt::layer, layer::SubscriberExt, reload, util::SubscriberInitExt,
};

pub use self::json::line as json_line;

/// The largest number of lines that may wait to be written. Their slots are allocated at the start, so they are part of
/// the memory of an idle server.
const WAITING_LINES: usize = 8_192;

/// Starts logging with filter directives, until the result is dropped. Every value is escaped exactly once, whatever it
/// contains.
///
/// A separate thread writes, so a terminal or log driver that does not read does not block the server. Lines that it
/// cannot keep up with are dropped.
///
/// # Errors
/// When the filter is invalid.
pub fn start(filter: &str, format: LogFormat) -> anyhow::Result<Logging> {
    let (filter, handle) = reload::Layer::new(filter.parse::<Targets>()?);
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(WAITING_LINES).finish(io::stderr());
    let lines = match format {
        LogFormat::Human => {
            layer().with_writer(writer).fmt_fields(human::Fields).with_ansi(io::stderr().is_terminal()).boxed()
        }
        LogFormat::Json => {
            panic::set_hook(Box::new(json::report_panic));
            let lines = layer().with_writer(writer).json().flatten_event(true);
            lines.with_current_span(false).with_span_list(false).map_event_format(json::Escaped).boxed()
        }
    };
    tracing_subscriber::registry().with(filter).with(lines).init();
    Ok(Logging { filter: LogFilter(handle), _guard: guard })
}

/// The form of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object.
    Json,
}

/// The log of the process. When this is dropped, what waits is written.
#[derive(Debug)]
pub struct Logging {
    /// The filter, which can be replaced.
    pub filter: LogFilter,
    _guard: WorkerGuard,
}

/// Replaces the filter of the log.
#[derive(Debug)]
pub struct LogFilter(reload::Handle<Targets, Registry>);

impl LogFilter {
    /// Takes another filter.
    ///
    /// # Errors
    /// When the filter is invalid.
    pub fn replace(&self, filter: &str) -> anyhow::Result<()> {
        Ok(self.0.reload(filter.parse::<Targets>()?)?)
    }
}

/// An error of a command with a log. It is printed in the format of that log.
#[derive(Debug)]
pub struct Failure {
    format: LogFormat,
    error: anyhow::Error,
}

impl Failure {
    /// An error for a log of this format.
    pub fn new(format: LogFormat, error: impl Into<anyhow::Error>) -> Self {
        Self { format, error: error.into() }
    }

    /// The error and the format of its log. Other commands print errors for people.
    #[must_use]
    pub fn take_apart(error: anyhow::Error) -> (LogFormat, anyhow::Error) {
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
pub fn say_error(format: LogFormat, error: &str) {
    match format {
        LogFormat::Human => eprintln!("error: {error}"),
        LogFormat::Json => eprintln!("{}", json::error(error)),
    }
}
