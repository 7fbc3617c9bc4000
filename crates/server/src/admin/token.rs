//! The token that opens the admin API.

use clairon_protocol::Secret;

/// The fewest characters that nobody guesses.
const MIN_CHARS: usize = 16;
/// The most, which leaves room for other headers.
const MAX_CHARS: usize = 256;

/// What a request has to name as its bearer. Prints as nothing.
#[derive(Clone, Debug)]
pub struct AdminToken(Secret);

impl AdminToken {
    /// Takes what fits into a header: printable ASCII without spaces.
    ///
    /// # Errors
    /// What is wrong with it, in words that do not repeat it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let size = text.chars().count();
        Some(text)
            .filter(|text| (MIN_CHARS..=MAX_CHARS).contains(&size) && text.bytes().all(|byte| byte.is_ascii_graphic()))
            .and_then(|text| Secret::parse(text).ok())
            .map(Self)
            .ok_or_else(|| {
                format!(
                    "a token has {MIN_CHARS} to {MAX_CHARS} printable ASCII characters and no spaces (this one has \
                     {size} characters)"
                )
            })
    }

    /// True where `text` is the token; takes the same time wherever they differ.
    pub(super) fn matches(&self, text: &str) -> bool {
        self.0.matches(text)
    }

    /// The token itself, for a request.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_and_fits_a_header() {
        let token = AdminToken::parse("0123456789abcdef").unwrap();
        assert!(token.matches("0123456789abcdef") && !token.matches("0123456789abcdeF"));
        assert!(!format!("{token:?}").contains("0123"));
        for text in ["0123456789abcde", "0123456789 abcdef", "0123456789abcdé€", &"x".repeat(257)] {
            let error = AdminToken::parse(text).unwrap_err();
            assert!(error.starts_with("a token has 16 to 256 ") && !error.contains(text), "{error}");
        }
    }
}
