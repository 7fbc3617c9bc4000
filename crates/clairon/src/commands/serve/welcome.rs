//! What a Laravel developer pastes, printed when the server is ready.

use std::fmt::{self, Formatter};

use clairon_registry::{App, Credential};

use super::address::Address;

/// The way from a started server to the first event.
pub(super) enum Welcome<'a> {
    /// An app whose credentials nobody may know yet.
    App { app: &'a App, address: &'a Address, show_secret: bool },
    /// Apps whose credentials stand in the settings: secrets are not repeated.
    Declared { apps: &'a [App], address: &'a Address },
}

impl fmt::Display for Welcome<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self::App { app, address, show_secret } => {
                write_env(f, app, address, show_secret)?;
                write_echo(f, address)?;
                write_curl(f, app, address, show_secret)
            }
            Self::Declared { apps, address } => {
                for app in apps {
                    let key = &app.credentials.newest().key;
                    writeln!(f, "# app {}: {}", app.id, address.websocket(key.as_str()))?;
                }
                write_address(f, address)
            }
        }
    }
}

fn write_env(f: &mut Formatter<'_>, app: &App, address: &Address, show_secret: bool) -> fmt::Result {
    let (id, Credential { key, secret, .. }) = (&app.id, app.credentials.newest());
    let secret =
        if show_secret { quote_env(secret.expose()) } else { format!(" # clairon app show {id} --show-secret") };
    write!(
        f,
        "\
# .env of Laravel. BROADCAST_CONNECTION is read by Laravel 11 and newer, BROADCAST_DRIVER by older ones.
BROADCAST_CONNECTION=pusher
BROADCAST_DRIVER=pusher
PUSHER_APP_ID={id}
PUSHER_APP_KEY={key}
PUSHER_APP_SECRET={secret}
"
    )?;
    write_address(f, address)?;
    f.write_str(
        r#"PUSHER_APP_CLUSTER=mt1
VITE_PUSHER_APP_KEY="${PUSHER_APP_KEY}"
VITE_PUSHER_HOST="${PUSHER_HOST}"
VITE_PUSHER_PORT="${PUSHER_PORT}"
VITE_PUSHER_SCHEME="${PUSHER_SCHEME}"
VITE_PUSHER_APP_CLUSTER="${PUSHER_APP_CLUSTER}"
"#,
    )
}

fn write_address(f: &mut Formatter<'_>, address: &Address) -> fmt::Result {
    writeln!(f, "PUSHER_HOST={}\nPUSHER_PORT={}\nPUSHER_SCHEME=http", address.host(), address.port())
}

/// `enabledTransports` keeps pusher-js from falling back to hosts of hosted Pusher.
fn write_echo(f: &mut Formatter<'_>, address: &Address) -> fmt::Result {
    f.write_str(
        r"
// resources/js/echo.js (bootstrap.js before Laravel 11), after `npm install laravel-echo pusher-js`
import Echo from 'laravel-echo';
import Pusher from 'pusher-js';
window.Pusher = Pusher;
window.Echo = new Echo({
    broadcaster: 'pusher',
    key: import.meta.env.VITE_PUSHER_APP_KEY,
    cluster: import.meta.env.VITE_PUSHER_APP_CLUSTER,
    wsHost: import.meta.env.VITE_PUSHER_HOST,
    wsPort: import.meta.env.VITE_PUSHER_PORT,
    wssPort: import.meta.env.VITE_PUSHER_PORT,
",
    )?;
    if !address.path_prefix().is_empty() {
        writeln!(f, "    wsPath: '{}',", address.path_prefix())?;
    }
    f.write_str(
        r"    forceTLS: import.meta.env.VITE_PUSHER_SCHEME === 'https',
    enabledTransports: ['ws', 'wss'],
});
",
    )
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

/// `text` as a value in an `.env` file, which takes plain letters and digits as they are.
fn quote_env(text: &str) -> String {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$"))
    }
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
        assert_eq!(quote_env("abc123"), "abc123");
        assert_eq!(quote_env(r#"a"b$c\d"#), r#""a\"b\$c\\d""#);
        assert_eq!(quote_shell("it's"), r"'it'\''s'");
    }
}
