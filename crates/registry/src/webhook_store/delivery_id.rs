//! Ids of deliveries.

use std::{fmt, sync::Arc};

/// How many bytes an id stands for; it has two hexadecimal digits for each.
const BYTES: usize = 12;

/// The id of a request to an endpoint and of its repetitions: 24 hexadecimal digits in lower case. It is sent in the
/// header `X-Clairon-Delivery`, and cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId(Arc<str>);

impl DeliveryId {
    /// A new id.
    #[must_use]
    pub fn random() -> Self {
        Self(hex::encode(rand::random::<[u8; BYTES]>()).into())
    }

    /// Reads an id. `None`: it has another form, so no delivery has it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == 2 * BYTES && text.bytes().all(is_digit)).then(|| Self(text.into()))
    }

    /// The id as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The column of an id that may be missing.
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
