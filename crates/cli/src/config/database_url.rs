//! The URL of a database, which may contain a password.

use std::fmt;

/// The schemes of the registry's URLs.
const SCHEMES: [&str; 5] = ["sqlite:", "postgres://", "postgresql://", "mysql://", "mariadb://"];

/// A database URL. It prints without user, password and parameters. The whole URL is available only through
/// [`expose`](Self::expose).
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Parses a URL of a database that the registry can open. The registry checks the rest when it opens it.
    pub(super) fn parse(url: &str) -> Result<Self, &'static str> {
        if SCHEMES.iter().any(|scheme| url.starts_with(scheme)) {
            Ok(Self(url.to_owned()))
        } else {
            Err("allowed are sqlite://FILE, sqlite::memory:, postgres://… and mysql://…")
        }
    }

    /// The whole URL, to open it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact(&self.0))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Removes from a URL everything that may be a password: the text between the scheme and the last `@`, and the
/// parameters. It accepts any text, because refused URLs are shown too.
pub(super) fn redact(url: &str) -> String {
    let (scheme, rest) = url.find("://").map_or(("", url), |end| url.split_at(end + 3));
    let (hidden, rest) = rest.rsplit_once('@').map_or(("", rest), |(_, rest)| ("…@", rest));
    let (rest, parameters) = rest.split_once('?').map_or((rest, ""), |(rest, _)| (rest, "?…"));
    format!("{scheme}{hidden}{rest}{parameters}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_taken_out() {
        for (url, shown) in [
            ("sqlite://clairon.db", "sqlite://clairon.db"),
            ("sqlite::memory:", "sqlite::memory:"),
            ("postgres://u:p@host:5432/db", "postgres://…@host:5432/db"),
            ("postgres://u:p/@?@host/db", "postgres://…@host/db"),
            ("postgres://host/db?user=u&password=p", "postgres://host/db?…"),
            ("mysql://u:p@localhost/db?socket=/run/s", "mysql://…@localhost/db?…"),
            ("u:p@host", "…@host"),
        ] {
            assert_eq!(redact(url), shown);
        }
    }
}
