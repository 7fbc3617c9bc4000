//! The data of an event in an activity.

use std::sync::Arc;

/// The longest data that can be shown: the longest that an app can allow for an event (`event_data_bytes`).
pub const MAX_DATA: usize = 10 << 20;

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

/// The data of an event as text. All of it is kept, so that the event can be sent again.
#[derive(Clone, Debug)]
pub struct EventText(pub(super) Arc<str>);

impl EventText {
    /// The text of the data of an event.
    #[must_use]
    pub fn of(data: &str) -> Self {
        Self(data.into())
    }
}
