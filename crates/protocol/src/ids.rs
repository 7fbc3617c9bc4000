//! The identifiers of apps and connections.

use std::{borrow::Borrow, fmt, num::NonZeroU32, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize, Serializer};
use subtle::ConstantTimeEq;

use crate::error::InvalidId;

/// The largest number of characters of an app's id or key.
pub const APP_ID_CHARS: usize = 64;

/// The id of an app, a part of the paths of the HTTP API.
///
/// It has 1 to [`APP_ID_CHARS`] characters of `A-Z a-z 0-9 _ - .`, which need no escape in a path. It is cheap to
/// clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AppId(Arc<str>);

/// The public key of an app, a part of the path of a WebSocket. It has the alphabet of an [`AppId`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AppKey(Arc<str>);

/// True if `text` can be the id or key of an app. All its characters can stand in a path, a header and an `.env` line.
fn is_app_name(text: &str) -> bool {
    (1..=APP_ID_CHARS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

macro_rules! app_name {
    ($type:ident, $error:ident) => {
        impl $type {
            /// Parses an identifier.
            ///
            /// # Errors
            /// When the text is empty, longer than [`APP_ID_CHARS`], or contains a character outside of the alphabet.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                if is_app_name(text) { Ok(Self(text.into())) } else { Err(InvalidId::$error { size: text.len() }) }
            }

            /// The text.
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
    /// True if `text` is this key. The comparison takes constant time.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

/// The id of a connection, printed as `123.456`.
///
/// Every server library checks it against `^\d+\.\d+$`. Two numbers from 1 to 10⁹ fit the number types of all
/// libraries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId {
    high: NonZeroU32,
    low: NonZeroU32,
}

impl SocketId {
    /// The largest value of each number.
    pub const MAX_HALF: u32 = 1_000_000_000;

    /// The largest number of characters: twice ten digits and a dot.
    const MAX_CHARS: usize = 21;

    /// Makes an id of 64 random bits. It is as unique as the bits are random.
    #[must_use]
    pub const fn from_random(bits: u64) -> Self {
        let max = Self::MAX_HALF as u64;
        Self { high: Self::half(bits / max % max), low: Self::half(bits % max) }
    }

    /// The id as it is printed.
    #[must_use]
    pub fn text(self) -> String {
        let mut text = String::with_capacity(Self::MAX_CHARS);
        text.push_str(itoa::Buffer::new().format(self.high.get()));
        text.push('.');
        text.push_str(itoa::Buffer::new().format(self.low.get()));
        text
    }

    #[expect(clippy::cast_possible_truncation, reason = "the argument is below MAX_HALF, which is a u32")]
    const fn half(value: u64) -> NonZeroU32 {
        NonZeroU32::MIN.saturating_add(value as u32)
    }
}

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
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

    /// Parses only the form that [`Display`](fmt::Display) prints. Another spelling of the same numbers is not the id
    /// of a connection.
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

/// True if `text` has the form of a socket id (`^\d+\.\d+$`), even if this server cannot have made it.
///
/// The HTTP API accepts each such `socket_id`. If no connection has it, the event goes to all subscribers.
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
