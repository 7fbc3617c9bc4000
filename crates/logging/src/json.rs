//! Lines that are JSON objects.

use std::{fmt, panic::PanicHookInfo};

use clairon_protocol::escape_json;
use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

/// Writes events like `E`, and escapes characters that would move or hide text on a terminal. JSON requires this only
/// for few of them.
pub(super) struct Escaped<E>(pub(super) E);

impl<S, N, E> FormatEvent<S, N> for Escaped<E>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    E: FormatEvent<S, N>,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = String::new();
        self.0.format_event(ctx, Writer::new(&mut line), event)?;
        writeln!(writer, "{}", escape_json(line.trim_end()))
    }
}

/// A line in the form of the log, with a message and further fields.
#[must_use]
pub fn line(level: &str, message: &str, fields: Map<String, Value>) -> String {
    let mut line = fields;
    for (name, value) in [
        ("timestamp", format!("{:.6}", Timestamp::now())),
        ("level", level.to_owned()),
        ("message", message.to_owned()),
        ("target", "clairon".to_owned()),
    ] {
        line.insert(name.to_owned(), value.into());
    }
    escape_json(&Value::from(line).to_string())
}

/// A line for an error.
pub(super) fn error(message: &str) -> String {
    line("ERROR", message, Map::new())
}

/// Replaces the standard library's panic hook, which writes lines for people.
pub(super) fn report_panic(panic: &PanicHookInfo<'_>) {
    eprintln!("{}", error(&panic.to_string()));
}

#[cfg(test)]
mod tests {
    use std::{env, panic, process::Command};

    use super::*;

    /// Set in the child process of the test below.
    const CHILD: &str = "CLAIRON_TEST_OF_PANICS";

    #[test]
    fn a_panic_is_a_line_of_the_log() {
        if env::var_os(CHILD).is_some() {
            panic::set_hook(Box::new(report_panic));
            panic!("two\nlines \u{1b}[2J");
        }
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "json::tests::a_panic_is_a_line_of_the_log", "--nocapture"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let stderr = String::from_utf8(child.stderr).unwrap();
        let line = stderr.lines().find(|line| line.contains("two")).unwrap();
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["level"], "ERROR");
        assert!(line["message"].as_str().is_some_and(|text| text.ends_with("two\nlines \u{1b}[2J")), "{line}");
    }
}
