//! Makes foreign text safe for one line of a terminal or a log.

use std::fmt::Write;

/// [`quote`] cuts a text after this many characters.
const QUOTED: usize = 200;

/// True for a character that moves or hides text on a terminal: control characters, characters that change the writing
/// direction, characters without width, line and paragraph separators.
#[must_use]
pub fn is_unprintable(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(char, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// `text` as one line: each [unprintable](is_unprintable) character is escaped as in Rust, all others are kept.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for char in text.chars() {
        if is_unprintable(char) { line.extend(char.escape_default()) } else { line.push(char) }
    }
    line
}

/// A peer's text for a message: one space between words, no [unprintable](is_unprintable) characters, at most 200
/// characters.
#[must_use]
pub fn quote(text: &str) -> String {
    let words = text.split(|char: char| char.is_whitespace() || is_unprintable(char));
    let mut line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(QUOTED) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// One-line JSON with every [unprintable](is_unprintable) character escaped. The meaning does not change, because such
/// characters are only within strings. JSON itself requires fewer escapes.
#[must_use]
pub fn escape_json(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    for char in json.chars() {
        if is_unprintable(char) {
            for unit in char.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` cannot fail.
                let _ = write!(line, "\\u{unit:04x}");
            }
        } else {
            line.push(char);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_in_its_line() {
        assert_eq!(one_line("a\n\u{1b}[2Jü\u{202e}'\"\\"), "a\\n\\u{1b}[2Jü\\u{202e}'\"\\");
    }

    #[test]
    fn a_quoted_text_is_short_and_printable() {
        assert_eq!(quote("  a\r\n\u{1b}[31mb\tc "), "a [31mb c");
        assert_eq!(quote(&"x".repeat(300)).chars().count(), QUOTED + 1);
    }

    #[test]
    fn json_keeps_its_meaning_and_the_terminal_its_state() {
        let text = "a\u{9b}2J\u{7f}\u{202e}\u{e0041}ü\n";
        let json = escape_json(&serde_json::to_string(text).unwrap());
        assert_eq!(json, r#""a\u009b2J\u007f\u202e\udb40\udc41ü\n""#);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
