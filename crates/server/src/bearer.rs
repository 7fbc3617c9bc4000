//! Tokens of people and programs that operate the server.

use clairon_protocol::Secret;
use http::{HeaderMap, header};

/// The token of a request, or why there is none.
pub(crate) fn token(headers: &HeaderMap) -> Result<&str, &'static str> {
    let header = headers.get(header::AUTHORIZATION).ok_or("there is no Authorization header")?;
    let (scheme, token) = header.to_str().ok().and_then(|text| text.split_once(' ')).unwrap_or_default();
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim())
    } else {
        Err("the Authorization header is not `Bearer TOKEN`")
    }
}

/// Whether a request has `Authorization: Bearer …` with this token. Takes the same time wherever they differ.
pub(crate) fn has_token(headers: &HeaderMap, token: &Secret) -> bool {
    self::token(headers).is_ok_and(|given| token.matches(given))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_token_must_be_whole() {
        let token = Secret::parse("a token of 20 chars.").unwrap();
        for (value, is_right) in [
            ("Bearer a token of 20 chars.", true),
            ("bearer  a token of 20 chars.", true),
            ("Bearer a token of 20 chars", false),
            ("Basic a token of 20 chars.", false),
            ("Bearer", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
            assert_eq!(has_token(&headers, &token), is_right, "{value:?}");
        }
        assert!(!has_token(&HeaderMap::new(), &token));
    }
}
