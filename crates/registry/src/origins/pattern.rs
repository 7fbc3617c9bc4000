//! An entry of a list of origins.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{
    InvalidOrigin, Origin, OriginFault,
    origin::{comparable_host, default_port, parse_host, split_port},
};
use crate::glob::Glob;

/// The largest size of an entry, in characters.
const ENTRY_CHARS: usize = 255;

/// A parsed entry of [`AllowedOrigins`](super::AllowedOrigins).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedOrigin {
    text: Box<str>,
    pattern: Pattern,
}

/// The origins that an entry matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// `*`: all origins, and values that are not an origin.
    Everything,
    /// `null`.
    Opaque,
    /// Scheme, host and port.
    Tuple {
        /// `None`: any scheme.
        scheme: Option<Box<str>>,
        host: Glob,
        port: Port,
    },
}

/// The ports that an entry matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    Any,
    /// The default port of the page's scheme.
    Default,
    Number(u16),
}

impl AllowedOrigin {
    /// Parses an entry.
    ///
    /// # Errors
    /// When no origin can match it.
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        match parse(text) {
            Ok(pattern) => Ok(Self { text: text.into(), pattern }),
            Err((fault, instead)) => Err(InvalidOrigin::new(text, fault, instead)),
        }
    }

    /// The entry as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `origin` is `None` for a value that is not an origin.
    pub(super) fn matches(&self, origin: Option<&Origin<'_>>) -> bool {
        match (&self.pattern, origin) {
            (Pattern::Everything, _) | (Pattern::Opaque, Some(Origin::Opaque)) => true,
            (
                Pattern::Tuple { scheme, host, port },
                Some(Origin::Tuple { scheme: its_scheme, host: its_host, port: its_port }),
            ) => {
                scheme.as_ref().is_none_or(|scheme| **scheme == **its_scheme)
                    && port.matches(its_scheme, *its_port)
                    && host.matches(its_host)
            }
            _ => false,
        }
    }
}

impl Port {
    fn matches(self, scheme: &str, port: Option<u16>) -> bool {
        match self {
            Self::Any => true,
            Self::Default => port == default_port(scheme),
            Self::Number(number) => port == Some(number),
        }
    }
}

/// The problem of an entry, and the entry that was most likely meant.
type Fault = (OriginFault, Option<String>);

fn parse(text: &str) -> Result<Pattern, Fault> {
    let chars = text.chars().count();
    if !(1..=ENTRY_CHARS).contains(&chars) {
        return Err((OriginFault::Size { chars, most: ENTRY_CHARS }, None));
    }
    if let Some(at) = text.find(|char: char| char.is_control() || char.is_whitespace()) {
        return Err((OriginFault::Space { at }, None));
    }
    if text.contains([',', ';']) {
        return Err((OriginFault::Several, None));
    }
    if text == "*" {
        return Ok(Pattern::Everything);
    }
    if text.eq_ignore_ascii_case("null") {
        return Ok(Pattern::Opaque);
    }
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
        None => (None, text),
    };
    check_scheme(scheme.as_deref(), rest)?;
    let prefix = scheme.as_ref().map(|scheme| format!("{scheme}://")).unwrap_or_default();
    let instead = |rest: &str| Some(rest).filter(|rest| !rest.is_empty()).map(|rest| format!("{prefix}{rest}"));
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    if let Some((_, authority)) = authority.rsplit_once('@') {
        return Err((OriginFault::User, instead(authority)));
    }
    if !matches!(tail, "" | "/") {
        return Err((OriginFault::Path, instead(authority).or_else(|| file(scheme.as_deref()))));
    }
    let Some((host, port)) = split_port(authority) else {
        return Err(match authority.parse::<Ipv6Addr>() {
            Ok(_) => (OriginFault::Brackets, instead(&format!("[{authority}]"))),
            Err(_) if authority.starts_with('[') => (OriginFault::Host, None),
            Err(_) => (OriginFault::Port, None),
        });
    };
    let port = match port {
        None if scheme.is_some() => Port::Default,
        None | Some("*") => Port::Any,
        Some(port) => match port.parse() {
            Ok(number @ 1..) => Port::Number(number),
            _ => return Err((OriginFault::Port, instead(host))),
        },
    };
    if scheme.as_deref() == Some("file") && !authority.is_empty() {
        return Err((OriginFault::FileHost, file(scheme.as_deref())));
    }
    let is_of_the_web = matches!(scheme.as_deref(), None | Some("*" | "http" | "https"));
    let host = parse_host_pattern(host, is_of_the_web).map_err(|fault| {
        let domain = authority.strip_prefix('.').filter(|_| fault == OriginFault::Dot);
        (fault, domain.and_then(|domain| instead(&format!("*.{domain}"))))
    })?;
    let scheme = scheme.filter(|scheme| scheme != "*").map(String::into_boxed_str);
    Ok(Pattern::Tuple { scheme, host, port })
}

fn file(scheme: Option<&str>) -> Option<String> {
    (scheme == Some("file")).then(|| "file://".to_owned())
}

fn check_scheme(scheme: Option<&str>, rest: &str) -> Result<(), Fault> {
    let Some(scheme) = scheme else {
        // Handles `//host`, `https:host`, `https:/host` and `https//host`.
        let (scheme, host) = rest.split_once([':', '/']).filter(|(name, _)| is_web(name)).unwrap_or(("", rest));
        let bare = host.trim_start_matches('/');
        return match (scheme, bare.len() < host.len()) {
            _ if bare.is_empty() && !scheme.is_empty() => Err((OriginFault::NoHost, None)),
            ("", false) => Ok(()),
            ("", true) => Err((OriginFault::Slashes, Some(bare.to_owned()).filter(|bare| !bare.is_empty()))),
            _ => Err((OriginFault::Slashes, Some(format!("{}://{bare}", scheme.to_ascii_lowercase())))),
        };
    };
    let is_of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    if scheme == "*" {
        Ok(())
    } else if let Some(page) = scheme.strip_prefix("ws").filter(|end| matches!(*end, "" | "s")) {
        Err((OriginFault::WebSocket, Some(format!("http{page}://{rest}"))))
    } else if scheme.starts_with(|char: char| char.is_ascii_alphabetic()) && scheme.bytes().all(is_of_scheme) {
        Ok(())
    } else {
        Err((OriginFault::Scheme, None))
    }
}

fn is_web(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

/// Parses a host, which may contain stars. With a scheme other than http and https it may be any text.
fn parse_host_pattern(host: &str, is_of_the_web: bool) -> Result<Glob, OriginFault> {
    let host = if host.contains('*') {
        host.split('.').map(parse_label).collect::<Result<Vec<_>, _>>()?.join(".")
    } else if is_of_the_web {
        let name = parse_host(host).ok_or_else(|| host_fault(host))?;
        // A single number is also a valid address, but not one that an operator means.
        if name.parse::<Ipv4Addr>().is_ok() && name != host {
            return Err(OriginFault::Address);
        }
        name.into_owned()
    } else {
        comparable_host(host).into_owned()
    };
    if is_of_the_web {
        if host.starts_with('.') {
            return Err(OriginFault::Dot);
        }
        let is_of_address = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b'[' | b']' | b':' | b'.' | b'*');
        let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'*');
        let is_host =
            if host.starts_with('[') { host.bytes().all(is_of_address) } else { host.bytes().all(is_of_name) };
        if !is_host {
            return Err(OriginFault::Host);
        }
    }
    Ok(Glob::new(&host))
}

/// The reason why no browser has this host.
fn host_fault(host: &str) -> OriginFault {
    let last_label = host.rsplit('.').next().unwrap_or_default();
    if host.is_empty() {
        OriginFault::NoHost
    } else if !last_label.is_empty() && last_label.bytes().all(|byte| byte.is_ascii_digit()) {
        OriginFault::Address
    } else if host.is_ascii() && host.to_ascii_lowercase().contains("xn--") {
        OriginFault::Punycode
    } else {
        OriginFault::Host
    }
}

/// Parses a label of a host that contains a star. Letters outside of ASCII are compared in Punycode, which a star would
/// split.
fn parse_label(label: &str) -> Result<String, OriginFault> {
    if label.is_ascii() {
        Ok(label.to_ascii_lowercase())
    } else if label.contains('*') {
        Err(OriginFault::Star)
    } else {
        parse_host(label).map(Into::into).ok_or(OriginFault::Host)
    }
}
