//! Tokens of people and programs that operate the server.

use clairon_protocol::Secret;
use http::{HeaderMap, header};

/// Whether a request has `Authorization: Bearer …` with this token. Takes the same time wherever they differ.
pub(crate) fn has_token(headers: &HeaderMap, token: &Secret) -> bool {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given =
        value.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    given.is_some_and(|(_, given)| token.matches(given.trim()))
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
