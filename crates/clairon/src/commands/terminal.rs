//! Lines for people.

use std::fmt;

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;

pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(crate) const RED: Style = AnsiColor::Red.on_default();

/// A text in a style, filled up to a width. The stream that it is printed to takes the colours out where they have no
/// place.
pub(crate) struct Styled<T>(pub(crate) Style, pub(crate) T, pub(crate) usize);

impl<T: AsRef<str>> fmt::Display for Styled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(style, text, width) = self;
        let text = text.as_ref();
        let fill = width.saturating_sub(text.chars().count());
        write!(f, "{style}{text}{style:#}{:fill$}", "")
    }
}

/// A moment as `12:34:56.789`, in UTC as in the server's log.
pub(crate) fn clock(time: Timestamp) -> String {
    let text = moment(time);
    text.split('T').nth(1).unwrap_or(&text).trim_end_matches('Z').to_owned()
}

/// A moment with its date and milliseconds, in UTC.
pub(crate) fn moment(time: Timestamp) -> String {
    format!("{time:.3}")
}

/// Says something about the command's own doing, on stderr.
pub(crate) fn say(style: Style, text: impl fmt::Display) {
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
