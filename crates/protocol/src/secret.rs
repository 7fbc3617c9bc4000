//! The secret of an app.

use std::{fmt, sync::OnceLock};

use hmac::{Hmac, KeyInit};
use serde::Deserialize;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::error::InvalidId;

/// The largest number of bytes of a secret.
pub const SECRET_BYTES: usize = 256;

/// The secret with which an app's backend signs. It prints as `Secret(…)`. The value is available only through
/// [`expose`](Secret::expose). The type has no `Serialize`, so no `--json` or log can contain the value by accident.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Secret {
    text: Box<str>,
    /// HMAC-SHA256 with this key, before any text. It is made at the first signature: a server may have the secrets of
    /// thousands of apps that nobody uses.
    hmac: OnceLock<Box<Hmac<Sha256>>>,
}

impl Secret {
    /// Parses a printable text of 1 to [`SECRET_BYTES`] bytes.
    ///
    /// # Errors
    /// When it is empty, too long, or contains a control character (most often a line break copied from an `.env`).
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        if (1..=SECRET_BYTES).contains(&text.len()) && !text.chars().any(char::is_control) {
            Ok(Self { text: text.into(), hmac: OnceLock::new() })
        } else {
            Err(InvalidId::Secret { size: text.len() })
        }
    }

    /// True if `text` is the secret. The comparison takes constant time.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.text.as_bytes().ct_eq(text.as_bytes()).into()
    }

    /// The value, for signing and for commands that were explicitly asked to show it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// HMAC-SHA256 with this key. A copy of what the first call made saves hashing the key, which is two of the seven
    /// blocks of a usual signature.
    ///
    /// # Panics
    /// Never: HMAC takes keys of any length.
    pub(crate) fn hmac(&self) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let new = || Box::new(Hmac::new_from_slice(self.text.as_bytes()).expect("a key of any length"));
        Hmac::clone(self.hmac.get_or_init(new))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.matches(&other.text)
    }
}

impl Eq for Secret {}

impl TryFrom<String> for Secret {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::parse(&text)
    }
}
