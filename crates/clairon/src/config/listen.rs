//! Addresses to listen on.

use std::net::IpAddr;

use super::fields::Fields;

/// An address to listen on.
#[derive(Debug)]
pub(crate) struct Listen {
    /// An address, without brackets, or a host name. `None` for every address of the machine, IPv4 and IPv6.
    pub(crate) host: Option<String>,
    /// 0: any free port.
    pub(crate) port: u16,
}

impl Listen {
    pub(super) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let host = fields.text("server.host", parse_optional_host);
        let port = fields.number("server.port", 0..=u16::MAX);
        Some(Self { host: host?, port: port? })
    }
}

/// Parses an address with a port. An empty text means that there is none.
pub(super) fn parse_optional(text: &str) -> Result<Option<Listen>, &'static str> {
    if text.is_empty() { Ok(None) } else { parse_address(text).map(Some) }
}

fn parse_address(text: &str) -> Result<Listen, &'static str> {
    let allowed = "allowed is an address or a host name with a port behind a colon, such as 127.0.0.1:9601";
    let (host, port) = text.rsplit_once(':').ok_or(allowed)?;
    let host = parse_host(host).map_err(|_| allowed)?;
    Ok(Listen { host: Some(host), port: port.parse().map_err(|_| allowed)? })
}

fn parse_optional_host(text: &str) -> Result<Option<String>, &'static str> {
    if text.is_empty() { Ok(None) } else { parse_host(text).map(Some) }
}

fn parse_host(text: &str) -> Result<String, &'static str> {
    let host = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let is_name = |host: &str| {
        (1..=253).contains(&host.len())
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
    };
    if host.parse::<IpAddr>().is_ok() || is_name(text) {
        Ok(host.to_owned())
    } else {
        Err("allowed is an address or a host name, without scheme and port, or nothing for every address")
    }
}
