//! The secret of an app.

use std::fmt;

use serde::Deserialize;
use subtle::ConstantTimeEq;

use crate::error::InvalidId;

/// The largest number of bytes of a secret.
pub const SECRET_BYTES: usize = 256;

/// The secret with which an app's backend signs. It prints as `Secret(…)`. The value is available only through
/// [`expose`](Secret::expose). The type has no `Serialize`, so no `--json` or log can contain the value by accident.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Secret(Box<str>);

impl Secret {
    /// Parses a printable text of 1 to [`SECRET_BYTES`] bytes.
    ///
    /// # Errors
    /// When it is empty, too long, or contains a control character (most often a line break copied from an `.env`).
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        if (1..=SECRET_BYTES).contains(&text.len()) && !text.chars().any(char::is_control) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId::Secret { size: text.len() })
        }
    }

    /// True if `text` is the secret. The comparison takes constant time.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }

    /// The value, for signing and for commands that were explicitly asked to show it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.matches(&other.0)
    }
}

impl Eq for Secret {}

impl TryFrom<String> for Secret {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::parse(&text)
    }
}
