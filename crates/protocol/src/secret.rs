//! The secret of an app.

use std::fmt;

use serde::Deserialize;
use subtle::ConstantTimeEq;

use crate::error::InvalidId;

/// The most bytes that a secret may have.
pub const SECRET_BYTES: usize = 256;

/// What an app's backend signs with. It prints as `Secret(…)` and leaves only through [`expose`](Secret::expose):
/// it has no `Serialize`, so that no `--json` or log can carry it by accident.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes any printable text of 1 to [`SECRET_BYTES`] bytes.
    ///
    /// # Errors
    /// When it is empty, too long, or has a control character (a line break from a copied `.env`, most often).
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        if (1..=SECRET_BYTES).contains(&text.len()) && !text.chars().any(char::is_control) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId::Secret { size: text.len() })
        }
    }

    /// True where `text` is the secret; takes the same time wherever they differ.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }

    /// The secret itself, for signing and for the places that show it because they were asked to by name.
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
