//! How an app is printed.

use clairon_protocol::{AppId, AppKey, Limits};
use clairon_registry::App;
use serde::Serialize;

/// An app with the names and values that the settings have for its fields.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "an app has that many switches")]
pub(super) struct AppView<'a> {
    id: &'a AppId,
    name: &'a str,
    key: &'a AppKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    enabled: bool,
    /// 0: no limit.
    capacity: u32,
    allowed_origins: &'a [String],
    client_messages: bool,
    statistics: bool,
    user_authentication: bool,
    authorized_connections: bool,
    watchlist: bool,
    subscription_counts: bool,
    #[serde(flatten)]
    limits: &'a Limits,
}

impl<'a> AppView<'a> {
    /// All but the secret.
    pub(super) fn public(app: &'a App) -> Self {
        Self {
            id: &app.id,
            name: &app.name,
            key: &app.key,
            secret: None,
            enabled: app.enabled,
            capacity: app.capacity.map_or(0, Into::into),
            allowed_origins: &app.allowed_origins,
            client_messages: app.client_messages,
            statistics: app.statistics,
            user_authentication: app.user_authentication,
            authorized_connections: app.authorized_connections,
            watchlist: app.watchlist,
            subscription_counts: app.subscription_counts,
            limits: &app.limits,
        }
    }

    pub(super) fn with_secret(app: &'a App) -> Self {
        Self { secret: Some(app.secret.expose()), ..Self::public(app) }
    }

    /// As JSON, or as a table for a settings file.
    pub(super) fn text(&self, json: bool) -> anyhow::Result<String> {
        Ok(if json {
            format!("{}\n", serde_json::to_string_pretty(self)?)
        } else {
            format!("[[apps]]\n{}", toml::to_string(self)?)
        })
    }
}
