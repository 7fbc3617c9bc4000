//! What a Laravel developer pastes, printed when the server is ready.

use std::fmt::{self, Formatter};

use clairon_registry::{App, Credential};

use crate::commands::{
    address::Address,
    setup::{self, Setup},
};

/// The way from a started server to the first event.
pub(super) enum Welcome<'a> {
    /// An app whose credentials nobody may know yet.
    App { app: &'a App, address: &'a Address, show_secret: bool },
    /// Apps whose credentials stand in the settings: secrets are not repeated. The project's variables begin with `names`.
    Declared { apps: &'a [App], address: &'a Address, names: &'static str },
}

impl fmt::Display for Welcome<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self::App { app, address, show_secret } => {
                let setup = Setup { id: &app.id, credential: app.credentials.newest(), address, show_secret };
                write!(f, "{setup}")?;
                write_curl(f, app, address, show_secret)
            }
            Self::Declared { apps, address, names } => {
                for app in apps {
                    let key = &app.credentials.newest().key;
                    writeln!(f, "# app {}: {}", app.id, address.websocket(key.as_str()))?;
                }
                f.write_str(&setup::host(address, names))
            }
        }
    }
}

fn write_curl(f: &mut Formatter<'_>, app: &App, address: &Address, show_secret: bool) -> fmt::Result {
    let (id, Credential { key, secret, .. }) = (&app.id, app.credentials.newest());
    let secret =
        if show_secret { quote_shell(secret.expose()) } else { format!("'' # clairon app show {id} --show-secret") };
    let url = format!("{}{}/apps/{id}/events", address.http(), address.path_prefix());
    write!(
        f,
        r#"
# An event from a shell
secret={secret}
body='{{"name":"greeting","channel":"lobby","data":"{{\"text\":\"Hello\"}}"}}'
md5=$(printf %s "$body" | openssl dgst -md5 -r | cut -d' ' -f1)
query="auth_key={key}&auth_timestamp=$(date +%s)&auth_version=1.0&body_md5=$md5"
signature=$(printf 'POST\n/apps/{id}/events\n%s' "$query" | openssl dgst -sha256 -hmac "$secret" -r | cut -d' ' -f1)
curl -H 'Content-Type: application/json' -d "$body" "{url}?$query&auth_signature=$signature"

"#
    )
}

/// `text` as one word of a POSIX shell.
fn quote_shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_quoted_where_they_must_be() {
        assert_eq!(quote_shell("it's"), r"'it'\''s'");
    }
}
