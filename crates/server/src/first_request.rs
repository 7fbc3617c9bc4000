//! The first request of a connection. It is usually a WebSocket handshake, which bypasses the HTTP server.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri, Version};

/// The largest number of headers of a handshake that is parsed here.
const HEADERS: usize = 64;

/// Parses a WebSocket handshake. Returns it with the bytes after it. `None` for another or an incomplete request, which
/// is left to the HTTP server.
pub(crate) fn handshake(bytes: &Bytes) -> Option<(Request<()>, Bytes)> {
    // Backends' requests need no parsing here.
    if !bytes.starts_with(b"GET ") {
        return None;
    }
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(length) = head.parse(bytes).ok()? else { return None };
    if !head.headers.iter().any(is_upgrade) {
        return None;
    }
    let mut request = Request::new(());
    *request.method_mut() = Method::GET;
    // Parts of the request share its bytes: a handshake of a browser has a dozen headers.
    *request.uri_mut() = Uri::from_maybe_shared(bytes.slice_ref(head.path?.as_bytes())).ok()?;
    *request.version_mut() = if head.version? == 1 { Version::HTTP_11 } else { Version::HTTP_10 };
    request.headers_mut().reserve(head.headers.len());
    for header in head.headers {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        request.headers_mut().append(name, HeaderValue::from_maybe_shared(bytes.slice_ref(header.value)).ok()?);
    }
    Some((request, bytes.slice(length..)))
}

fn is_upgrade(header: &httparse::Header<'_>) -> bool {
    header.name.eq_ignore_ascii_case("upgrade") && header.value.eq_ignore_ascii_case(b"websocket")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handshake_is_told_from_what_follows_it() {
        let bytes =
            Bytes::from_static(b"GET /app/k?protocol=7 HTTP/1.1\r\nHost: h\r\nUPGRADE: WebSocket\r\n\r\n\x01\x02");
        let (request, rest) = handshake(&bytes).unwrap();
        assert_eq!(request.uri(), "/app/k?protocol=7");
        assert_eq!(request.version(), Version::HTTP_11);
        assert_eq!(request.headers()["host"], "h");
        assert_eq!(&rest[..], b"\x01\x02");
    }

    #[test]
    fn all_else_is_for_the_http_server() {
        for text in [
            "",
            "GET /app/k HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /app/k HTTP/1.1\r\nUpgrade: h2c\r\n\r\n",
            "GET /app/k HTTP/1.1\r\nUpgrade: websocket\r\n",
            "POST /apps/1/events HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
            "GET /app/\u{1} HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
            "\u{16}\u{3}\u{1}",
        ] {
            assert!(handshake(&Bytes::from(text)).is_none(), "{text:?}");
        }
    }
}
