//! The URL of a database.

use std::{path::PathBuf, str::FromStr};

use sqlx::{mysql::MySqlConnectOptions, postgres::PgConnectOptions};

use crate::error::RegistryError;

/// Every query parameter that the Postgres driver knows. Others are refused, because the driver would log them with
/// their value, which may be a password.
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

/// The query parameters of the MySQL driver that operators may set. Others are refused, because the driver would ignore
/// them.
const MYSQL_PARAMETERS: [&str; 6] = ["socket", "ssl-ca", "ssl-cert", "ssl-key", "ssl-mode", "statement-cache-capacity"];

/// A parsed database URL.
#[derive(Debug)]
pub(crate) enum DatabaseUrl {
    /// A SQLite database in memory.
    Memory,
    /// A SQLite file.
    File(PathBuf),
    /// A Postgres database.
    Postgres(Box<PgConnectOptions>),
    /// A database of MySQL or MariaDB.
    MySql(Box<MySqlConnectOptions>),
}

impl FromStr for DatabaseUrl {
    type Err = RegistryError;

    fn from_str(url: &str) -> Result<Self, RegistryError> {
        if let Some(file) = url.strip_prefix("sqlite:") {
            parse_sqlite(file.strip_prefix("//").unwrap_or(file))
        } else if let Some(rest) = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")) {
            parse_postgres(url, rest)
        } else if let Some(rest) = url.strip_prefix("mysql://").or_else(|| url.strip_prefix("mariadb://")) {
            parse_mysql(url, rest)
        } else {
            Err(invalid(format!("must begin with sqlite://, postgres:// or mysql:// (it has {} bytes)", url.len())))
        }
    }
}

/// Takes the path literally, without unescaping.
fn parse_sqlite(file: &str) -> Result<DatabaseUrl, RegistryError> {
    match file {
        ":memory:" => Ok(DatabaseUrl::Memory),
        "" => Err(invalid("names no file: write sqlite://clairon.db or sqlite::memory:")),
        _ if file.contains('?') => Err(invalid("takes no parameters for SQLite: remove the ? and what follows")),
        _ => Ok(DatabaseUrl::File(file.into())),
    }
}

fn parse_postgres(url: &str, rest: &str) -> Result<DatabaseUrl, RegistryError> {
    let is_known = |name: &str| POSTGRES_PARAMETERS.contains(&name) || name.starts_with("options[");
    check_server(rest, is_known, &POSTGRES_PARAMETERS)?;
    let options = url.parse::<PgConnectOptions>().map_err(|error| invalid(format!("is not valid: {error}")))?;
    Ok(DatabaseUrl::Postgres(Box::new(options)))
}

fn parse_mysql(url: &str, rest: &str) -> Result<DatabaseUrl, RegistryError> {
    check_server(rest, |name| MYSQL_PARAMETERS.contains(&name), &MYSQL_PARAMETERS)?;
    let options = url.parse::<MySqlConnectOptions>().map_err(|error| invalid(format!("is not valid: {error}")))?;
    if options.get_database().is_none() {
        return Err(invalid("names no database: write mysql://USER:PASSWORD@HOST/DATABASE"));
    }
    // The driver would look up an IPv6 address with the brackets that it has in a URL.
    let host = options.get_host().trim_start_matches('[').trim_end_matches(']').to_owned();
    Ok(DatabaseUrl::MySql(Box::new(options.host(&host))))
}

/// Checks the part of a server's URL after the scheme, before any of it is shown.
fn check_server(rest: &str, is_known: impl Fn(&str) -> bool, known: &[&str]) -> Result<(), RegistryError> {
    // An unescaped character of these in a password ends the authority. The rest of the password would be taken for a
    // host, database or parameter, which messages show.
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    if rest[authority..].contains('@') {
        return Err(invalid("has a / ? # or @ that must be written %2F %3F %23 %40 in a user, password or name"));
    }
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let name = parameter.split_once('=').map_or(parameter, |(name, _)| name);
        if !is_known(name) {
            return Err(invalid(format!("has an unknown parameter; known are {}", known.join(" "))));
        }
    }
    Ok(())
}

fn invalid(problem: impl Into<String>) -> RegistryError {
    RegistryError::Url { problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use sqlx::mysql::MySqlSslMode;

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
    fn urls_of_mysql_name_a_server_or_a_socket() {
        let parse = |url: &str| match url.parse() {
            Ok(DatabaseUrl::MySql(options)) => options,
            other => panic!("{url}: {other:?}"),
        };
        let remote = parse("mysql://u%40site:p%2F%25@db:3307/apps?ssl-mode=VERIFY_CA&ssl-ca=/etc/ca.pem");
        assert_eq!((remote.get_username(), remote.get_host(), remote.get_port()), ("u@site", "db", 3307));
        assert_eq!((remote.get_database(), remote.get_socket()), (Some("apps"), None));
        assert!(matches!(remote.get_ssl_mode(), MySqlSslMode::VerifyCa));
        let local = parse("mariadb://u@localhost/apps?socket=/run/mysqld/mysqld.sock");
        assert_eq!(local.get_socket(), Some(&PathBuf::from("/run/mysqld/mysqld.sock")));
        assert_eq!(parse("mysql://u@[::1]/apps").get_host(), "::1");
    }

    #[test]
    fn other_urls_are_refused_with_what_is_allowed() {
        let unknown = "the database URL must begin with sqlite://, postgres:// or mysql:// (it has 9 bytes)";
        assert_eq!(error("mssql://x"), unknown);
        assert!(error("sqlite://").contains("names no file"));
        assert!(error("sqlite://a.db?mode=rwc").contains("no parameters"));
        assert!(error("postgres://h/d?sslmod=off").contains("known are application_name"));
        assert!(error("postgres://h:port/d").contains("invalid port"));
        assert!(error("mysql://h").contains("names no database"));
        assert!(error("mysql://h/d?charset=latin1").contains("known are socket ssl-ca"));
        assert!(error("mysql://h/d?ssl-mode=off").contains("unknown value"));
    }

    #[test]
    fn no_error_repeats_a_password() {
        for url in [
            "sesame",
            "mssql://u:sesame@h/d",
            "mysql://u:sesame@h:x/d",
            "mysql://u:1/sesame@h/d",
            "mysql://h/d?password=sesame",
            "mysql://u:sesame@h/d?ssl-mode=off",
            "mysql://u:sesame%ff@h/d",
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
