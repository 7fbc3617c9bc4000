//! Ids of deliveries.

use std::{fmt, sync::Arc};

use jiff::Timestamp;

use crate::hex_text;

/// The number of bytes in an id. Each is written as two hexadecimal digits.
const BYTES: usize = 12;
/// The number of random bytes at its end. Those before them are a time.
const RANDOM_BYTES: usize = 6;

/// The id of a delivery, which all its attempts share: 24 lower-case hexadecimal digits. The header
/// `X-Clairon-Delivery` carries it. It is cheap to clone.
///
/// It begins with a time, so the ids of one batch are neighbours in the index of the database. Random ids would change
/// one page of a large index each.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId(Arc<str>);

impl DeliveryId {
    /// A new id for a delivery that is made at this time.
    ///
    /// # Panics
    /// The operating system has no random numbers.
    #[must_use]
    pub fn made_at(time: Timestamp) -> Self {
        // The lower six bytes of the milliseconds last until the year 10889.
        let milliseconds = time.as_millisecond() & 0xffff_ffff_ffff;
        Self(format!("{milliseconds:012x}{}", hex_text::random::<RANDOM_BYTES>()).into())
    }

    /// Parses an id. `None` if the text has another form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        hex_text::is_hex::<BYTES>(text).then(|| Self(text.into()))
    }

    /// The text of the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value of the column of an optional id.
    pub(super) fn column(id: Option<&Self>) -> &str {
        id.map_or("", Self::as_str)
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_24_digits_and_grows_with_time() {
        let made_at = |second| DeliveryId::made_at(Timestamp::from_second(second).unwrap());
        let id = made_at(1_767_225_600);
        assert_eq!((DeliveryId::parse(id.as_str()), &id.as_str()[..12]), (Some(id.clone()), "019b76daa800"));
        assert_ne!(id, made_at(1_767_225_600));
        assert!(
            [-1, 0, 1_767_225_599, i64::from(u32::MAX)].map(made_at).iter().all(|other| other.as_str().len() == 24)
        );
        assert!(made_at(0) < made_at(1_767_225_599) && made_at(1_767_225_599) < id);
        for text in ["", "0123456789ab0123456789a", "0123456789ab0123456789aB"] {
            assert_eq!(DeliveryId::parse(text), None, "{text}");
        }
    }
}
