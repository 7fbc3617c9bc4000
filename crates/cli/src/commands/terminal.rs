//! Lines for people, with colours where the stream is a terminal and `NO_COLOR` is not set.

use std::fmt;

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;

pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const BOLD: Style = Style::new().bold();
pub(super) const CYAN: Style = AnsiColor::Cyan.on_default();
pub(super) const GREEN: Style = AnsiColor::Green.on_default();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(super) const RED: Style = AnsiColor::Red.on_default();

/// A text in a style, padded to a width in characters. The streams of `anstream` remove the style if they are no
/// terminals.
pub(super) struct Styled<T>(pub(super) Style, pub(super) T, pub(super) usize);

impl<T: AsRef<str>> fmt::Display for Styled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(style, text, width) = self;
        let text = text.as_ref();
        let fill = width.saturating_sub(text.chars().count());
        write!(f, "{style}{text}{style:#}{:fill$}", "")
    }
}

/// A time as `12:34:56.789`, in UTC like the server's log.
pub(super) fn clock(time: Timestamp) -> String {
    let text = moment(time);
    text.split('T').nth(1).unwrap_or(&text).trim_end_matches('Z').to_owned()
}

/// A time with date and milliseconds, in UTC.
pub(super) fn moment(time: Timestamp) -> String {
    format!("{time:.3}")
}

/// Prints a message about the command itself to stderr. Stdout has only the requested output.
pub(super) fn say(style: Style, text: impl fmt::Display) {
    anstream::eprintln!("{style}{text}{style:#}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_milliseconds() {
        let time = Timestamp::from_millisecond(1_700_000_000_007).unwrap();
        assert_eq!((moment(time), clock(time)), ("2023-11-14T22:13:20.007Z".into(), "22:13:20.007".into()));
    }
}
