//! The URL of a database.

use std::{path::PathBuf, str::FromStr};

use sqlx::postgres::PgConnectOptions;

use crate::error::RegistryError;

/// Every query parameter that the Postgres driver knows. It logs the others with their value, which may be a password.
const POSTGRES_PARAMETERS: [&str; 19] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
    "options[…]",
];

/// What a database URL names.
#[derive(Debug)]
pub(crate) enum DatabaseUrl {
    /// A SQLite database in memory.
    Memory,
    /// A SQLite file.
    File(PathBuf),
    /// A Postgres database.
    Postgres(Box<PgConnectOptions>),
}

impl FromStr for DatabaseUrl {
    type Err = RegistryError;

    fn from_str(url: &str) -> Result<Self, RegistryError> {
        if let Some(file) = url.strip_prefix("sqlite:") {
            parse_sqlite(file.strip_prefix("//").unwrap_or(file))
        } else if let Some(rest) = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")) {
            parse_postgres(url, rest)
        } else {
            Err(invalid(format!("must begin with sqlite:// or postgres:// (it has {} bytes)", url.len())))
        }
    }
}

/// The path is taken as it stands, without escapes.
fn parse_sqlite(file: &str) -> Result<DatabaseUrl, RegistryError> {
    match file {
        ":memory:" => Ok(DatabaseUrl::Memory),
        "" => Err(invalid("names no file: write sqlite://clairon.db or sqlite::memory:")),
        _ if file.contains('?') => Err(invalid("takes no parameters for SQLite: remove the ? and what follows")),
        _ => Ok(DatabaseUrl::File(file.into())),
    }
}

fn parse_postgres(url: &str, rest: &str) -> Result<DatabaseUrl, RegistryError> {
    // A password with one of these characters ends the authority early, and its second half would pass for the name of
    // a host, database or parameter, which messages show.
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    if rest[authority..].contains('@') {
        return Err(invalid("has a / ? # or @ that must be written %2F %3F %23 %40 in a user, password or name"));
    }
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let name = parameter.split_once('=').map_or(parameter, |(name, _)| name);
        if !POSTGRES_PARAMETERS.contains(&name) && !name.starts_with("options[") {
            return Err(invalid(format!("has an unknown parameter; known are {}", POSTGRES_PARAMETERS.join(" "))));
        }
    }
    let options = url.parse::<PgConnectOptions>().map_err(|error| invalid(format!("is not valid: {error}")))?;
    Ok(DatabaseUrl::Postgres(Box::new(options)))
}

fn invalid(problem: impl Into<String>) -> RegistryError {
    RegistryError::Url { problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(url: &str) -> String {
        url.parse::<DatabaseUrl>().unwrap_err().to_string()
    }

    #[test]
    fn each_engine_has_its_form() {
        let file = |url: &str| match url.parse() {
            Ok(DatabaseUrl::File(path)) => path,
            other => panic!("{url}: {other:?}"),
        };
        assert!(matches!("sqlite::memory:".parse(), Ok(DatabaseUrl::Memory)));
        assert_eq!(file("sqlite://clairon.db"), PathBuf::from("clairon.db"));
        assert_eq!(file("sqlite:clairon.db"), PathBuf::from("clairon.db"));
        assert_eq!(file("sqlite:///var/lib/100%.db"), PathBuf::from("/var/lib/100%.db"));
        for url in ["postgres://u:p%2F@db:5433/apps?sslmode=require", "postgresql:///apps?host=/run&options[a]=b"] {
            assert!(matches!(url.parse(), Ok(DatabaseUrl::Postgres(_))), "{url}");
        }
    }

    #[test]
    fn other_urls_are_refused_with_what_is_allowed() {
        assert_eq!(error("mysql://x"), "the database URL must begin with sqlite:// or postgres:// (it has 9 bytes)");
        assert!(error("sqlite://").contains("names no file"));
        assert!(error("sqlite://a.db?mode=rwc").contains("no parameters"));
        assert!(error("postgres://h/d?sslmod=off").contains("known are application_name"));
        assert!(error("postgres://h:port/d").contains("invalid port"));
    }

    #[test]
    fn no_error_repeats_a_password() {
        for url in [
            "sesame",
            "mysql://u:sesame@h/d",
            "postgres://u:1/sesame@h/d",
            "postgres://u:1?sesame@h/d",
            "postgres://u:1#sesame@h/d",
            "postgres://u:sesame",
            "postgres://h/d?pass=sesame",
            "postgres://u:sesame@h:x/d",
            "postgres://u:sesame@h/d?sslmode=never",
        ] {
            assert!(!error(url).contains("sesame"), "{}", error(url));
        }
    }
}
