//! Strangers' texts in the log.

use std::fmt;

/// How much of a text is shown, in characters.
const SHOWN: usize = 200;

/// A text of a peer, for the log: escaped, so that it can forge no line, and cut to 200 characters. Its `Debug` form is
/// quoted, for use within a sentence.
#[derive(Clone, Copy)]
pub(crate) struct Cut<'a>(pub(crate) &'a str);

impl<'a> Cut<'a> {
    fn shown(self) -> &'a str {
        self.0.char_indices().nth(SHOWN).map_or(self.0, |(end, _)| &self.0[..end])
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
