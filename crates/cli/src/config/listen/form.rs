//! The text form of an address to listen on.

use std::{net::IpAddr, path::PathBuf};

use super::{Listen, ListenPlace, UnixPlace};

/// The longest path of a Unix socket on Linux, in bytes: `sun_path` less the zero at its end.
const MAX_PATH: usize = 107;

/// The reason why a text is not an address to listen on.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidListen {
    /// Neither an address with a port nor a path.
    #[error(
        "{text:?} is not an address to listen on: allowed are HOST:PORT such as 0.0.0.0:6001, [::]:6001 or *:6001 for \
         every address, tls://HOST:PORT, and unix:/PATH, each with options such as ?proxy_protocol"
    )]
    Form { text: String },
    /// A path that a socket cannot have.
    #[error("{path:?} is not the path of a socket: allowed are absolute paths of up to {MAX_PATH} bytes")]
    Path { path: String },
    /// An unknown option.
    #[error("{option:?} is not an option of this address: allowed are {allowed}")]
    Option { option: String, allowed: &'static str },
    /// An invalid mode.
    #[error("mode={mode} is not the mode of a file: allowed are octal numbers from 0000 to 0777, such as 0660")]
    Mode { mode: String },
    /// An invalid owner.
    #[error("owner={owner} is not an owner: allowed is USER, USER:GROUP or :GROUP, by name or number")]
    Owner { owner: String },
}

/// Parses `HOST:PORT`, `*:PORT`, either of them after `tls://`, or `unix:/PATH`. Options follow a `?`, separated by
/// `&`.
pub(crate) fn parse(text: &str) -> Result<Listen, InvalidListen> {
    let (place, options) = text.split_once('?').map_or((text, ""), |(place, options)| (place, options));
    let (place, tls) = place.strip_prefix("tls://").map_or((place, false), |place| (place, true));
    let place = match parse_place(place, text)? {
        ListenPlace::Unix(_) if tls => return Err(InvalidListen::Form { text: text.to_owned() }),
        place => place,
    };
    let mut listen = Listen { place, tls, proxy_protocol: false };
    for option in options.split('&').filter(|option| !option.is_empty()) {
        set_option(&mut listen, option)?;
    }
    Ok(listen)
}

fn parse_place(place: &str, text: &str) -> Result<ListenPlace, InvalidListen> {
    if let Some(path) = place.strip_prefix("unix:") {
        // `unix:///path` is the same path.
        let path = path.strip_prefix("//").unwrap_or(path);
        return if path.starts_with('/') && !path.ends_with('/') && path.len() <= MAX_PATH {
            Ok(ListenPlace::Unix(UnixPlace { path: PathBuf::from(path), mode: None, user: None, group: None }))
        } else {
            Err(InvalidListen::Path { path: path.to_owned() })
        };
    }
    parse_address(place).ok_or_else(|| InvalidListen::Form { text: text.to_owned() })
}

fn parse_address(text: &str) -> Option<ListenPlace> {
    let (host, port) = text.rsplit_once(':')?;
    let host = match host {
        "" | "*" => None,
        // An IPv6 address without brackets would swallow the port.
        host if host.contains(':') && !host.starts_with('[') => return None,
        host => Some(parse_host(host)?),
    };
    Some(ListenPlace::Tcp { host, port: port.parse().ok()? })
}

fn set_option(listen: &mut Listen, option: &str) -> Result<(), InvalidListen> {
    let (name, value) = option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
    match (&mut listen.place, name, value) {
        (_, "proxy_protocol", None) => listen.proxy_protocol = true,
        (ListenPlace::Unix(unix), "mode", Some(mode)) => {
            let parsed = u32::from_str_radix(mode, 8).ok().filter(|mode| *mode <= 0o777);
            unix.mode = Some(parsed.ok_or_else(|| InvalidListen::Mode { mode: mode.to_owned() })?);
        }
        (ListenPlace::Unix(unix), "owner", Some(owner)) => {
            let (user, group) = owner.split_once(':').unwrap_or((owner, ""));
            if (user.is_empty() && group.is_empty()) || group.contains(':') {
                return Err(InvalidListen::Owner { owner: owner.to_owned() });
            }
            let filled = |name: &str| (!name.is_empty()).then(|| name.to_owned());
            (unix.user, unix.group) = (filled(user), filled(group));
        }
        (place, ..) => {
            let allowed = match place {
                ListenPlace::Tcp { .. } => "proxy_protocol",
                ListenPlace::Unix(_) => "proxy_protocol, mode=0660 and owner=USER:GROUP",
            };
            return Err(InvalidListen::Option { option: option.to_owned(), allowed });
        }
    }
    Ok(())
}

/// An address, with or without brackets, or a host name.
pub(crate) fn parse_host(text: &str) -> Option<String> {
    let host = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let is_name = |host: &str| {
        (1..=253).contains(&host.len())
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
    };
    (host.parse::<IpAddr>().is_ok() || is_name(text)).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: Option<&str>, port: u16) -> ListenPlace {
        ListenPlace::Tcp { host: host.map(str::to_owned), port }
    }

    fn unix(path: &str, mode: Option<u32>, user: Option<&str>, group: Option<&str>) -> ListenPlace {
        let [user, group] = [user, group].map(|name| name.map(str::to_owned));
        ListenPlace::Unix(UnixPlace { path: path.into(), mode, user, group })
    }

    #[test]
    fn places_are_read() {
        for (text, place, proxy_protocol) in [
            ("0.0.0.0:6001", tcp(Some("0.0.0.0"), 6001), false),
            ("[::]:6001", tcp(Some("::"), 6001), false),
            ("ws.test:80?proxy_protocol", tcp(Some("ws.test"), 80), true),
            ("*:0", tcp(None, 0), false),
            (":443", tcp(None, 443), false),
            ("unix:/run/c.sock", unix("/run/c.sock", None, None, None), false),
            ("unix:///run/c.sock", unix("/run/c.sock", None, None, None), false),
            (
                "unix:/run/c.sock?mode=0660&owner=www-data:33&proxy_protocol",
                unix("/run/c.sock", Some(0o660), Some("www-data"), Some("33")),
                true,
            ),
            ("unix:/c?owner=:web", unix("/c", None, None, Some("web")), false),
            ("unix:/c?owner=web", unix("/c", None, Some("web"), None), false),
        ] {
            assert_eq!(parse(text), Ok(Listen { place, tls: false, proxy_protocol }), "{text}");
        }
        let tls = Listen { place: tcp(Some("::"), 443), tls: true, proxy_protocol: true };
        assert_eq!(parse("tls://[::]:443?proxy_protocol"), Ok(tls));
    }

    #[test]
    fn anything_else_is_refused() {
        for (text, part) in [
            ("", "is not an address"),
            ("6001", "is not an address"),
            ("::1:6001", "is not an address"),
            ("localhost:65536", "is not an address"),
            ("http://localhost:80", "is not an address"),
            ("a b:80", "is not an address"),
            ("tls://unix:/c.sock", "is not an address"),
            ("unix:c.sock", "is not the path of a socket"),
            ("unix:/run/", "is not the path of a socket"),
            ("*:1?mode=0660", "allowed are proxy_protocol"),
            ("*:1?proxy_protocol=1", "not an option"),
            ("unix:/c?mode=rw", "mode=rw"),
            ("unix:/c?mode=1777", "mode=1777"),
            ("unix:/c?owner=:", "owner=:"),
            ("unix:/c?owner=a:b:c", "owner=a:b:c"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        assert!(parse(&format!("unix:/{}", "x".repeat(107))).is_err());
    }
}
