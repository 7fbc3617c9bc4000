//! The client that a trusted proxy names in `X-Forwarded-For` or `Forwarded` (RFC 7239).

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, header};

use super::{PeerAddress, TrustedProxies};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

impl TrustedProxies {
    /// The client of a request that `peer` has sent with these headers.
    ///
    /// Each proxy adds the address of its own peer at the right end. So the entries are read from the right, as long as
    /// the address before was that of a trusted proxy: what is left of the first other address may be forged. An entry
    /// that is no address, such as `unknown`, ends the reading too, and the proxy that wrote it counts.
    ///
    /// Most proxies write `X-Forwarded-For` and forward a `Forwarded` of the client as it is. So `Forwarded` is only
    /// read without the other.
    pub(crate) fn client(&self, peer: PeerAddress, headers: &HeaderMap) -> PeerAddress {
        if !self.contain(peer) {
            return peer;
        }
        if headers.contains_key(X_FORWARDED_FOR) {
            self.nearest(peer, entries(headers, &X_FORWARDED_FOR).map(address))
        } else {
            self.nearest(peer, entries(headers, &header::FORWARDED).map(forwarded_for))
        }
    }

    /// The first address that is not that of a trusted proxy, or the last that is.
    fn nearest(&self, peer: PeerAddress, entries: impl Iterator<Item = Option<PeerAddress>>) -> PeerAddress {
        let mut nearest = peer;
        for entry in entries {
            let Some(address) = entry else { break };
            nearest = address;
            if !self.contain(nearest) {
                break;
            }
        }
        nearest
    }
}

/// The entries of a header, from right to left. They are separated by commas outside of quotes.
///
/// Quotes are paired from the right too: a quote that a client leaves open must not hide what a proxy has added.
fn entries<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    headers.get_all(name).iter().rev().flat_map(|line| {
        let mut is_quoted = false;
        line.as_bytes().rsplit(move |byte| {
            is_quoted ^= *byte == b'"';
            *byte == b',' && !is_quoted
        })
    })
}

/// The address of the parameter `for` of an element of `Forwarded`, which must be there once.
fn forwarded_for(element: &[u8]) -> Option<PeerAddress> {
    let mut nodes = element.split(|byte| *byte == b';').filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        pair[..at].trim_ascii().eq_ignore_ascii_case(b"for").then(|| &pair[at + 1..])
    });
    let node = nodes.next().filter(|_| nodes.next().is_none())?.trim_ascii();
    let quoted = node.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    address(quoted.unwrap_or(node))
}

/// An address with or without a port. An IPv6 address may be in brackets, and is if it has a port.
fn address(text: &[u8]) -> Option<PeerAddress> {
    let text = str::from_utf8(text.trim_ascii()).ok()?;
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let ip = bare.parse::<IpAddr>().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))?;
    (!ip.is_unspecified()).then(|| ip.into())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn client(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let proxies = TrustedProxies::parse(&["10.0.0.0/8", "fd00::/8", "unix"]).unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        let peer = if peer == "unix" { PeerAddress::default() } else { peer.parse::<IpAddr>().unwrap().into() };
        proxies.client(peer, &map).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let headers = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.1")];
        for stranger in ["192.0.2.9", "127.0.0.1", "2001:db8::9"] {
            assert_eq!(client(stranger, &headers), stranger);
        }
        for proxy in ["10.0.0.1", "fd00::1", "unix"] {
            assert_eq!(client(proxy, &headers), "192.0.2.1");
            assert_eq!(client(proxy, &headers[1..]), "192.0.2.1");
            assert_eq!(client(proxy, &[]), proxy);
        }
    }

    #[test]
    fn entries_are_believed_from_the_right_as_long_as_proxies_wrote_them() {
        for (list, found) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.66, 192.0.2.1", "192.0.2.1"),
            ("192.0.2.66,192.0.2.1 , 10.0.0.2,fd00::3", "192.0.2.1"),
            ("10.0.0.9", "10.0.0.9"),
            ("10.0.0.8, 10.0.0.9", "10.0.0.8"),
            ("192.0.2.66, unknown, 10.0.0.2", "10.0.0.2"),
            ("192.0.2.66, ", "10.0.0.1"),
            ("", "10.0.0.1"),
            ("192.0.2.66; 192.0.2.1", "10.0.0.1"),
            ("0.0.0.0", "10.0.0.1"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
        ] {
            assert_eq!(client("10.0.0.1", &[("x-forwarded-for", list)]), found, "{list}");
        }
    }

    #[test]
    fn lines_continue_each_other() {
        let lines =
            [("x-forwarded-for", "192.0.2.66"), ("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "10.0.0.2")];
        assert_eq!(client("10.0.0.1", &lines), "192.0.2.1");
    }

    #[test]
    fn forwarded_has_parameters_and_quotes() {
        for (list, found) in [
            ("for=192.0.2.1;proto=https;by=10.0.0.1", "192.0.2.1"),
            ("proto=https; For=\"192.0.2.1:4711\"", "192.0.2.1"),
            ("for=192.0.2.66, for=\"[2001:db8::1]:4711\";host=\"a,b\"", "2001:db8::1"),
            ("for=\"[2001:db8::1]\", for=10.0.0.2", "2001:db8::1"),
            ("for=unknown", "10.0.0.1"),
            ("for=_hidden", "10.0.0.1"),
            ("for=192.0.2.66;for=192.0.2.1", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
            ("192.0.2.1", "10.0.0.1"),
            // Forged: an open quote, which would hide the proxy's own entry.
            ("for=\"192.0.2.66, for=192.0.2.1", "192.0.2.1"),
            ("for=192.0.2.66;x=\", for=\"[2001:db8::1]\"", "2001:db8::1"),
        ] {
            assert_eq!(client("10.0.0.1", &[("forwarded", list)]), found, "{list}");
        }
    }

    #[test]
    fn one_header_counts() {
        let both = [("forwarded", "for=192.0.2.66"), ("x-forwarded-for", "192.0.2.1")];
        assert_eq!(client("10.0.0.1", &both), "192.0.2.1");
    }
}
