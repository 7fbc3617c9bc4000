//! The lines for a Laravel project, printed when the server is ready.

use std::fmt::{self, Formatter};

use clairon_logging::json_line;
use clairon_registry::{App, Credential};
use serde_json::{Map, Value, json};

use crate::commands::{address::Address, setup::Setup};

/// The largest number of declared apps that are shown.
const SHOWN: usize = 20;

/// The steps from a started server to the first event.
pub(super) enum Welcome<'a> {
    /// An app of the registry. Its credentials may be unknown to the operator.
    App { app: &'a App, address: &'a Address, show_secret: bool },
    /// Apps with credentials from the settings, so their secrets are not repeated. `names` is the prefix of the
    /// project's variables.
    Declared { apps: &'a [App], address: &'a Address, names: &'static str },
}

impl Welcome<'_> {
    /// The same as lines of JSON: one line for each app, and the lines for the project as texts in fields.
    pub(super) fn json(&self) -> String {
        let line = |message: &str, fields: Value| {
            let fields = if let Value::Object(fields) = fields { fields } else { Map::new() };
            json_line("INFO", message, fields) + "\n"
        };
        match *self {
            Self::App { app, address, show_secret } => {
                let setup = setup(app, address, show_secret);
                line(
                    "set-up",
                    json!({
                        "app": app.id.as_str(),
                        "ws": websocket(app, address),
                        "env": setup.env(),
                        "echo": setup.echo(),
                        "shell": Curl { app, address, show_secret }.to_string(),
                    }),
                )
            }
            Self::Declared { apps, address, names } => {
                let app = |app: &App| line("app", json!({"app": app.id.as_str(), "ws": websocket(app, address)}));
                let mut lines: String = apps.iter().take(SHOWN).map(app).collect();
                if apps.len() > SHOWN {
                    lines += &line("more apps", json!({"count": apps.len() - SHOWN}));
                }
                lines += &line("set-up", json!({"env": address.env_lines(names)}));
                lines
            }
        }
    }
}

impl fmt::Display for Welcome<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self::App { app, address, show_secret } => {
                let (setup, curl) = (setup(app, address, show_secret), Curl { app, address, show_secret });
                write!(f, "{setup}\n# An event from a shell\n{curl}\n")
            }
            Self::Declared { apps, address, names } => {
                for app in apps.iter().take(SHOWN) {
                    writeln!(f, "# app {}: {}", app.id, websocket(app, address))?;
                }
                if apps.len() > SHOWN {
                    writeln!(f, "# and {} more", apps.len() - SHOWN)?;
                }
                f.write_str(&address.env_lines(names))
            }
        }
    }
}

fn setup<'a>(app: &'a App, address: &'a Address, show_secret: bool) -> Setup<'a> {
    Setup { id: &app.id, credential: app.credentials.newest(), address, show_secret }
}

fn websocket(app: &App, address: &Address) -> String {
    address.websocket(app.credentials.newest().key.as_str())
}

/// A shell command that publishes an event.
struct Curl<'a> {
    app: &'a App,
    address: &'a Address,
    show_secret: bool,
}

impl fmt::Display for Curl<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { app, address, show_secret } = self;
        let (id, Credential { key, secret, .. }) = (&app.id, app.credentials.newest());
        let secret = if *show_secret {
            quote_shell(secret.expose())
        } else {
            format!("'' # clairon app show {id} --show-secret")
        };
        let url = address.curl_arguments(&format!("/apps/{id}/events?$query&auth_signature=$signature"));
        write!(
            f,
            r#"secret={secret}
body='{{"name":"greeting","channel":"lobby","data":"{{\"text\":\"Hello\"}}"}}'
md5=$(printf %s "$body" | openssl dgst -md5 -r | cut -d' ' -f1)
query="auth_key={key}&auth_timestamp=$(date +%s)&auth_version=1.0&body_md5=$md5"
signature=$(printf 'POST\n/apps/{id}/events\n%s' "$query" | openssl dgst -sha256 -hmac "$secret" -r | cut -d' ' -f1)
curl -H 'Content-Type: application/json' -d "$body" {url}
"#
        )
    }
}

/// `text` quoted for a POSIX shell.
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
