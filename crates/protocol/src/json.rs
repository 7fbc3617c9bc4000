//! The few JSON forms that encoding needs, appended to a byte buffer.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// Appends `text` as a JSON string, quotes included.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    // Writing a str to a Vec cannot fail.
    let _ = serde_json::to_writer(out, text);
}

/// Appends as a JSON string what `inner` writes: JSON inside of JSON, as the protocol wants `data`.
pub(crate) fn nested(out: &mut Vec<u8>, inner: impl FnOnce(&mut Vec<u8>)) {
    let mut text = Vec::with_capacity(64);
    inner(&mut text);
    string(out, &String::from_utf8_lossy(&text));
}

/// Appends a list: what `each` writes of every item, commas between.
pub(crate) fn list<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut each: impl FnMut(&mut Vec<u8>, T)) {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        each(out, item);
    }
}

/// A JSON value as the text that a receiver shall get as `data`: strings as they are, anything else as its JSON.
#[must_use]
pub fn data_text(value: &RawValue) -> Cow<'_, str> {
    match serde_json::from_str::<String>(value.get()) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Borrowed(value.get()),
    }
}

/// What is wrong with a JSON text, in 200 characters at most: the parser quotes what it did not expect.
pub(crate) fn problem(error: &serde_json::Error) -> String {
    error.to_string().chars().take(200).collect()
}
