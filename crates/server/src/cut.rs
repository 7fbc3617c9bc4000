//! Strangers' texts in the log.

use std::fmt;

/// How much of a text is shown, in characters.
const SHOWN: usize = 200;

/// A text of a peer, for the log: escaped, so that it can forge no line, and cut to 200 characters. Its `Debug` form is
/// quoted, for use within a sentence.
#[derive(Clone, Copy)]
pub(crate) struct Cut<'a>(pub(crate) &'a str);

/// So many characters of a text, or all of it.
pub(crate) fn start_of(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end])
}

impl<'a> Cut<'a> {
    fn shown(self) -> &'a str {
        start_of(self.0, SHOWN)
    }

    fn note_cut(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.shown().len() < self.0.len() { write!(f, "… ({} bytes)", self.0.len()) } else { Ok(()) }
    }
}

impl fmt::Display for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.shown().escape_debug())?;
        self.note_cut(f)
    }
}

impl fmt::Debug for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown())?;
        self.note_cut(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_escaped_and_cut() {
        let text = format!("\u{1b}[31m\n{}", "é".repeat(200));
        assert_eq!(format!("{}", Cut("private-x")), "private-x");
        assert_eq!(format!("{:?}", Cut("private-x")), "\"private-x\"");
        assert_eq!(format!("{}", Cut(&text)), format!(r"\u{{1b}}[31m\n{}… (406 bytes)", "é".repeat(194)));
    }
}
