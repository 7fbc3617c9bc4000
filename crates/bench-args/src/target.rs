//! The arguments for the server and the app.

use std::fmt;

use clairon_protocol::{AppId, AppKey};
use clap::Args;

/// The server and the app.
#[derive(Debug, Args)]
pub struct TargetArgs {
    /// The server's address; its path is the prefix of every request
    #[arg(long, global = true, value_name = "URL", conflicts_with_all = ["host", "port"])]
    pub url: Option<String>,
    /// The server's host, without --url
    #[arg(long, global = true, default_value = "127.0.0.1")]
    pub host: String,
    /// The server's port, without --url
    #[arg(long, global = true, default_value_t = 6001)]
    pub port: u16,
    /// The app's id
    #[arg(long, global = true, env = "PUSHER_APP_ID", value_parser = AppId::parse)]
    pub app_id: Option<AppId>,
    /// The app's key
    #[arg(long, global = true, env = "PUSHER_APP_KEY", value_parser = AppKey::parse)]
    pub key: Option<AppKey>,
    /// The app's secret
    #[arg(long, global = true, env = "PUSHER_APP_SECRET", hide_env_values = true)]
    pub secret: Option<Hidden>,
    /// The server's process, for its processor time and memory; may be given several times
    #[arg(long, global = true, value_name = "PID")]
    pub pid: Vec<u32>,
    /// The number of source addresses, from 127.0.0.1 up; each has about 28,000 ports. Only for loopback servers
    #[arg(long, global = true, default_value_t = 32, value_parser = clap::value_parser!(u8).range(1..=254))]
    pub sources: u8,
    /// Offer compression (permessage-deflate) on every WebSocket connection, as browsers do
    #[arg(long, global = true)]
    pub compressed: bool,
    /// Ask for recovery with every subscription, as pages with @clairon/recover do; the app must have the switch
    /// `recovery`
    #[arg(long, global = true)]
    pub recovery: bool,
    /// Open WebSocket connections with TLS, on this port of the host; triggers go to the plain port. The certificate
    /// must be for the host, from an authority that the system trusts, or that of `SSL_CERT_FILE`
    #[arg(long, global = true, value_name = "PORT")]
    pub tls_port: Option<u16>,
    /// Allow a server on another machine
    #[arg(long, global = true)]
    pub yes_this_is_my_server: bool,
}

/// A text that neither `Debug` nor an error shows.
#[derive(Clone)]
pub struct Hidden(String);

impl Hidden {
    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}
