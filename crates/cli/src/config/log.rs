//! The settings of the log.

use clairon_logging::{LogFormat, Logging};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

use super::fields::{Fields, Table};

/// The section `log`.
#[derive(Debug)]
pub(crate) struct LogSettings {
    /// Filter directives.
    pub(crate) filter: String,
    pub(crate) format: LogFormat,
}

impl LogSettings {
    pub(super) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let filter = fields.text("log.level", parse_level);
        let format = fields.text("log.format", parse_format);
        Some(Self { filter: filter?, format: format? })
    }

    /// Starts the log, which ends when the result is dropped.
    ///
    /// # Errors
    /// When the filter is invalid.
    pub(crate) fn start(&self) -> anyhow::Result<Logging> {
        clairon_logging::start(&self.filter, self.format)
    }
}

/// The log format in `settings`, even if other settings are invalid.
pub(super) fn format_of(settings: &Table) -> LogFormat {
    let text = settings.get("log.format").and_then(|entry| entry.value.as_text());
    text.and_then(|text| parse_format(text).ok()).unwrap_or_default()
}

fn parse_format(text: &str) -> Result<LogFormat, &'static str> {
    match text {
        "human" => Ok(LogFormat::Human),
        "json" => Ok(LogFormat::Json),
        _ => Err("allowed are human and json"),
    }
}

/// The library for TLS writes a line for every broken handshake, with names of any length that the client has chosen.
/// The server has a line of its own, at most one a minute.
const WITHOUT_RUSTLS: &str = "rustls=off";

/// A level applies to Clairon. Its dependencies log at most warnings, unless directives say otherwise.
fn parse_level(text: &str) -> Result<String, &'static str> {
    if let Some(level) = level(text) {
        let others = level.min(LevelFilter::WARN);
        return Ok(format!("{others},{WITHOUT_RUSTLS},clairon={level}"));
    }
    // The filter would accept any word as a target, even a misspelt level.
    let is_directive = |directive: &str| directive.contains('=') || level(directive).is_some();
    if text.split(',').all(is_directive) && text.parse::<Targets>().is_ok() {
        Ok(if text.contains("rustls") { text.to_owned() } else { format!("{WITHOUT_RUSTLS},{text}") })
    } else {
        Err("allowed are error, warn, info, debug, trace, off, and directives such as info,clairon_server=debug")
    }
}

fn level(text: &str) -> Option<LevelFilter> {
    text.parse().ok().filter(|_| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic()))
}
