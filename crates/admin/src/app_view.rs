//! The JSON form of an app. Its fields have the names of the settings and of `clairon app show --json`.

use clairon_protocol::{AppId, AppKey};
use clairon_registry::{App, Credential};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app_fields::ShownFields;

/// An app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppView {
    /// The id, a part of the paths of the HTTP API.
    #[schema(value_type = String)]
    id: AppId,
    /// The newest key.
    #[schema(value_type = String)]
    key: AppKey,
    /// The secret of that key, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret: Option<String>,
    #[serde(flatten)]
    fields: ShownFields,
    /// All keys, newest first.
    keys: Vec<KeyView>,
}

/// A key of an app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyView {
    /// The key with which clients connect.
    #[schema(value_type = String)]
    key: AppKey,
    /// The secret of this key, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret: Option<String>,
    /// The time at which it was added.
    created_at: Timestamp,
    /// The time of the last use, accurate to about a minute; `null` if no use is known.
    #[schema(required)]
    last_used_at: Option<Timestamp>,
}

/// An app in a list. `GET /apps/{id}` has all of its keys, with the times of their uses.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppEntry {
    /// The id, a part of the paths of the HTTP API.
    #[schema(value_type = String)]
    id: AppId,
    /// The newest key.
    #[schema(value_type = String)]
    key: AppKey,
    /// The secret of that key, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret: Option<String>,
    #[serde(flatten)]
    fields: ShownFields,
}

impl AppEntry {
    pub(crate) fn new(app: &App, show_secret: bool) -> Self {
        let KeyView { key, secret, .. } = KeyView::new(app.credentials.newest(), show_secret);
        let fields = if show_secret { ShownFields::with_secrets(app) } else { ShownFields::of(app) };
        Self { id: app.id.clone(), key, secret, fields }
    }
}

impl AppView {
    pub(crate) fn new(app: &App, show_secret: bool) -> Self {
        let AppEntry { id, key, secret, fields } = AppEntry::new(app, show_secret);
        Self {
            id,
            key,
            secret,
            fields,
            keys: app.credentials.iter().map(|credential| KeyView::new(credential, show_secret)).collect(),
        }
    }
}

impl KeyView {
    pub(crate) fn new(credential: &Credential, show_secret: bool) -> Self {
        Self {
            key: credential.key.clone(),
            secret: show_secret.then(|| credential.secret.expose().to_owned()),
            created_at: credential.created_at,
            last_used_at: credential.last_used_at,
        }
    }
}
