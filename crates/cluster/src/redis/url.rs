//! The URL of Redis or Valkey.

use std::{fmt, str::FromStr};

use percent_encoding::percent_decode_str;

use crate::error::ClusterError;

const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;
const FORMS: &str = "must be redis://host[:port][/db], redis+sentinel://host[:port],…/master-name[/db] or \
                     redis+cluster://host[:port],…, with rediss for TLS and user:password@ before the hosts";

/// The servers of Redis or Valkey, and how to log in. `Display` and `Debug` show it without user and passwords.
///
/// | servers | URL |
/// |---|---|
/// | one | `redis://[user[:password]@]host[:port][/database]` |
/// | Sentinels | `redis+sentinel://[user:password@]host[:port],host[:port]…/master-name[/database]` |
/// | Redis Cluster | `redis+cluster://[user:password@]host[:port],host[:port]…` |
///
/// `rediss` in place of `redis` is TLS. `valkey` and `valkeys` mean the same as `redis` and `rediss`. Sentinels with a
/// password of their own get it by `?sentinel_password=…`.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl {
    pub(crate) topology: Topology,
    /// Exactly one for a single server; otherwise at least one.
    pub(crate) hosts: Vec<Host>,
    pub(crate) tls: bool,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) db: u32,
}

/// A host and its port.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) port: u16,
}

/// How the servers of a URL belong together.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Topology {
    /// One server.
    Single,
    /// A master and its replicas. The hosts are Sentinels, which know the master.
    Sentinel { master: String, password: Option<String> },
    /// A Redis Cluster. The hosts are some of its servers.
    Cluster,
}

impl RedisUrl {
    /// True for a Redis Cluster: each topic belongs to a shard.
    #[must_use]
    pub fn is_sharded(&self) -> bool {
        matches!(self.topology, Topology::Cluster)
    }
}

impl FromStr for RedisUrl {
    type Err = ClusterError;

    fn from_str(url: &str) -> Result<Self, ClusterError> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| ClusterError::url(FORMS))?;
        let (engine, kind) = scheme.split_once('+').map_or((scheme, ""), |(engine, kind)| (engine, kind));
        let tls = match engine {
            "redis" | "valkey" => false,
            "rediss" | "valkeys" => true,
            _ => return Err(ClusterError::url(FORMS)),
        };
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // A password with one of these characters would end early, and errors would show its rest as a path.
        if path.contains('@') || query.is_some_and(|query| query.contains('@')) || rest.contains('#') {
            return Err(ClusterError::url(
                "has a /, ?, # or @ in the user or the password; write %2F, %3F, %23 or %40",
            ));
        }
        let (login, hosts) =
            authority.rsplit_once('@').map_or((None, authority), |(login, hosts)| (Some(login), hosts));
        let (user, password) = login.map_or(Ok((None, None)), parse_login)?;
        let default_port = if kind == "sentinel" { SENTINEL_PORT } else { PORT };
        let hosts = hosts.split(',').map(|host| parse_host(host, default_port)).collect::<Result<Vec<_>, _>>()?;
        let sentinel_password = parse_query(query, kind)?;
        let (topology, db) = match kind {
            "" if hosts.len() > 1 => return Err(ClusterError::url(FORMS)),
            "" => (Topology::Single, parse_db(path)?),
            "cluster" if path.is_empty() => (Topology::Cluster, 0),
            "cluster" => {
                return Err(ClusterError::url("has a path; a Redis Cluster has only database 0, so remove the path"));
            }
            "sentinel" => {
                let (master, db) = path.split_once('/').unwrap_or((path, ""));
                if master.is_empty() {
                    return Err(ClusterError::url(
                        "has no name of a master; write redis+sentinel://host:port,…/master-name",
                    ));
                }
                (
                    Topology::Sentinel { master: decode(master, "name of a master")?, password: sentinel_password },
                    parse_db(db)?,
                )
            }
            _ => return Err(ClusterError::url(FORMS)),
        };
        Ok(Self { topology, hosts, tls, user, password, db })
    }
}

fn parse_login(login: &str) -> Result<(Option<String>, Option<String>), ClusterError> {
    let (user, password) = login.split_once(':').map_or((login, None), |(user, password)| (user, Some(password)));
    let user = if user.is_empty() { None } else { Some(decode(user, "user")?) };
    Ok((user, password.map(|password| decode(password, "password")).transpose()?))
}

fn parse_host(text: &str, default_port: u16) -> Result<Host, ClusterError> {
    // An IPv6 address stands in brackets, because it contains colons.
    let (name, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, "")) => (name, None),
        Some((name, port)) => (name, Some(port.strip_prefix(':').unwrap_or("?"))),
        None => text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port))),
    };
    if name.is_empty() {
        return Err(ClusterError::url("has no host"));
    }
    let port = match port {
        None => default_port,
        Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
            ClusterError::url("has a port that is not a number from 1 to 65535; if it is part of the user or password, write %3A for :")
        })?,
    };
    Ok(Host { name: name.to_owned(), port })
}

fn parse_db(text: &str) -> Result<u32, ClusterError> {
    let bad = |_| ClusterError::url("has a path that is not the number of a database; write /0, /1 …");
    if text.is_empty() { Ok(0) } else { text.parse().map_err(bad) }
}

fn parse_query(query: Option<&str>, kind: &str) -> Result<Option<String>, ClusterError> {
    let Some(query) = query else { return Ok(None) };
    match query.strip_prefix("sentinel_password=") {
        Some(password) if kind == "sentinel" && !password.contains('&') => Ok(Some(decode(password, "password")?)),
        _ => Err(ClusterError::url(
            "has an unknown parameter; only ?sentinel_password=… is known, and only for redis+sentinel",
        )),
    }
}

fn decode(text: &str, part: &str) -> Result<String, ClusterError> {
    let bad = |_| ClusterError::url(format!("has a {part} that is not UTF-8 after its % escapes are decoded"));
    percent_decode_str(text).decode_utf8().map(std::borrow::Cow::into_owned).map_err(bad)
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, port } = self;
        if name.contains(':') { write!(f, "[{name}]:{port}") } else { write!(f, "{name}:{port}") }
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.topology {
            Topology::Single => "",
            Topology::Sentinel { .. } => "+sentinel",
            Topology::Cluster => "+cluster",
        };
        write!(f, "{}{kind}://", if self.tls { "rediss" } else { "redis" })?;
        for (index, host) in self.hosts.iter().enumerate() {
            write!(f, "{}{host}", if index > 0 { "," } else { "" })?;
        }
        if let Topology::Sentinel { master, .. } = &self.topology {
            write!(f, "/{master}")?;
        }
        if self.db > 0 { write!(f, "/{}", self.db) } else { Ok(()) }
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> RedisUrl {
        url.parse().unwrap()
    }

    fn error(url: &str) -> String {
        url.parse::<RedisUrl>().unwrap_err().to_string()
    }

    #[test]
    fn each_topology_has_its_form() {
        for (url, shown) in [
            ("redis://localhost", "redis://localhost:6379"),
            ("rediss://u:p@r.example:7000/2", "rediss://r.example:7000/2"),
            ("valkeys://[::1]", "rediss://[::1]:6379"),
            ("valkey://[fe80::1]:7000/", "redis://[fe80::1]:7000"),
            ("redis+sentinel://:p@a,b:7/main/3", "redis+sentinel://a:26379,b:7/main/3"),
            ("rediss+cluster://a,b:7,c", "rediss+cluster://a:6379,b:7,c:6379"),
        ] {
            assert_eq!((parse(url).to_string().as_str(), format!("{:?}", parse(url)).as_str()), (shown, shown));
        }
    }

    #[test]
    fn user_and_password_are_decoded() {
        let url = parse("redis://us%40er:p%2F%3Aw@h");
        assert_eq!((url.user.as_deref(), url.password.as_deref()), (Some("us@er"), Some("p/:w")));
        let url = parse("redis://:pw@h");
        assert_eq!((url.user.as_deref(), url.password.as_deref()), (None, Some("pw")));
        let url = parse("redis+sentinel://h/m?sentinel_password=p%26w");
        assert!(matches!(url.topology, Topology::Sentinel { password: Some(password), .. } if password == "p&w"));
    }

    #[test]
    fn other_urls_are_refused_with_what_is_allowed() {
        for (url, problem) in [
            ("localhost:6379", "must be redis://"),
            ("http://h", "must be redis://"),
            ("redis+ring://h", "must be redis://"),
            ("redis://a,b", "must be redis://"),
            ("redis://", "has no host"),
            ("redis://h:0", "not a number from 1 to 65535"),
            ("redis://[::1]7000", "not a number from 1 to 65535"),
            ("redis://h/main", "not the number of a database"),
            ("redis+sentinel://h", "has no name of a master"),
            ("redis+cluster://h/1", "only database 0"),
            ("redis://h?protocol=3", "only ?sentinel_password=… is known"),
            ("redis://%ff@h", "a user that is not UTF-8"),
        ] {
            assert!(error(url).contains(problem), "{url}: {}", error(url));
        }
    }

    #[test]
    fn no_error_repeats_a_password() {
        for url in [
            "sesame",
            "mysql://u:sesame@h/d",
            "redis://u:1/sesame@h/0",
            "redis://u:1?sesame@h",
            "redis://u:1#sesame@h",
            "redis://u:sesame",
            "redis://u:sesame@h:x",
            "redis://u:sesame@h/x",
            "redis+sentinel://h/m?pass=sesame",
        ] {
            assert!(!error(url).contains("sesame"), "{}", error(url));
        }
        assert!(!format!("{:?}", parse("redis+sentinel://u:sesame@h/m?sentinel_password=sesame")).contains("sesame"));
    }
}
