//! Texts of others, made fit for a terminal.

use clairon_protocol::{escape_json, is_unprintable};
use serde_json::Value;

/// The most that is shown of what a peer says, in characters.
const SHOWN: usize = 200;

/// A peer's text in one line, without control characters, cut to a length that fits a line or two.
#[must_use]
pub fn quote(text: &str) -> String {
    let words: Vec<&str> = text.split(|char: char| char.is_whitespace() || is_unprintable(char)).collect();
    let mut line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(SHOWN) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// JSON in one line that does nothing to a terminal.
#[must_use]
pub fn json_line(value: &Value) -> String {
    escape_json(&value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_cannot_write_to_the_terminal() {
        assert_eq!(quote("  a\r\n\u{1b}[31mb\tc "), "a [31mb c");
        assert_eq!(quote(&"x".repeat(300)).chars().count(), SHOWN + 1);
    }
}
