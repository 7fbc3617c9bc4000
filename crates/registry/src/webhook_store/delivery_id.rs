//! Ids of deliveries.

use std::{fmt, sync::Arc};

use crate::hex_text;

/// The number of bytes in an id. Each is written as two hexadecimal digits.
const BYTES: usize = 12;

/// The id of a delivery, which all its attempts share: 24 lower-case hexadecimal digits. The header
/// `X-Clairon-Delivery` carries it. It is cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId(Arc<str>);

impl DeliveryId {
    /// A random id.
    ///
    /// # Panics
    /// The operating system has no random numbers.
    #[must_use]
    pub fn random() -> Self {
        Self(hex_text::random::<BYTES>().into())
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
    fn an_id_has_24_digits() {
        let id = DeliveryId::random();
        assert_eq!(DeliveryId::parse(id.as_str()), Some(id.clone()));
        assert_ne!(id, DeliveryId::random());
        for text in ["", "0123456789ab0123456789a", "0123456789ab0123456789aB"] {
            assert_eq!(DeliveryId::parse(text), None, "{text}");
        }
    }
}
