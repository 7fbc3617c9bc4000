//! The ids of users.

use std::{
    borrow::{Borrow, Cow},
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use serde_json::value::RawValue;

use crate::{Limits, error::InvalidUser, json};

/// The id of a user. Ids are compared as text. An id is written in the JSON type in which it was received, unless
/// JavaScript cannot represent it.
///
/// Pusher's documentation warns of numbers over 2⁵³, which shows that its server keeps numbers, so this one does too.
/// But pusher-js keeps the members of a channel in an object: it looks for the member `{"user_id":1.0}` under `"1"`,
/// while the snapshot has it under `"1.0"`. Such a member would never leave. So a number that JavaScript writes
/// differently from the app's backend is sent as a string of its text.
#[derive(Clone)]
pub struct UserId {
    text: Arc<str>,
    is_number: bool,
    /// True if no character of the text is escaped in a JSON string.
    is_plain: bool,
}

impl UserId {
    /// The id as text, the form that the HTTP API, `ids` and client events use.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Appends the id as JSON.
    pub fn encode(&self, out: &mut Vec<u8>) {
        if self.is_number { out.extend_from_slice(self.text.as_bytes()) } else { json::string(out, &self.text) }
    }

    /// Appends the id as JSON within a JSON string.
    pub(crate) fn encode_escaped(&self, out: &mut Vec<u8>) {
        if self.is_number { out.extend_from_slice(self.text.as_bytes()) } else { self.encode_key(out) }
    }

    /// Appends the text as a JSON string within a JSON string.
    pub(crate) fn encode_key(&self, out: &mut Vec<u8>) {
        if self.is_plain {
            out.extend_from_slice(br#"\""#);
            out.extend_from_slice(self.text.as_bytes());
            out.extend_from_slice(br#"\""#);
        } else {
            let mut key = Vec::new();
            json::string(&mut key, &self.text);
            out.extend_from_slice(json::escaped(&String::from_utf8_lossy(&key)).as_bytes());
        }
    }

    fn new(text: &str, is_number: bool) -> Self {
        Self { text: text.into(), is_number, is_plain: json::is_plain(text) }
    }

    /// Parses the id of a presence member: a string or a number.
    pub(crate) fn parse(json: &RawValue, field: &'static str, limits: &Limits) -> Result<Self, InvalidUser> {
        if let Some(position) = json::lone_surrogate(json.get()) {
            return Err(InvalidUser::IdSurrogate { field, size: json.get().len(), position });
        }
        let text = text(json).ok_or(InvalidUser::Id { field })?;
        let (size, limit) = (text.chars().count(), limits.user_id_chars as usize);
        match size {
            0 => Err(InvalidUser::Id { field }),
            _ if size > limit => Err(InvalidUser::IdTooLong { size, limit }),
            _ => Ok(Self::new(&text, is_number(json) && is_kept_by_javascript(&text))),
        }
    }

    /// The same id as a JSON string.
    pub(crate) fn into_string(self) -> Self {
        Self { is_number: false, ..self }
    }
}

impl From<&str> for UserId {
    /// The id with this text, as a JSON string.
    fn from(text: &str) -> Self {
        Self::new(text, false)
    }
}

impl PartialEq for UserId {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for UserId {}

impl Hash for UserId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl Borrow<str> for UserId {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.text, f)
    }
}

/// The text of an id. The text of a number is its digits as they are written.
pub(crate) fn text(json: &RawValue) -> Option<Cow<'_, str>> {
    if is_number(json) { Some(json.get().into()) } else { serde_json::from_str(json.get()).ok().map(Cow::Owned) }
}

pub(crate) fn is_number(json: &RawValue) -> bool {
    json.get().starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

/// True if JavaScript writes the number in the form in which it reads it.
fn is_kept_by_javascript(number: &str) -> bool {
    // JavaScript writes smaller and larger numbers with an exponent, and -0 as 0 (ECMA-262, Number::toString).
    let is_plain = |value: f64| number == "0" || (1e-6..1e21).contains(&value.abs());
    number.parse().is_ok_and(|value: f64| is_plain(value) && value.to_string() == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(json: &str) -> UserId {
        UserId::parse(serde_json::from_str(json).unwrap(), "user_id", &Limits::default()).unwrap()
    }

    fn encoded(id: &UserId) -> String {
        let mut out = Vec::new();
        id.encode(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_id_keeps_its_type_and_is_compared_as_text() {
        for json in ["7", "0", "-1", "1.5", "-0.001", "9007199254740992", "100000000000000000000", r#""7""#, r#""1.0""#]
        {
            assert_eq!(encoded(&id(json)), json);
        }
        assert_eq!(id("7"), id(r#""7""#));
        assert_eq!(encoded(&id("7").into_string()), r#""7""#);
    }

    /// The table has each number and the result of `String(JSON.parse(number))`.
    #[test]
    fn a_number_that_javascript_writes_in_another_way_is_sent_as_a_string() {
        for (number, javascript) in [
            ("1.0", "1"),
            ("1.50", "1.5"),
            ("-0", "0"),
            ("0.0", "0"),
            ("1e3", "1000"),
            ("9007199254740993", "9007199254740992"),
            ("-9007199254740993", "-9007199254740992"),
            ("12345678901234567890", "12345678901234567000"),
            ("0.1000000000000000055", "0.1"),
            ("1000000000000000000000", "1e+21"),
            ("0.0000001", "1e-7"),
            ("1e400", "Infinity"),
        ] {
            assert_eq!(encoded(&id(number)), format!("\"{number}\""), "JavaScript has {javascript}");
            assert_eq!(id(number).as_str(), number);
        }
    }
}
