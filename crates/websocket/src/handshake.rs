//! The opening handshake (RFC 6455, 4.2).

use base64::{
    Engine as _,
    engine::{GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version, header};
use sha1::{Digest as _, Sha1};

use crate::HandshakeError;

/// The constant part of every accept key (1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The length of a key in bytes, before base64.
const KEY: usize = 16;
const KEY_BASE64: usize = 24;

/// The base64 form of 16 bytes has four unused bits in its last character, and some clients do not clear them.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&base64::alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// Checks that a request is a WebSocket upgrade. Returns its key, for [`accept_key`].
///
/// # Errors
///
/// When it is not an upgrade. [`HandshakeError::status`] is the status of the answer.
pub fn check<'a>(method: &Method, version: Version, headers: &'a HeaderMap) -> Result<&'a str, HandshakeError> {
    if method != Method::GET {
        return Err(HandshakeError::Method(method.clone()));
    }
    if version != Version::HTTP_11 {
        return Err(HandshakeError::HttpVersion(version));
    }
    if !tokens(headers, &header::UPGRADE).any(|token| token.eq_ignore_ascii_case("websocket")) {
        return Err(HandshakeError::Upgrade);
    }
    if !tokens(headers, &header::CONNECTION).any(|token| token.eq_ignore_ascii_case("upgrade")) {
        return Err(HandshakeError::Connection);
    }
    single(headers, &header::SEC_WEBSOCKET_VERSION, |version| version == "13")
        .map_err(|(found, size)| HandshakeError::Version { found, size })?;
    single(headers, &header::SEC_WEBSOCKET_KEY, is_key).map_err(|(found, size)| HandshakeError::Key { found, size })
}

/// The value of `Sec-WebSocket-Accept` for a key. It proves that the server understood the handshake.
#[must_use]
pub fn accept_key(key: &str) -> String {
    STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// The head of the answer to a handshake, as bytes. `sub_protocol` is the selected one, `extensions` the
/// [negotiated](crate::Deflate::answer) ones.
#[must_use]
pub fn switching_protocols(accept_key: &str, sub_protocol: Option<&str>, extensions: Option<&str>) -> Bytes {
    let mut head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept_key}\r\n"
    );
    for (name, value) in [("Sec-WebSocket-Protocol", sub_protocol), ("Sec-WebSocket-Extensions", extensions)] {
        if let Some(value) = value {
            for part in [name, ": ", value, "\r\n"] {
                head.push_str(part);
            }
        }
    }
    head.push_str("\r\n");
    head.into()
}

/// The first sub-protocol of the client's list, which is the preferred one (RFC 6455, 4.1).
///
/// The answer must repeat it in `Sec-WebSocket-Protocol`. Without a sub-protocol the answer must not have that header.
#[must_use]
pub fn first_protocol(headers: &HeaderMap) -> Option<&str> {
    tokens(headers, &header::SEC_WEBSOCKET_PROTOCOL).next()
}

/// The items of a list in one or more headers. Headers that are not ASCII are skipped.
fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|token| !token.is_empty())
}

/// The value of a header that must occur exactly once; otherwise the number of headers and the length of the first.
fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    is_valid: impl Fn(&str) -> bool,
) -> Result<&'a str, (usize, usize)> {
    let mut values = headers.get_all(name).into_iter();
    let first = values.next();
    let others = values.count();
    match first.and_then(|value| value.to_str().ok()).map(str::trim) {
        Some(value) if others == 0 && is_valid(value) => Ok(value),
        _ => Err((usize::from(first.is_some()) + others, first.map_or(0, HeaderValue::len))),
    }
}

fn is_key(key: &str) -> bool {
    key.len() == KEY_BASE64 && LENIENT.decode(key).is_ok_and(|bytes| bytes.len() == KEY)
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    /// The request of RFC 6455, 1.3.
    fn headers() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::UPGRADE, HeaderValue::from_static("WebSocket"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("keep-alive, Upgrade"));
        headers.insert(header::SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
        headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers
    }

    fn with(name: HeaderName, value: &'static str) -> Result<String, HandshakeError> {
        let mut headers = headers();
        headers.insert(name, HeaderValue::from_static(value));
        check(&Method::GET, Version::HTTP_11, &headers).map(accept_key)
    }

    #[test]
    fn the_example_of_the_rfc() {
        let headers = headers();
        let key = check(&Method::GET, Version::HTTP_11, &headers).expect("an upgrade");
        assert_eq!(accept_key(key), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn requests_that_are_no_upgrade() {
        let get = Method::GET;
        assert_eq!(check(&Method::POST, Version::HTTP_11, &headers()), Err(HandshakeError::Method(Method::POST)));
        assert_eq!(check(&get, Version::HTTP_10, &headers()), Err(HandshakeError::HttpVersion(Version::HTTP_10)));
        assert_eq!(check(&get, Version::HTTP_11, &HeaderMap::new()), Err(HandshakeError::Upgrade));
        assert_eq!(with(header::UPGRADE, "h2c, websockets"), Err(HandshakeError::Upgrade));
        assert_eq!(with(header::CONNECTION, "keep-alive"), Err(HandshakeError::Connection));
    }

    #[test]
    fn versions() {
        let error = with(header::SEC_WEBSOCKET_VERSION, "8").expect_err("an old version");
        assert_eq!(error, HandshakeError::Version { found: 1, size: 1 });
        assert_eq!(error.status(), StatusCode::UPGRADE_REQUIRED);
        assert!(with(header::SEC_WEBSOCKET_VERSION, " 13 ").is_ok());
    }

    #[test]
    fn keys() {
        for key in ["", "dGhlIHNhbXBsZSBub25jZQ", "SGVsbG8sIHdvcmxkIQ==", "dGhlIHNhbXBsZSBub25jZQ=!"] {
            let error = HandshakeError::Key { found: 1, size: key.len() };
            assert_eq!(with(header::SEC_WEBSOCKET_KEY, key), Err(error), "{key}");
        }
        assert!(with(header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZR==").is_ok(), "unused bits are not cleared");
        let mut twice = headers();
        twice.append(header::SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
        let error = HandshakeError::Key { found: 2, size: 24 };
        assert_eq!(check(&Method::GET, Version::HTTP_11, &twice), Err(error));
    }

    #[test]
    fn sub_protocols() {
        let mut headers = HeaderMap::new();
        assert_eq!(first_protocol(&headers), None);
        headers.append(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(" , "));
        assert_eq!(first_protocol(&headers), None);
        headers.append(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(" chat ,  v2"));
        headers.append(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("v1,v0"));
        assert_eq!(first_protocol(&headers), Some("chat"));
    }
}
