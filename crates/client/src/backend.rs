//! What a Laravel project's configuration makes of `pusher-php-server`: where it sends events.

use clairon_laravel::{Connection, CredentialChoice, CredentialSet, Project, Setting, Value};

use crate::{endpoint::Endpoint, text::quote};

/// Why something cannot be told.
#[derive(Clone, Debug)]
pub enum Problem {
    /// It is wrong.
    Wrong {
        /// What.
        detail: String,
        /// What to set instead.
        fix: String,
    },
    /// It may be right, but it does not stand in the text.
    Unread(String),
    /// Another check says why there is none.
    Missing,
}

/// The variables that a connection has by custom: those of Pusher, or of Reverb where its driver is used.
#[must_use]
pub fn credential_set(connection: Option<&Connection>) -> CredentialSet {
    let is_reverb = connection.is_some_and(|connection| connection.driver.filled().as_deref() == Some("reverb"));
    if is_reverb { CredentialSet::Reverb } else { CredentialSet::Pusher }
}

/// The connection in use. Where that is none of the Pusher protocol, the one with the credentials that count, or else
/// the first that has a key: a driver that is not set yet does not keep the rest from being looked at.
#[must_use]
pub fn meant(project: &Project) -> Option<Connection> {
    let broadcasting = &project.broadcasting;
    let used = broadcasting.connection().filter(|connection| speaks_pusher(connection));
    let others = || broadcasting.connections.iter().filter(|connection| speaks_pusher(connection));
    let chosen = || {
        let choice = CredentialChoice::of(&project.environment)?;
        others().find(|connection| credential_set(Some(connection)) == choice.set)
    };
    let with_key = || others().find(|connection| connection.key.filled().is_some());
    used.or_else(chosen).or_else(with_key).cloned()
}

/// The choice between the variables of two drivers, where the project has both and the connection has those that count.
#[must_use]
pub fn credential_choice(project: &Project, connection: &Connection) -> Option<CredentialChoice> {
    let choice = CredentialChoice::of(&project.environment).filter(CredentialChoice::is_between_two)?;
    (choice.set == credential_set(Some(connection))).then_some(choice)
}

fn speaks_pusher(connection: &Connection) -> bool {
    matches!(connection.driver.filled().as_deref(), Some("pusher" | "reverb"))
}

/// Where events go, by the rules of version 6 and later: TLS unless something speaks against it, and a host of hosted
/// Pusher where none is set.
///
/// # Errors
/// When that is wrong, or cannot be read.
pub fn backend(connection: &Connection) -> Result<Endpoint, Problem> {
    let Connection { host, port, scheme, use_tls, path, .. } = connection;
    for (name, setting) in [("host", host), ("port", port), ("scheme", scheme), ("useTLS", use_tls), ("path", path)] {
        readable(connection, name, setting)?;
    }
    let variable = |name: &str| format!("{}_{name}", credential_set(Some(connection)).prefix());
    let tls = match scheme.filled().as_deref() {
        Some("https") => true,
        Some("http") => false,
        Some(other) => {
            let name = scheme.variable_or("scheme").to_owned();
            return Err(wrong(
                format!("{name} is {:?}, which is neither http nor https", quote(other)),
                format!("{name}=http"),
            ));
        }
        // A port alone is taken for one without TLS.
        None => use_tls.value != Value::Bool(false) && port.filled().is_none(),
    };
    let host_name = host.variable_or(&variable("HOST")).to_owned();
    let host = host.filled().unwrap_or_else(|| hosted_pusher(connection));
    check_host(&host_name, &host)?;
    let number = match port.filled() {
        None => Some(if tls { 443 } else { 80 }),
        Some(text) => text.trim().parse().ok().filter(|port| *port != 0),
    };
    let port_name = port.variable_or(&variable("PORT")).to_owned();
    let number: u16 = number
        .ok_or_else(|| wrong(format!("{port_name} is not a port from 1 to 65535"), format!("{port_name}=6001")))?;
    Ok(Endpoint::new(&host, number, tls, &path.filled().unwrap_or_default()))
}

/// A host must be nothing but a host: Laravel cuts `https://` off, pusher-js does not.
///
/// # Errors
/// When it is anything else.
pub fn check_host(name: &str, host: &str) -> Result<(), Problem> {
    let bare = host.split_once("://").map_or(host, |(_, rest)| rest);
    let bare = bare.split('/').next().unwrap_or_default();
    let is_address = bare.parse::<std::net::Ipv6Addr>().is_ok() || bare.starts_with('[');
    let bare = if is_address { bare } else { bare.split(':').next().unwrap_or_default() };
    if bare == host && (is_address || url::Host::parse(bare).is_ok()) {
        return Ok(());
    }
    let fix = if bare.is_empty() { "ws.example.com".to_owned() } else { quote(bare) };
    Err(wrong(
        format!("{name} is {:?}: it must be a bare host, without scheme, port and path", quote(host)),
        format!("{name}={fix}"),
    ))
}

fn hosted_pusher(connection: &Connection) -> String {
    match connection.cluster.filled() {
        Some(cluster) => format!("api-{cluster}.pusher.com"),
        None => "api.pusherapp.com".to_owned(),
    }
}

fn readable(connection: &Connection, name: &str, setting: &Setting) -> Result<(), Problem> {
    match setting.value.unread() {
        None => Ok(()),
        Some(unread) => Err(Problem::Unread(format!(
            "config/broadcasting.php:{}: {name} of the connection {} is {}, which only Laravel can tell; name the server with --url",
            unread.line, connection.name, unread.what
        ))),
    }
}

fn wrong(detail: String, fix: String) -> Problem {
    Problem::Wrong { detail, fix }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clairon_laravel::{Broadcasting, ConfigFile, Environment};

    /// The endpoint of a connection with these options.
    fn read(options: &str) -> Result<String, Problem> {
        let source = format!(
            "<?php return ['default' => 'p', 'connections' => ['p' => ['driver' => 'pusher', 'options' => [{options}]]]];"
        );
        let config = ConfigFile::parse(std::path::Path::new("config/broadcasting.php"), &source);
        let broadcasting = Broadcasting::new(Some(config), &Environment::default());
        backend(broadcasting.connection().unwrap()).map(|endpoint| endpoint.to_string())
    }

    #[test]
    fn the_rules_of_the_php_library() {
        for (options, expected) in [
            ("'cluster' => 'eu'", "https://api-eu.pusher.com:443"),
            ("", "https://api.pusherapp.com:443"),
            ("'host' => 'a.test', 'scheme' => 'http'", "http://a.test:80"),
            ("'host' => 'a.test', 'scheme' => 'https'", "https://a.test:443"),
            ("'host' => 'a.test', 'port' => 6001", "http://a.test:6001"),
            ("'host' => 'a.test', 'useTLS' => false", "http://a.test:80"),
            ("'host' => '::1', 'port' => '6001', 'path' => '/ws'", "http://[::1]:6001/ws"),
        ] {
            assert_eq!(read(options).unwrap(), expected, "{options}");
        }
    }

    #[test]
    fn what_is_no_endpoint() {
        for (options, words) in [
            ("'host' => 'http://a.test:1/'", "must be a bare host"),
            ("'host' => 'a.test:6001'", "must be a bare host"),
            ("'host' => 'a b'", "must be a bare host"),
            ("'host' => 'a.test', 'port' => 'x'", "not a port"),
            ("'host' => 'a.test', 'port' => 0", "not a port"),
            ("'host' => 'a.test', 'scheme' => 'wss'", "neither http nor https"),
        ] {
            let problem = read(options).unwrap_err();
            assert!(
                matches!(&problem, Problem::Wrong { detail, .. } if detail.contains(words)),
                "{options}: {problem:?}"
            );
        }
        let unread = read("'host' => config('x.host')").unwrap_err();
        assert!(matches!(&unread, Problem::Unread(detail) if detail.contains("a call of config")), "{unread:?}");
    }
}
