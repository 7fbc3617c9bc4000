//! Strangers' texts in the log.

use std::fmt::{self, Write};

/// How much of a text is shown, in characters.
const SHOWN: usize = 200;

/// A text of a peer for the log, cut to 200 characters. It is not escaped: the log escapes every value once. The
/// `Debug` form stands between quotes, for use within a sentence; quotes inside it are escaped, so that its end is
/// known.
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
        f.write_str(self.shown())?;
        self.note_cut(f)
    }
}

impl fmt::Debug for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for char in self.shown().chars() {
            if matches!(char, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(char)?;
        }
        f.write_char('"')?;
        self.note_cut(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_and_left_to_the_log_to_escape() {
        let text = format!("\u{1b}'\n{}", "é".repeat(200));
        assert_eq!(format!("{}", Cut(&text)), format!("\u{1b}'\n{}… (403 bytes)", "é".repeat(197)));
        assert_eq!(format!("{:?}", Cut("private-x")), "\"private-x\"");
        assert_eq!(format!("{:?}", Cut("a\"\n\\'")), "\"a\\\"\n\\\\'\"");
    }
}
