//! The data of an event in an activity.

use std::sync::Arc;

use clairon_protocol::SECRET_BYTES;

/// An event's data is kept up to this many bytes.
pub const MAX_DATA: usize = 65_536;

/// How much of an event's data is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataLimit {
    /// So many characters.
    Chars(usize),
    /// So many bytes, and no part of a character.
    Bytes(usize),
}

impl Default for DataLimit {
    /// As much as fits a line.
    fn default() -> Self {
        Self::Chars(200)
    }
}

/// The data of an event as text, cut to what is kept.
#[derive(Clone, Debug)]
pub struct EventText {
    pub(super) text: Arc<str>,
    /// The length of all of it.
    pub(super) bytes: usize,
}

impl EventText {
    /// The text of the data of an event.
    #[must_use]
    pub fn of(data: &str) -> Self {
        // With the secret that may begin in it.
        let kept = data.floor_char_boundary(MAX_DATA + SECRET_BYTES);
        Self { text: data[..kept].into(), bytes: data.len() }
    }
}
