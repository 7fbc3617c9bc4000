//! Addresses to listen on.

mod form;

use std::{fmt, path::PathBuf};

pub(super) use self::form::{parse, parse_host};
use super::{
    fields::{Fields, Table},
    tls,
};

/// An address to listen on, and the bytes that its connections start with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listen {
    pub(crate) place: ListenPlace,
    /// Connections use TLS, after the PROXY header if there is one.
    pub(crate) tls: bool,
    /// Connections start with a PROXY header.
    pub(crate) proxy_protocol: bool,
}

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListenPlace {
    /// A TCP port.
    Tcp {
        /// An address, without brackets, or a host name. `None` for every address of the machine, IPv4 and IPv6.
        host: Option<String>,
        /// 0: any free port.
        port: u16,
    },
    /// A Unix socket.
    Unix(UnixPlace),
}

/// A Unix socket and its rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnixPlace {
    pub(crate) path: PathBuf,
    /// The mode of its file; `None` for the default of the umask.
    pub(crate) mode: Option<u32>,
    /// The owner of its file, by name or number; `None` for the user of the process.
    pub(crate) user: Option<String>,
    /// The group of its file; `None` for the group of the process.
    pub(crate) group: Option<String>,
}

/// The port of https.
pub(super) const HTTPS_PORT: u16 = 443;
/// The port of http, at which an authority makes its challenges.
const HTTP_PORT: u16 = 80;

/// Reads `server.listen`, or else `server.host` and `server.port`, which are its short form. With `tls.domains` the
/// short form stands for TLS.
pub(super) fn read(fields: &mut Fields<'_>, settings: &Table) -> Option<Vec<Listen>> {
    let entries = fields.list("server.listen");
    let host = fields.text("server.host", parse_optional_host);
    let port = fields.number("server.port", 0..=u16::MAX);
    let entries = entries?;
    if entries.is_empty() {
        let place = ListenPlace::Tcp { host: host?, port: port? };
        return Some(vec![Listen { place, tls: tls::has_domains(settings), proxy_protocol: false }]);
    }
    let listens: Result<Vec<_>, _> = entries.iter().map(|entry| parse(entry)).collect();
    let listens = listens.map_err(|error| fields.refuse("server.listen", error)).ok()?;
    let is_same =
        |one: &ListenPlace, other: &ListenPlace| one == other && !matches!(one, ListenPlace::Tcp { port: 0, .. });
    let is_new =
        |(index, listen): (usize, &Listen)| listens[..index].iter().all(|other| !is_same(&other.place, &listen.place));
    if !listens.iter().enumerate().all(is_new) {
        fields.refuse("server.listen", "an address is listed twice");
        return None;
    }
    Some(listens)
}

/// The listener on port 80 beside a short form that stands for port 443 with TLS.
pub(super) fn redirect(settings: &Table, listens: &[Listen]) -> Option<Listen> {
    let is_short = settings.get("server.listen").is_some_and(|entry| entry.value.is_empty_list());
    match listens {
        [Listen { place: ListenPlace::Tcp { host, port: HTTPS_PORT }, tls: true, .. }] if is_short => {
            let place = ListenPlace::Tcp { host: host.clone(), port: HTTP_PORT };
            Some(Listen { place, tls: false, proxy_protocol: false })
        }
        _ => None,
    }
}

/// Parses one address. An empty text means that there is none.
pub(super) fn parse_optional(text: &str) -> Result<Option<Listen>, form::InvalidListen> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

fn parse_optional_host(text: &str) -> Result<Option<String>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    let host = parse_host(text)
        .ok_or("allowed is an address or a host name, without scheme and port, or nothing for every address");
    host.map(Some)
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tls {
            f.write_str("tls://")?;
        }
        match &self.place {
            ListenPlace::Tcp { host, port } => match host {
                Some(host) if host.contains(':') => write!(f, "[{host}]:{port}"),
                Some(host) => write!(f, "{host}:{port}"),
                None => write!(f, "*:{port}"),
            },
            ListenPlace::Unix(unix) => write!(f, "unix:{}", unix.path.display()),
        }
    }
}
