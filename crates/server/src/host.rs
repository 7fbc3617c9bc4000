//! The header `Host`, which every request must have exactly once.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Request, StatusCode, Version, header, uri::Authority};

use crate::{api::ApiError, edge::PeerAddress, node::Node, refusals::Refused};

/// The problem of a request's `Host` (RFC 9112, 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidHost {
    #[error("The header Host is missing")]
    Missing,
    #[error("The header Host is there {0} times, allowed is once")]
    Several(usize),
    #[error("The header Host ({0} bytes) is not a host, or a host and a port")]
    Form(usize),
}

/// Checks the `Host` of a request. Proxies and caches distinguish sites by it, so an ambiguous request may have
/// bypassed one of them.
///
/// # Errors
/// When it is missing in HTTP/1.1, occurs several times, or is not a host.
pub(crate) fn check(version: Version, headers: &HeaderMap) -> Result<(), InvalidHost> {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.count()) {
        (None, _) if version < Version::HTTP_11 => Ok(()),
        (None, _) => Err(InvalidHost::Missing),
        (Some(_), others @ 1..) => Err(InvalidHost::Several(others + 1)),
        // It is empty if the URL has no host.
        (Some(host), 0) if host.is_empty() || is_host(host.as_bytes()) => Ok(()),
        (Some(host), 0) => Err(InvalidHost::Form(host.len())),
    }
}

/// True for a host, or a host with a port, which may be empty.
fn is_host(text: &[u8]) -> bool {
    is_plain_host(text) || is_authority(text)
}

/// True for a host of letters, digits, `.` and `-`, also with a port. Nearly all are like that, and this check needs no
/// copy.
fn is_plain_host(text: &[u8]) -> bool {
    let is_in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let (name, port) = text.split_at(text.iter().take_while(|byte| is_in_name(byte)).count());
    !name.is_empty()
        && (port.is_empty() || port.strip_prefix(b":").is_some_and(|digits| digits.iter().all(u8::is_ascii_digit)))
}

fn is_authority(text: &[u8]) -> bool {
    let Ok(authority) = Authority::try_from(text) else { return false };
    let port = authority.as_str().strip_prefix(authority.host());
    port.is_some_and(|port| {
        port.is_empty() || port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// The refusal of a request with an invalid `Host`; `None` for other requests.
pub(crate) fn refusal<B>(node: &Node, client: PeerAddress, request: &Request<B>) -> Option<Response> {
    let invalid = check(request.version(), request.headers()).err()?;
    node.note_refusal(Refused::request(StatusCode::BAD_REQUEST), None, |refused| {
        let refused = refused.peer(client).request(request.method(), request.uri().path());
        refused.code(StatusCode::BAD_REQUEST.as_u16()).because(invalid)
    });
    Some(ApiError::bad_request(invalid.to_string()).into_response())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn checked(version: Version, hosts: &[&'static str]) -> Result<(), InvalidHost> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_bytes(host.as_bytes()).unwrap());
        }
        check(version, &headers)
    }

    #[test]
    fn one_host_is_needed() {
        for host in ["a.example", "a.example:8080", "127.0.0.1:1", "[::1]:80", "a_b", "", "A.", "localhost:", "a-b:1"] {
            assert_eq!(checked(Version::HTTP_11, &[host]), Ok(()), "{host}");
        }
        assert_eq!(checked(Version::HTTP_11, &[]), Err(InvalidHost::Missing));
        assert_eq!(checked(Version::HTTP_10, &[]), Ok(()));
        for version in [Version::HTTP_10, Version::HTTP_11] {
            assert_eq!(checked(version, &["a.example", "a.example"]), Err(InvalidHost::Several(2)));
        }
        for host in ["a b", "a/b", "http://a", "u@a", "a:b", "a,b c", "é"] {
            assert_eq!(checked(Version::HTTP_11, &[host]), Err(InvalidHost::Form(host.len())), "{host}");
        }
    }
}
