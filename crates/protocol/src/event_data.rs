//! The data of an event.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json;

/// The number of bytes that half of a surrogate pair counts for: as many as most other characters of the basic plane.
const SURROGATE_BYTES: usize = 3;

/// The `data` of an event as a JSON string. An event for many channels is escaped only once.
///
/// Native client libraries accept only strings. A string is sent as it is; other JSON is sent as a string that contains
/// the JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventData {
    json: Vec<u8>,
    bytes: usize,
}

impl EventData {
    /// Takes any JSON that a peer sends as `data`.
    ///
    /// A string is escaped again with as few bytes as possible, so its sender cannot increase what the receivers get.
    /// Half of a surrogate pair (`\ud83d`) cannot be in a Rust string and stays as it is written; JavaScript produces
    /// such halves when it cuts a text within a character.
    #[must_use]
    pub fn new(value: &RawValue) -> Self {
        let raw = value.get();
        let Some(inner) = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
            return Self::from_text(raw);
        };
        if !inner.contains('\\') {
            return Self { json: raw.into(), bytes: inner.len() };
        }
        match serde_json::from_str::<String>(raw) {
            Ok(text) => Self::from_text(&text),
            Err(_) => Self::with_lone_surrogates(inner),
        }
    }

    /// Takes a text.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let mut json = Vec::with_capacity(text.len() + text.len() / 8 + 2);
        json::string(&mut json, text);
        Self { json, bytes: text.len() }
    }

    /// Takes the text between the quotes of a JSON string.
    fn with_lone_surrogates(inner: &str) -> Self {
        let mut data = Self { json: b"\"".to_vec(), bytes: 0 };
        let mut rest = inner;
        while let Some(at) = json::lone_surrogate(rest) {
            let (text, after) = rest.split_at(at);
            let (surrogate, after) = after.split_at(json::UNIT_BYTES);
            data.push(text);
            data.json.extend_from_slice(surrogate.as_bytes());
            data.bytes += SURROGATE_BYTES;
            rest = after;
        }
        data.push(rest);
        data.json.push(b'"');
        data
    }

    /// Appends a part of a JSON string without lone surrogates.
    fn push(&mut self, part: &str) {
        let text = serde_json::from_str(&format!("\"{part}\"")).unwrap_or_else(|_| part.to_owned());
        let Self { json, bytes } = Self::from_text(&text);
        self.json.extend_from_slice(&json[1..json.len() - 1]);
        self.bytes += bytes;
    }

    /// The data as a JSON string, quotes included, in UTF-8.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.json
    }

    /// The data as a JSON string, quotes included.
    #[must_use]
    pub fn json(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.json)
    }

    /// The length of the text in UTF-8, in bytes, independent of its escapes. The app's limit applies to it.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The text, for people. Halves of surrogate pairs become U+FFFD.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::from_str(&json::without_lone_surrogates(&self.json())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn data(json: &str) -> EventData {
        EventData::new(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn a_string_goes_out_as_it_came_and_anything_else_as_its_text() {
        for (came, goes) in [
            (r#""""#, r#""""#),
            (r#""text é""#, r#""text é""#),
            (r#""{\"a\":\"\u00e9\"}""#, r#""{\"a\":\"é\"}""#),
            (r#""\/ \u0041 \ud83d\ude00 \u0000 \n""#, r#""/ A 😀 \u0000 \n""#),
            (r#"{"a": "\ud83d"}"#, r#""{\"a\": \"\\ud83d\"}""#),
            ("[1, 2.50]", r#""[1, 2.50]""#),
            ("null", r#""null""#),
        ] {
            assert_eq!(data(came).json(), goes);
            let text: String = serde_json::from_str(goes).unwrap();
            assert_eq!((data(came).bytes(), data(came).text()), (text.len(), text));
        }
    }

    #[test]
    fn half_a_surrogate_pair_stays_as_it_is_written() {
        for (came, goes, bytes, text) in [
            (r#""\ud83d""#, r#""\ud83d""#, 3, "\u{fffd}"),
            (r#""\uDE00\uD83D""#, r#""\uDE00\uD83D""#, 6, "\u{fffd}\u{fffd}"),
            (r#""\ud83d\ud83d\ude00""#, r#""\ud83d😀""#, 7, "\u{fffd}😀"),
            (r#""\ud83d\\ude00""#, r#""\ud83d\\ude00""#, 9, "\u{fffd}\\ude00"),
            (r#""\\ud83d\udead\"é\u00e9\/""#, r#""\\ud83d\udead\"éé/""#, 15, "\\ud83d\u{fffd}\"éé/"),
        ] {
            let data = data(came);
            assert_eq!((&*data.json(), data.bytes(), &*data.text()), (goes, bytes, text));
        }
    }

    /// Writes a code unit in a JSON string.
    fn write(unit: u16, is_escaped: bool) -> String {
        match char::from_u32(unit.into()) {
            Some(char) if !is_escaped && !char.is_control() && !matches!(char, '"' | '\\') => char.to_string(),
            _ => format!("\\u{unit:04x}"),
        }
    }

    /// The code units of a JSON string.
    fn read(json: &str) -> Vec<u16> {
        let (mut units, mut chars) = (Vec::new(), json[1..json.len() - 1].chars());
        while let Some(char) = chars.next() {
            if char != '\\' {
                units.extend(char.encode_utf16(&mut [0; 2]).iter());
                continue;
            }
            units.push(match chars.next().unwrap() {
                'u' => u16::from_str_radix(&chars.by_ref().take(4).collect::<String>(), 16).unwrap(),
                'b' => 8,
                't' => 9,
                'n' => 10,
                'f' => 12,
                'r' => 13,
                other => u16::try_from(u32::from(other)).unwrap(),
            });
        }
        units
    }

    proptest! {
        /// The units are those of a JavaScript string: in any order, escaped or not.
        #[test]
        fn any_string_keeps_its_code_units(units: Vec<(u16, bool)>) {
            let written: Vec<String> = units.iter().map(|(unit, is_escaped)| write(*unit, *is_escaped)).collect();
            let data = data(&format!("\"{}\"", written.concat()));
            let sent: Vec<u16> = units.into_iter().map(|(unit, _)| unit).collect();
            let bytes = char::decode_utf16(sent.iter().copied()).map(|char| char.map_or(3, char::len_utf8)).sum();
            prop_assert_eq!((read(&data.json()), data.bytes()), (sent, bytes));
        }
    }
}
