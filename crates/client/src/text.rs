//! Texts of others, made fit for a terminal.

use std::fmt::Write;

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

/// True for what moves or hides text on a terminal: control characters, those that change the direction of writing, those
/// without width, and breaks of lines and paragraphs.
#[must_use]
pub fn is_unprintable(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(char, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// JSON in one line that does nothing to a terminal. What is escaped can only stand in its texts.
#[must_use]
pub fn json_line(value: &Value) -> String {
    let json = value.to_string();
    let mut line = String::with_capacity(json.len());
    for char in json.chars() {
        if is_unprintable(char) {
            for unit in char.encode_utf16(&mut [0; 2]) {
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
    fn json_keeps_its_meaning_and_the_terminal_its_state() {
        let value = Value::from("a\u{9b}2J\u{7f}\u{202e}\u{e0041}ü\n");
        let line = json_line(&value);
        assert_eq!(line, r#""a\u009b2J\u007f\u202e\udb40\udc41ü\n""#);
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
    }

    #[test]
    fn a_peer_cannot_write_to_the_terminal() {
        assert_eq!(quote("  a\r\n\u{1b}[31mb\tc "), "a [31mb c");
        assert_eq!(quote(&"x".repeat(300)).chars().count(), SHOWN + 1);
    }
}
