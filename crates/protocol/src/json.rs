//! Functions that append JSON to a byte buffer.

use std::borrow::Cow;

/// Appends `text` as a JSON string, quotes included.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    // Writing to a `Vec` cannot fail.
    let _ = serde_json::to_writer(out, text);
}

/// `text` as the content of a JSON string: escaped, without quotes.
pub(crate) fn escaped(text: &str) -> String {
    let mut quoted = Vec::with_capacity(text.len() + text.len() / 4 + 2);
    string(&mut quoted, text);
    String::from_utf8_lossy(&quoted[1..quoted.len() - 1]).into_owned()
}

/// Reverses [`escaped`].
pub(crate) fn unescaped(text: &str) -> String {
    serde_json::from_str(&format!("\"{text}\"")).unwrap_or_default()
}

/// True if no character of `text` is escaped in a JSON string.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.bytes().any(|byte| byte < b' ' || matches!(byte, b'"' | b'\\'))
}

/// Appends the output of `inner` as a JSON string. The protocol requires JSON in a string for `data`.
pub(crate) fn nested(out: &mut Vec<u8>, inner: impl FnOnce(&mut Vec<u8>)) {
    let mut text = Vec::with_capacity(64);
    inner(&mut text);
    // Room for a backslash before every fourth byte: JSON of short strings.
    out.reserve(text.len() + text.len() / 4);
    // All of it is text. A check is cheaper than a conversion that replaces what is not.
    string(out, &str::from_utf8(&text).map_or_else(|_| String::from_utf8_lossy(&text), Cow::Borrowed));
}

/// Appends a list: the output of `each` for every item, separated by commas.
pub(crate) fn list<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut each: impl FnMut(&mut Vec<u8>, T)) {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        each(out, item);
    }
}

/// The length of an escaped code unit such as `\u00e9`, in bytes.
pub(crate) const UNIT_BYTES: usize = 6;

/// The position of the first escaped half of a surrogate pair without its other half. This is valid JSON but not
/// Unicode.
pub(crate) fn lone_surrogate(json: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(escape) = json[at..].find('\\') {
        at += escape;
        at += match code_unit(&json[at..]) {
            Some(0xD800..=0xDBFF) if matches!(code_unit(&json[at + UNIT_BYTES..]), Some(0xDC00..=0xDFFF)) => {
                2 * UNIT_BYTES
            }
            Some(0xD800..=0xDFFF) => return Some(at),
            Some(_) => UNIT_BYTES,
            None => 1 + json[at + 1..].chars().next().map_or(0, char::len_utf8),
        };
    }
    None
}

/// The code unit at the start of a text, if the text starts with an escaped one such as `\u00e9`.
fn code_unit(json: &str) -> Option<u16> {
    u16::from_str_radix(json.strip_prefix("\\u")?.get(..UNIT_BYTES - 2)?, 16).ok()
}

/// `json` with U+FFFD in place of each lone half of a surrogate pair, so that its strings fit Rust strings.
///
/// JavaScript writes such halves when it cuts a text within a character.
#[must_use]
pub fn without_lone_surrogates(json: &str) -> Cow<'_, str> {
    let (mut out, mut rest) = (String::new(), json);
    while let Some(at) = lone_surrogate(rest) {
        out.push_str(&rest[..at]);
        out.push(char::REPLACEMENT_CHARACTER);
        rest = &rest[at + UNIT_BYTES..];
    }
    if out.is_empty() { json.into() } else { (out + rest).into() }
}

/// Describes an error in a JSON text, in at most 200 characters, because the parser's message quotes the text.
pub(crate) fn problem(error: &serde_json::Error) -> String {
    error.to_string().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn halves_of_surrogate_pairs_are_replaced() {
        for (json, replaced) in [
            (r#"["\ud83d\ude00", "\\ud83d"]"#, r#"["\ud83d\ude00", "\\ud83d"]"#),
            (r#"["\ud83d", "\ude00\ud83d"]"#, "[\"\u{fffd}\", \"\u{fffd}\u{fffd}\"]"),
            (r#""\ud83d\ud83d\ude00""#, "\"\u{fffd}\\ud83d\\ude00\""),
        ] {
            assert_eq!(without_lone_surrogates(json), replaced);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in r#"(\\|u|ud83d|ude00|é|")*"#) {
            let _ = without_lone_surrogates(&text);
        }
    }
}
