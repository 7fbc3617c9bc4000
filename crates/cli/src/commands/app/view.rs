//! The printed form of an app.

use clairon_protocol::{AppId, AppKey};
use clairon_registry::{App, AppFields, Credential, Webhooks};
use jiff::Timestamp;
use serde::Serialize;

use super::{time_ago, webhook_tables};

/// An app with the names and values of its fields in the settings.
#[derive(Serialize)]
pub(super) struct AppView<'a> {
    id: &'a AppId,
    /// The newest key, with its secret.
    key: &'a AppKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    #[serde(flatten)]
    fields: AppFields,
    /// All keys, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keys: Vec<KeyView<'a>>,
    /// The endpoints. They are among the fields too, in the form for JSON.
    #[serde(skip)]
    webhooks: &'a Webhooks,
}

/// A key of an app.
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
    /// The app without secrets.
    pub(super) fn public(app: &'a App) -> Self {
        Self {
            id: &app.id,
            key: &app.credentials.newest().key,
            secret: None,
            fields: AppFields::of(app),
            keys: KeyView::public_of(app),
            webhooks: &app.webhooks,
        }
    }

    pub(super) fn with_secrets(app: &'a App) -> Self {
        Self {
            secret: Some(app.credentials.newest().secret.expose()),
            fields: AppFields::with_secrets(app),
            keys: app.credentials.iter().map(KeyView::with_secret).collect(),
            ..Self::public(app)
        }
    }

    /// JSON, or a table for a settings file. A table has one key; comments show the others.
    pub(super) fn text(mut self, json: bool) -> anyhow::Result<String> {
        if json {
            return Ok(format!("{}\n", serde_json::to_string_pretty(&self)?));
        }
        let webhooks = webhook_tables::text(self.webhooks, self.secret.is_some())?;
        self.fields = self.fields.only_plain();
        let mut keys = std::mem::take(&mut self.keys);
        if let Some(newest) = keys.first_mut() {
            // The secret is in the table already.
            newest.secret = None;
        }
        Ok(format!("[[apps]]\n{}{}{webhooks}", toml::to_string(&self)?, key_lines(&keys)))
    }
}

/// Keys as comments, one line for each.
pub(super) fn key_lines(keys: &[KeyView<'_>]) -> String {
    let now = Timestamp::now();
    let line = |view: &KeyView<'_>| {
        let created = time_ago::describe(view.created_at, now);
        let used = view.last_used_at.map_or_else(|| "never".to_owned(), |at| time_ago::describe(at, now));
        let secret = view.secret.map(|secret| format!(", secret {secret}")).unwrap_or_default();
        format!("# key {}: created {created}, last used {used}{secret}\n", view.key)
    };
    keys.iter().map(line).collect()
}
