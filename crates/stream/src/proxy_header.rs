//! The PROXY protocol of `HAProxy`, versions 1 and 2: a header in which a load balancer states the address of the
//! client (<https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The first bytes of version 1.
const TEXT: &[u8] = b"PROXY ";
/// The first bytes of version 2.
const BINARY: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// The longest line of version 1, including its line end, in bytes.
const MAX_LINE: usize = 107;
/// The length of version 2 without addresses, in bytes.
const FIXED: usize = 16;
/// The largest variable part of version 2, in bytes. Load balancers add a few hundred bytes of their own.
const MAX_VARIABLE: usize = 4_096;

/// A parsed header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyHeader {
    /// The address of the client. `None` for the load balancer's own connections (health checks), for clients of Unix
    /// sockets, and for the unspecified address, which no client has.
    pub client: Option<IpAddr>,
    /// The length of the header in bytes.
    pub length: usize,
}

/// The reason why bytes are not a valid header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProxyHeader {
    /// The signature of a header is missing.
    #[error("the connection begins without a PROXY header")]
    Missing,
    /// The header exceeds the maximum length.
    #[error("the PROXY header is too long: allowed are {MAX_LINE} bytes in version 1 and {MAX_VARIABLE} in version 2")]
    TooLong,
    /// The line of version 1 is malformed.
    #[error(
        "the PROXY header of version 1 is malformed: expected is PROXY TCP4, TCP6 or UNKNOWN, two addresses and two ports"
    )]
    MalformedLine,
    /// The fields of version 2 are malformed.
    #[error("the PROXY header of version 2 is malformed: its version, command, family or length is wrong")]
    MalformedFields,
}

impl ProxyHeader {
    /// The longest header, in bytes.
    pub const MAX_BYTES: usize = FIXED + MAX_VARIABLE;

    /// Parses the header at the start of `bytes`. `None`: the header is incomplete.
    ///
    /// # Errors
    /// The header is missing, malformed or too long.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, InvalidProxyHeader> {
        let header = if bytes.starts_with(TEXT) {
            parse_line(bytes)?
        } else if bytes.starts_with(BINARY) {
            parse_fields(bytes)?
        } else if TEXT.starts_with(bytes) || BINARY.starts_with(bytes) {
            None
        } else {
            return Err(InvalidProxyHeader::Missing);
        };
        let is_address = |client: &IpAddr| !client.to_canonical().is_unspecified();
        Ok(header.map(|Self { client, length }| Self { client: client.filter(is_address), length }))
    }
}

fn parse_line(bytes: &[u8]) -> Result<Option<ProxyHeader>, InvalidProxyHeader> {
    let longest = &bytes[..bytes.len().min(MAX_LINE)];
    let Some(end) = longest.windows(2).position(|pair| pair == b"\r\n") else {
        return if bytes.len() < MAX_LINE { Ok(None) } else { Err(InvalidProxyHeader::TooLong) };
    };
    let malformed = InvalidProxyHeader::MalformedLine;
    let line = str::from_utf8(&bytes[TEXT.len()..end]).map_err(|_| malformed)?;
    let mut words = line.split(' ');
    let client = match words.next() {
        // The rest of the line has no meaning (section 2.1).
        Some("UNKNOWN") => None,
        Some("TCP4") => Some(parse_addresses::<Ipv4Addr>(words).ok_or(malformed)?.into()),
        Some("TCP6") => Some(parse_addresses::<Ipv6Addr>(words).ok_or(malformed)?.into()),
        _ => return Err(malformed),
    };
    Ok(Some(ProxyHeader { client, length: end + 2 }))
}

/// Parses two addresses and two ports, and returns the first address, which is the client's.
fn parse_addresses<'a, A: std::str::FromStr>(mut words: impl Iterator<Item = &'a str>) -> Option<A> {
    let client = words.next()?.parse().ok()?;
    words.next()?.parse::<A>().ok()?;
    for _ in 0..2 {
        words.next()?.parse::<u16>().ok()?;
    }
    words.next().is_none().then_some(client)
}

fn parse_fields(bytes: &[u8]) -> Result<Option<ProxyHeader>, InvalidProxyHeader> {
    let Some(&[version_and_command, family, high, low]) = bytes.get(BINARY.len()..FIXED) else { return Ok(None) };
    let malformed = InvalidProxyHeader::MalformedFields;
    let variable = usize::from(u16::from_be_bytes([high, low]));
    if variable > MAX_VARIABLE {
        return Err(InvalidProxyHeader::TooLong);
    }
    let is_proxied = match version_and_command {
        0x20 => false,
        0x21 => true,
        _ => return Err(malformed),
    };
    let length = FIXED + variable;
    let Some(addresses) = bytes.get(FIXED..length) else { return Ok(None) };
    let client = match (is_proxied, family) {
        (true, 0x11 | 0x12) => Some(IpAddr::from(first::<4>(addresses, 12).ok_or(malformed)?)),
        (true, 0x21 | 0x22) => Some(IpAddr::from(first::<16>(addresses, 36).ok_or(malformed)?)),
        (true, 0x00 | 0x31 | 0x32) | (false, _) => None,
        (true, _) => return Err(malformed),
    };
    Ok(Some(ProxyHeader { client, length }))
}

/// The first `SIZE` bytes, if there are `all` bytes of addresses.
fn first<const SIZE: usize>(addresses: &[u8], all: usize) -> Option<[u8; SIZE]> {
    addresses.get(..all)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(version_and_command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [BINARY, &[version_and_command, family], &length, rest].concat()
    }

    fn client(bytes: &[u8]) -> Option<String> {
        let header = ProxyHeader::parse(bytes).unwrap().unwrap();
        assert_eq!(header.length, bytes.len());
        // The bytes after the header belong to the connection, and every prefix of the header is incomplete.
        assert_eq!(ProxyHeader::parse(&[bytes, b"GET / HTTP/1.1\r\n"].concat()), Ok(Some(header)));
        for length in 0..bytes.len() {
            assert_eq!(ProxyHeader::parse(&bytes[..length]), Ok(None), "{length} bytes");
        }
        header.client.map(|ip| ip.to_string())
    }

    #[test]
    fn lines_are_read() {
        for (line, expected) in [
            ("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n", Some("192.0.2.1")),
            ("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", Some("2001:db8::1")),
            ("PROXY UNKNOWN\r\n", None),
            ("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None),
            ("PROXY TCP4 0.0.0.0 198.51.100.2 56324 443\r\n", None),
            ("PROXY TCP6 :: 2001:db8::2 1 65535\r\n", None),
            ("PROXY TCP6 ::ffff:0.0.0.0 2001:db8::2 1 65535\r\n", None),
        ] {
            assert_eq!(client(line.as_bytes()).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn fields_are_read() {
        let v4 = [192, 0, 2, 1, 198, 51, 100, 2, 0, 1, 1, 187];
        assert_eq!(client(&binary(0x21, 0x11, &v4)).as_deref(), Some("192.0.2.1"));
        let with_more = [&v4[..], &[3, 0, 4, 1, 2, 3, 4]].concat();
        assert_eq!(client(&binary(0x21, 0x11, &with_more)).as_deref(), Some("192.0.2.1"));
        let mut v6 = [0; 36];
        assert_eq!(client(&binary(0x21, 0x21, &v6)), None);
        v6[15] = 1;
        assert_eq!(client(&binary(0x21, 0x21, &v6)).as_deref(), Some("::1"));
        // The load balancer's own connection; an unknown family; a Unix socket.
        assert_eq!(client(&binary(0x20, 0x11, &v4)), None);
        assert_eq!(client(&binary(0x20, 0x00, &[])), None);
        assert_eq!(client(&binary(0x21, 0x00, b"anything")), None);
        assert_eq!(client(&binary(0x21, 0x31, &[0; 216])), None);
    }

    #[test]
    fn anything_else_is_refused() {
        use InvalidProxyHeader::{MalformedFields, MalformedLine, Missing, TooLong};
        let endless = [b"PROXY UNKNOWN ", &[b'x'; 200][..]].concat();
        let late = [b"PROXY UNKNOWN ", &[b'x'; 92][..], b"\r\n"].concat();
        for (bytes, expected) in [
            (&b"GET / HTTP/1.1\r\n"[..], Missing),
            (b"\x16\x03\x01", Missing),
            (b"PROXX", Missing),
            (b"PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n", MalformedLine),
            (b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 1\r\n", MalformedLine),
            (b"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n", MalformedLine),
            (b"PROXY TCP4 192.0.2.1 198.51.100.2 1 65536\r\n", MalformedLine),
            (b"PROXY TCP4  192.0.2.1 198.51.100.2 1 2\r\n", MalformedLine),
            (b"PROXY \xff\r\n", MalformedLine),
            (b"PROXY \r\n", MalformedLine),
            (&endless, TooLong),
            (&late, TooLong),
            (&binary(0x11, 0x11, &[0; 12]), MalformedFields),
            (&binary(0x22, 0x11, &[0; 12]), MalformedFields),
            (&binary(0x21, 0x11, &[0; 11]), MalformedFields),
            (&binary(0x21, 0x21, &[0; 35]), MalformedFields),
            (&binary(0x21, 0x41, &[0; 12]), MalformedFields),
            (&binary(0x21, 0x11, &[0; 4_097]), TooLong),
        ] {
            assert_eq!(ProxyHeader::parse(bytes), Err(expected), "{}", bytes.escape_ascii());
        }
    }
}
