//! Joins the lines of values that span several lines, by the rules of `Parser/Lines.php`.

use std::fmt::{self, Display, Formatter};

/// The text of an entry before it is split.
pub(super) struct RawEntry {
    /// The first line of the entry, from 1.
    pub(super) line: usize,
    pub(super) text: String,
}

/// Lines that Laravel ignores without an error, because of an open quote before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostLines {
    /// No later line closes the quote.
    ToTheEnd {
        /// The line of the quote, from 1.
        line: usize,
    },
    /// The quote is in a comment, and the next quote closes it.
    InComment {
        /// The line of the quote, from 1.
        line: usize,
        /// The last line of the comment.
        last: usize,
    },
}

impl Display for LostLines {
    /// A message that follows the file's name.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::ToTheEnd { line } => {
                write!(f, ":{line}: a quote is opened and never closed: Laravel ignores this line and all that follow")
            }
            Self::InComment { line, last } => {
                write!(f, ":{line}: a quote is opened in a comment, so Laravel ignores all lines up to line {last}")
            }
        }
    }
}

/// The entries of a file without comments and empty lines, and the lines that Laravel ignores.
pub(super) fn join(text: &str) -> (Vec<RawEntry>, Vec<LostLines>) {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let (mut entries, mut lost) = (Vec::new(), Vec::new());
    let mut open: Option<RawEntry> = None;
    for (line, text) in (1..).zip(text.split('\n')) {
        let opens = text.contains("=\"") && !closes(text, true);
        let Some(mut entry) = open.take() else {
            let entry = RawEntry { line, text: text.to_owned() };
            if opens {
                open = Some(entry);
            } else if !is_comment_or_blank(text) {
                entries.push(entry);
            }
            continue;
        };
        entry.text.push('\n');
        entry.text.push_str(text);
        if !closes(text, opens) {
            open = Some(entry);
        } else if is_comment_or_blank(&entry.text) {
            lost.push(LostLines::InComment { line: entry.line, last: line });
        } else {
            entries.push(entry);
        }
    }
    lost.extend(open.map(|entry| LostLines::ToTheEnd { line: entry.line }));
    (entries, lost)
}

/// True if a line ends a value of several lines: it has an unescaped quote besides the one that it opens itself
/// (`opens`). A quote at the start of the line counts only if the line has nothing else.
fn closes(line: &str, opens: bool) -> bool {
    let unescaped = line.replace("\\\\", "");
    let quotes = unescaped.as_bytes().windows(2).filter(|pair| pair[0] != b'\\' && pair[1] == b'"').count();
    line == "\"" || quotes > usize::from(opens)
}

fn is_comment_or_blank(text: &str) -> bool {
    let text = super::entry::trim(text);
    text.is_empty() || text.starts_with('#')
}
