//! Identifiers: of apps, of connections, of users.

use std::{borrow::Borrow, fmt, num::NonZeroU32, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize, Serializer};
use subtle::ConstantTimeEq;

use crate::error::InvalidId;

/// The most characters that an app's id or key may have.
pub const APP_ID_CHARS: usize = 64;

/// The id of an app: what stands in the path of the HTTP API.
///
/// One to [`APP_ID_CHARS`] characters of `A-Z a-z 0-9 _ - .`, so that it needs no escape in a path. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AppId(Arc<str>);

/// The key of an app: what clients name in the path of their WebSocket. Public; the same alphabet as [`AppId`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AppKey(Arc<str>);

/// True where `text` may name an app: in a path, a header and an `.env` line alike.
fn is_app_name(text: &str) -> bool {
    (1..=APP_ID_CHARS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

macro_rules! app_name {
    ($type:ident, $error:ident) => {
        impl $type {
            /// Checks `text` and takes it.
            ///
            /// # Errors
            /// When it is empty, longer than [`APP_ID_CHARS`], or has a character outside of the alphabet.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                if is_app_name(text) { Ok(Self(text.into())) } else { Err(InvalidId::$error { size: text.len() }) }
            }

            /// The text of it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $type {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(&text)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0.as_ref().to_owned()
            }
        }
    };
}

app_name!(AppId, AppId);
app_name!(AppKey, AppKey);

impl AppKey {
    /// True where `text` is the key; takes the same time wherever they differ.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

/// The id of one connection, printed `123.456`.
///
/// Every server library checks it against `^\d+\.\d+$`; two numbers in 1..=10⁹ is what all of them, and the clients'
/// own number types, can carry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId {
    high: NonZeroU32,
    low: NonZeroU32,
}

impl SocketId {
    /// The largest value of either half.
    pub const MAX_HALF: u32 = 1_000_000_000;

    /// Folds 64 random bits into an id. How unique it is rests on the caller's randomness.
    #[must_use]
    pub const fn from_random(bits: u64) -> Self {
        let max = Self::MAX_HALF as u64;
        Self { high: Self::half(bits / max % max), low: Self::half(bits % max) }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the argument is below MAX_HALF, which is a u32")]
    const fn half(value: u64) -> NonZeroU32 {
        NonZeroU32::MIN.saturating_add(value as u32)
    }
}

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.high, self.low)
    }
}

impl Serialize for SocketId {
    /// Writes a string.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Debug for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SocketId {
    type Err = InvalidId;

    /// Parses exactly what [`Display`](fmt::Display) prints: another spelling of the same numbers names no connection.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let half = |digits: &str| -> Option<NonZeroU32> {
            let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|_| plain)
        };
        text.split_once('.')
            .and_then(|(high, low)| Some(Self { high: half(high)?, low: half(low)? }))
            .ok_or(InvalidId::SocketId { size: text.len() })
    }
}

/// True where `text` has the form of a socket id (`^\d+\.\d+$`), whether this server could have made it or not.
///
/// The HTTP API takes any such `socket_id`: one that names no connection here excludes nobody.
#[must_use]
pub fn is_socket_id(text: &str) -> bool {
    let digits = |half: &str| !half.is_empty() && half.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(high, low)| digits(high) && digits(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_id_prints_and_parses() {
        for bits in [0, 1, u64::MAX, 999_999_999, 1_000_000_000] {
            let id = SocketId::from_random(bits);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        assert_eq!(SocketId::from_random(0).to_string(), "1.1");
    }

    #[test]
    fn other_spellings_of_a_socket_id_are_refused() {
        for text in ["", ".", "1", "1.", ".1", "1.2.3", "01.2", "+1.2", "1.-2", "0.1", "4294967296.1", "1.2 "] {
            assert!(text.parse::<SocketId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_form_of_a_socket_id() {
        assert!(is_socket_id("1234.1234") && is_socket_id("0.99999999999999999999"));
        assert!(!is_socket_id("1234") && !is_socket_id("a.b") && !is_socket_id("1.2.3") && !is_socket_id("1.2\n"));
    }

    #[test]
    fn an_app_id_fits_a_path() {
        assert_eq!(AppId::parse("app-1_x.y").map(|id| id.to_string()), Ok("app-1_x.y".to_owned()));
        assert_eq!(AppId::parse(""), Err(InvalidId::AppId { size: 0 }));
        assert_eq!(AppId::parse("a/b"), Err(InvalidId::AppId { size: 3 }));
        assert_eq!(AppKey::parse(&"k".repeat(65)), Err(InvalidId::AppKey { size: 65 }));
    }
}
