//! The address that `pusher-php-server` sends events to.

use std::net::Ipv6Addr;

use clairon_protocol::quote;
use url::Host;

use crate::{broadcasting::BroadcastConnection, config_file::ConfigSetting, value::ConfigValue};

/// The address of the server that Laravel sends the events of a connection to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendAddress {
    /// A host name or an IP address.
    pub host: String,
    /// The port, never 0.
    pub port: u16,
    /// True for `https`.
    pub tls: bool,
    /// The part of the path before `/apps`; empty in most projects.
    pub path: String,
}

/// Why an address is not known. The messages show no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// A setting has a wrong value.
    #[error("{detail}")]
    Wrong {
        /// The setting, its value, and what is allowed.
        detail: String,
        /// The line of `.env` that corrects it.
        fix: String,
    },
    /// A setting is computed by code, so only the program knows its value.
    #[error("{0}")]
    Unread(String),
    /// The project has no connection of the Pusher protocol.
    #[error("no host is set")]
    Missing,
}

impl BackendAddress {
    /// Reads the options of a connection by the rules of `pusher-php-server` 6 and later: TLS is the default, and a
    /// connection without a host goes to hosted Pusher.
    ///
    /// # Errors
    /// When an option has a wrong value or cannot be read.
    pub fn of(connection: &BroadcastConnection) -> Result<Self, AddressError> {
        let BroadcastConnection { host, port, scheme, use_tls, path, .. } = connection;
        let options = [("host", host), ("port", port), ("scheme", scheme), ("useTLS", use_tls), ("path", path)];
        for (name, setting) in options {
            readable(connection, name, setting)?;
        }
        let variable = |name: &str| format!("{}_{name}", connection.credential_set().prefix());
        let tls = match scheme.filled().as_deref() {
            Some("https") => true,
            Some("http") => false,
            Some(other) => {
                let name = scheme.variable_or("scheme");
                let detail = format!("{name} is {:?}, which is neither http nor https", quote(other));
                return Err(AddressError::Wrong { detail, fix: format!("{name}=http") });
            }
            // The library uses plain HTTP when only a port is set.
            None => use_tls.value != ConfigValue::Bool(false) && port.filled().is_none(),
        };
        let host_name = host.variable_or(&variable("HOST")).to_owned();
        let host = host.filled().unwrap_or_else(|| hosted_pusher(connection));
        check_host(&host_name, &host)?;
        let port = read_port(port, &variable("PORT"), tls)?;
        Ok(Self { host, port, tls, path: path.filled().unwrap_or_default() })
    }
}

/// The port in a setting, or the scheme's default when the setting is empty. `variable` names the setting in the error
/// when it comes from no variable.
///
/// # Errors
/// When the setting is not a port from 1 to 65535.
pub fn read_port(port: &ConfigSetting, variable: &str, tls: bool) -> Result<u16, AddressError> {
    let Some(text) = port.filled() else { return Ok(if tls { 443 } else { 80 }) };
    text.trim().parse().ok().filter(|port| *port != 0).ok_or_else(|| {
        let name = port.variable_or(variable);
        let detail = format!("{name} is not a port from 1 to 65535");
        AddressError::Wrong { detail, fix: format!("{name}=6001") }
    })
}

/// Checks that `host` is a host name or an IP address and nothing more. Laravel cuts `https://` off, pusher-js does
/// not. `name` is the variable that the error names.
///
/// # Errors
/// When `host` has a scheme, a port or a path, or is no host name.
pub fn check_host(name: &str, host: &str) -> Result<(), AddressError> {
    let bare = host.split_once("://").map_or(host, |(_, rest)| rest);
    let bare = bare.split('/').next().unwrap_or_default();
    let is_address = bare.parse::<Ipv6Addr>().is_ok() || bare.starts_with('[');
    let bare = if is_address { bare } else { bare.split(':').next().unwrap_or_default() };
    if bare == host && (is_address || Host::parse(bare).is_ok()) {
        return Ok(());
    }
    let fix = if bare.is_empty() { "ws.example.com".to_owned() } else { quote(bare) };
    let detail = format!("{name} is {:?}: it must be a bare host, without scheme, port and path", quote(host));
    Err(AddressError::Wrong { detail, fix: format!("{name}={fix}") })
}

fn hosted_pusher(connection: &BroadcastConnection) -> String {
    match connection.cluster.filled() {
        Some(cluster) => format!("api-{cluster}.pusher.com"),
        None => "api.pusherapp.com".to_owned(),
    }
}

fn readable(connection: &BroadcastConnection, name: &str, setting: &ConfigSetting) -> Result<(), AddressError> {
    match setting.value.unread() {
        None => Ok(()),
        Some(unread) => Err(AddressError::Unread(format!(
            "config/broadcasting.php:{}: {name} of the connection {} is {}, which only Laravel can compute; name the \
             server with --url",
            unread.line, connection.name, unread.what
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Broadcasting, ConfigFile, Environment};

    /// The address of a connection with these options, as `scheme://host:port/path`.
    fn read(options: &str) -> Result<String, AddressError> {
        let source = format!(
            "<?php return ['default' => 'p', 'connections' => ['p' => ['driver' => 'pusher', 'options' => [{options}]]]];"
        );
        let config = ConfigFile::parse(std::path::Path::new("config/broadcasting.php"), &source);
        let broadcasting = Broadcasting::new(Some(config), &Environment::default());
        let BackendAddress { host, port, tls, path } = BackendAddress::of(broadcasting.connection().unwrap())?;
        Ok(format!("{}://{host}:{port}{path}", if tls { "https" } else { "http" }))
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
            ("'host' => '::1', 'port' => '6001', 'path' => '/ws'", "http://::1:6001/ws"),
        ] {
            assert_eq!(read(options).unwrap(), expected, "{options}");
        }
    }

    #[test]
    fn wrong_options_name_what_is_allowed() {
        for (options, words) in [
            ("'host' => 'http://a.test:1/'", "must be a bare host"),
            ("'host' => 'a.test:6001'", "must be a bare host"),
            ("'host' => 'a b'", "must be a bare host"),
            ("'host' => 'a.test', 'port' => 'x'", "not a port"),
            ("'host' => 'a.test', 'port' => 0", "not a port"),
            ("'host' => 'a.test', 'scheme' => 'wss'", "neither http nor https"),
        ] {
            let error = read(options).unwrap_err();
            assert!(
                matches!(&error, AddressError::Wrong { detail, .. } if detail.contains(words)),
                "{options}: {error:?}"
            );
        }
        let unread = read("'host' => config('x.host')").unwrap_err();
        assert!(matches!(&unread, AddressError::Unread(detail) if detail.contains("a call of config")), "{unread:?}");
    }
}
