//! The origin of a page, as a browser sends it.

use std::borrow::Cow;

use url::Host;

/// The largest `Origin` that is parsed, in bytes. A host name has at most 253, so no browser sends a longer one.
const ORIGIN_BYTES: usize = 1_000;

/// The origin of a page (RFC 6454, 7; WHATWG HTML, 7.1.1), with its host in a form for comparisons.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Origin<'a> {
    /// `null`, the origin of a sandboxed frame and, in some browsers, of a local file.
    Opaque,
    /// `scheme://host:port`.
    Tuple {
        /// In lower case.
        scheme: Cow<'a, str>,
        /// In lower case and Punycode. Empty for a `file://`.
        host: Cow<'a, str>,
        /// The port in the origin, or the default port of the scheme.
        port: Option<u16>,
    },
}

impl<'a> Origin<'a> {
    /// Parses the value of the header `Origin`. `None` if it is not an origin.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        if text.len() > ORIGIN_BYTES {
            return None;
        }
        if text.eq_ignore_ascii_case("null") {
            return Some(Self::Opaque);
        }
        let (scheme, rest) = text.split_once("://")?;
        let scheme = lower_case(scheme);
        let (host, port) = match split_port(rest.strip_suffix('/').unwrap_or(rest))? {
            (host, None) => (host, default_port(&scheme)),
            (host, Some(port)) => (host, Some(port.parse().ok()?)),
        };
        if host.contains(['/', '?', '#', '\\', '@']) {
            return None;
        }
        Some(Self::Tuple { scheme, host: comparable_host(host), port })
    }
}

/// Splits `host:port`. The port is optional. `None` if there are too many colons, as in an IPv6 address without
/// brackets.
pub(super) fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let end_of_address = if authority.starts_with('[') { authority.find(']')? } else { 0 };
    match authority[end_of_address..].split_once(':') {
        None => Some((authority, None)),
        Some((_, port)) if port.contains(':') => None,
        Some((rest, port)) => Some((&authority[..end_of_address + rest.len()], Some(port))),
    }
}

/// The default port of a scheme.
pub(super) fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// A host in a form for comparisons. Other text, such as the name of a mobile app, is compared as it is.
pub(super) fn comparable_host(host: &str) -> Cow<'_, str> {
    match parse_host(host) {
        Some(host) => host,
        None => lower_case(host),
    }
}

/// A host name or an address in the form that a browser uses (WHATWG URL, 3.5): in lower case, in Punycode, an address
/// in its usual form. `None` if it is not the host of a web page.
pub(super) fn parse_host(host: &str) -> Option<Cow<'_, str>> {
    let is_usual = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.');
    // A host whose last label is a number is an address.
    let ends_in_a_name =
        host.rsplit('.').next().is_some_and(|label| label.starts_with(|char: char| char.is_alphabetic()));
    if ends_in_a_name && host.bytes().all(is_usual) && !host.contains("xn--") {
        return Some(host.into());
    }
    Host::parse(host).ok().map(|host| host.to_string().into())
}

fn lower_case(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) { text.to_ascii_lowercase().into() } else { text.into() }
}
