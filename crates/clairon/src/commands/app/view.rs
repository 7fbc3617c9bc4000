//! How an app is printed.

use clairon_protocol::{AppId, AppKey, Limits};
use clairon_registry::{AllowedOrigins, App, Credential};
use jiff::Timestamp;
use serde::Serialize;

use super::moment;

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
    allowed_origins: &'a AllowedOrigins,
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
    /// All keys of an app, newest first, without their secrets.
    pub(super) fn public_of(app: &'a App) -> Vec<Self> {
        app.credentials.iter().map(Self::public).collect()
    }

    fn public(credential: &'a Credential) -> Self {
        let &Credential { ref key, created_at, last_used_at, .. } = credential;
        Self { key, secret: None, created_at, last_used_at }
    }

    fn with_secret(credential: &'a Credential) -> Self {
        Self { secret: Some(credential.secret.expose()), ..Self::public(credential) }
    }
}

impl<'a> AppView<'a> {
    /// All but the secrets.
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
            keys: KeyView::public_of(app),
        }
    }

    pub(super) fn with_secrets(app: &'a App) -> Self {
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
        let mut keys = std::mem::take(&mut self.keys);
        if let Some(newest) = keys.first_mut() {
            // It stands in the table.
            newest.secret = None;
        }
        Ok(format!("[[apps]]\n{}{}", toml::to_string(&self)?, key_lines(&keys)))
    }
}

/// Keys as comments, one line each.
pub(super) fn key_lines(keys: &[KeyView<'_>]) -> String {
    let now = Timestamp::now();
    let line = |view: &KeyView<'_>| {
        let created = moment::describe(view.created_at, now);
        let used = view.last_used_at.map_or_else(|| "never".to_owned(), |at| moment::describe(at, now));
        let secret = view.secret.map(|secret| format!(", secret {secret}")).unwrap_or_default();
        format!("# key {}: created {created}, last used {used}{secret}\n", view.key)
    };
    keys.iter().map(line).collect()
}
