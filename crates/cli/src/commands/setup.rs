//! The lines that a Laravel developer copies into a project.

use std::fmt::{self, Formatter};

use clairon_protocol::AppId;
use clairon_registry::Credential;

use super::address::Address;

/// The `.env` lines and the Echo code of an app.
pub(super) struct Setup<'a> {
    pub(super) id: &'a AppId,
    pub(super) credential: &'a Credential,
    pub(super) address: &'a Address,
    /// True to show the secret; false for a comment with the command that shows it.
    pub(super) show_secret: bool,
}

impl fmt::Display for Setup<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.env(), self.echo())
    }
}

impl Setup<'_> {
    pub(super) fn env(&self) -> String {
        let Self { id, credential: Credential { key, secret, .. }, .. } = self;
        // A comment, because an empty value copied over a project's `.env` would delete the secret.
        let secret = if self.show_secret {
            format!("PUSHER_APP_SECRET={}", clairon_laravel::quote_env(secret.expose()))
        } else {
            format!("# PUSHER_APP_SECRET: clairon app show {id} --env --show-secret")
        };
        format!(
            r#"# .env of Laravel. BROADCAST_CONNECTION is read by Laravel 11 and newer, BROADCAST_DRIVER by older ones.
BROADCAST_CONNECTION=pusher
BROADCAST_DRIVER=pusher
PUSHER_APP_ID={id}
PUSHER_APP_KEY={key}
{secret}
{}PUSHER_APP_CLUSTER=mt1
VITE_PUSHER_APP_KEY="${{PUSHER_APP_KEY}}"
VITE_PUSHER_HOST="${{PUSHER_HOST}}"
VITE_PUSHER_PORT="${{PUSHER_PORT}}"
VITE_PUSHER_SCHEME="${{PUSHER_SCHEME}}"
VITE_PUSHER_APP_CLUSTER="${{PUSHER_APP_CLUSTER}}"
"#,
            self.address.env_lines("PUSHER")
        )
    }

    /// `enabledTransports` keeps pusher-js from falling back to hosts of hosted Pusher.
    pub(super) fn echo(&self) -> String {
        let path = match self.address.path_prefix() {
            "" => String::new(),
            prefix => format!("    wsPath: '{prefix}',\n"),
        };
        format!(
            r"// resources/js/echo.js (bootstrap.js before Laravel 11), after `npm install laravel-echo pusher-js`
import Echo from 'laravel-echo';
import Pusher from 'pusher-js';
window.Pusher = Pusher;
window.Echo = new Echo({{
    broadcaster: 'pusher',
    key: import.meta.env.VITE_PUSHER_APP_KEY,
    cluster: import.meta.env.VITE_PUSHER_APP_CLUSTER,
    wsHost: import.meta.env.VITE_PUSHER_HOST,
    wsPort: import.meta.env.VITE_PUSHER_PORT,
    wssPort: import.meta.env.VITE_PUSHER_PORT,
{path}    forceTLS: import.meta.env.VITE_PUSHER_SCHEME === 'https',
    enabledTransports: ['ws', 'wss'],
}});
"
        )
    }
}
