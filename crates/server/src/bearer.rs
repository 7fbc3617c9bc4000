//! The bearer tokens of operators.

use clairon_protocol::Secret;
use http::{HeaderMap, header};

/// Minimum token length in characters. A shorter token can be guessed.
const MIN_CHARS: usize = 16;
/// Maximum token length in characters. It leaves room for other headers.
const MAX_CHARS: usize = 256;

/// The token that a request must have in its `Authorization` header. `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct BearerToken(Secret);

impl BearerToken {
    /// Parses a token of 16 to 256 printable ASCII characters without spaces, which fits into a header.
    ///
    /// # Errors
    /// If the text is no such token. The error has its length, but not the text.
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        let chars = text.chars().count();
        Some(text)
            .filter(|text| (MIN_CHARS..=MAX_CHARS).contains(&chars) && text.bytes().all(|byte| byte.is_ascii_graphic()))
            .and_then(|text| Secret::parse(text).ok())
            .map(Self)
            .ok_or(InvalidToken { chars })
    }

    /// The token itself, for a request.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The token as a secret, to hide it in texts.
    pub(crate) fn secret(&self) -> &Secret {
        &self.0
    }

    /// Checks that a request has `Authorization: Bearer …` with this token, in constant time.
    ///
    /// # Errors
    /// The reason why it does not.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), NoAccess> {
        let header = headers.get(header::AUTHORIZATION).ok_or(NoAccess::NoHeader)?;
        let (scheme, text) = header.to_str().ok().and_then(|text| text.split_once(' ')).unwrap_or_default();
        let text = text.trim();
        if scheme.eq_ignore_ascii_case("bearer") { self.check_text(text) } else { Err(NoAccess::NoToken) }
    }

    /// Checks that a text is this token, in constant time.
    ///
    /// # Errors
    /// It is another one.
    pub(crate) fn check_text(&self, text: &str) -> Result<(), NoAccess> {
        if self.0.matches(text) { Ok(()) } else { Err(NoAccess::OtherToken { size: text.len() }) }
    }
}

/// A text that is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a token has {MIN_CHARS} to {MAX_CHARS} printable ASCII characters and no spaces (this one has {chars} characters)"
)]
pub struct InvalidToken {
    chars: usize,
}

/// Why a request has no access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAccess {
    /// There is no `Authorization` header.
    #[error("there is no Authorization header")]
    NoHeader,
    /// The header has another form.
    #[error("the Authorization header is not `Bearer TOKEN`")]
    NoToken,
    /// It is not the token of the settings.
    #[error("the bearer token ({size} bytes) is not the one in the settings")]
    OtherToken {
        /// The length of the given token, in bytes.
        size: usize,
    },
    /// The settings have no token.
    #[error("no token is set in the settings")]
    NotSet,
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_token_is_long_and_fits_a_header() {
        let token = BearerToken::parse("0123456789abcdef").unwrap();
        assert!(!format!("{token:?}").contains("0123"));
        for text in ["0123456789abcde", "0123456789 abcdef", "0123456789abcdé€", &"x".repeat(257)] {
            let error = BearerToken::parse(text).unwrap_err().to_string();
            assert!(error.starts_with("a token has 16 to 256 ") && !error.contains(text), "{error}");
        }
    }

    #[test]
    fn a_token_is_found_whole() {
        let token = BearerToken::parse("0123456789abcdef").unwrap();
        for (value, result) in [
            ("Bearer 0123456789abcdef", Ok(())),
            ("bearer  0123456789abcdef", Ok(())),
            ("Bearer 0123456789abcdeF", Err(NoAccess::OtherToken { size: 16 })),
            ("Bearer 0123456789abcde", Err(NoAccess::OtherToken { size: 15 })),
            ("Basic 0123456789abcdef", Err(NoAccess::NoToken)),
            ("Bearer", Err(NoAccess::NoToken)),
            ("", Err(NoAccess::NoToken)),
        ] {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
            assert_eq!(token.check(&headers), result, "{value:?}");
        }
        assert_eq!(token.check(&HeaderMap::new()), Err(NoAccess::NoHeader));
    }
}
