//! The line about the dashboard, printed when the server is ready.

use std::{
    fmt::{self, Formatter},
    io::{self, IsTerminal},
};

use clairon_logging::json_line;
use clairon_server::ServerHandle;
use serde_json::json;

use super::apps::Apps;

use crate::{commands::address::Address, config::Settings};

/// The way to the dashboard.
pub(super) enum DashboardLine {
    /// It is on, at this URL.
    On(String),
    /// It is off, but this URL signs in once, from this machine.
    OneTimeLink(String),
}

impl DashboardLine {
    /// `None` if the dashboard is off. A link is offered at a first start, which has found no apps. It needs a person
    /// that reads it: at a terminal, or in the log that has the secret of the new app too.
    pub(super) fn of(server: &ServerHandle, settings: &Settings, apps: &Apps, address: &Address) -> Option<Self> {
        let url = |root: String| format!("{root}{}/dashboard/", address.path_prefix());
        let clairon_server::Settings { admin, dashboard, .. } = &settings.server;
        if admin.token.is_some() || dashboard.password.is_some() {
            return address.is_network().then(|| Self::On(url(address.http())));
        }
        if !apps.is_first || !(apps.is_new || io::stdout().is_terminal()) {
            return None;
        }
        let root = address.loopback()?;
        Some(Self::OneTimeLink(format!("{}#/sign-in?link={}", url(root), server.offer_link().expose())))
    }

    /// The same as a line of JSON.
    pub(super) fn json(&self) -> String {
        let fields = match self {
            Self::On(url) => json!({ "dashboard": url }),
            Self::OneTimeLink(url) => json!({ "one_time_link": url }),
        };
        let fields = if let serde_json::Value::Object(fields) = fields { fields } else { serde_json::Map::new() };
        json_line("INFO", "dashboard", fields) + "\n"
    }
}

impl fmt::Display for DashboardLine {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(url) => writeln!(f, "\n# The dashboard\n{url}"),
            Self::OneTimeLink(url) => writeln!(f, "\n# The dashboard: this link works once, from this machine\n{url}"),
        }
    }
}
