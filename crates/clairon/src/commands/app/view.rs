//! How an app is printed.

use std::fmt::Write;

use clairon_protocol::{AppId, AppKey, Limits};
use clairon_registry::{App, Credential};
use jiff::Timestamp;
use serde::Serialize;

/// An app with the names and values that the settings have for its fields.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "an app has that many switches")]
pub(super) struct AppView<'a> {
    id: &'a AppId,
    name: &'a str,
    /// The newest, with its secret.
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
    /// All of them, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keys: Vec<KeyView<'a>>,
}

/// One key of an app.
#[derive(Serialize)]
pub(super) struct KeyView<'a> {
    key: &'a AppKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

impl<'a> KeyView<'a> {
    fn public(credential: &'a Credential) -> Self {
        let &Credential { ref key, created_at, last_used_at, .. } = credential;
        Self { key, secret: None, created_at, last_used_at }
    }

    fn with_secret(credential: &'a Credential) -> Self {
        Self { secret: Some(credential.secret.expose()), ..Self::public(credential) }
    }
}

impl<'a> AppView<'a> {
    /// All but the secret.
    pub(super) fn public(app: &'a App) -> Self {
        Self {
            id: &app.id,
            name: &app.name,
            key: &app.credentials.newest().key,
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
            keys: app.credentials.iter().map(KeyView::public).collect(),
        }
    }

    pub(super) fn with_secret(app: &'a App) -> Self {
        Self {
            secret: Some(app.credentials.newest().secret.expose()),
            keys: app.credentials.iter().map(KeyView::with_secret).collect(),
            ..Self::public(app)
        }
    }

    /// As JSON, or as a table for a settings file, which has one key: the others stand in comments.
    pub(super) fn text(mut self, json: bool) -> anyhow::Result<String> {
        if json {
            return Ok(format!("{}\n", serde_json::to_string_pretty(&self)?));
        }
        let keys = std::mem::take(&mut self.keys);
        let mut text = format!("[[apps]]\n{}", toml::to_string(&self)?);
        for KeyView { key, secret, created_at, last_used_at } in keys {
            let used = last_used_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
            write!(text, "# key {key}: created {created_at}, last used {used}")?;
            match secret {
                Some(secret) if Some(secret) != self.secret => writeln!(text, ", secret {secret}")?,
                _ => writeln!(text)?,
            }
        }
        Ok(text)
    }
}
