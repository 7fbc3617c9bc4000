//! How an app is shown: with the names that the settings and `clairon app show --json` have for its fields.

use clairon_protocol::{AppId, AppKey};
use clairon_registry::{App, Credential};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::app_fields::ShownFields;

/// An app.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AppView {
    /// What stands in the path of the HTTP API.
    #[schema(value_type = String)]
    id: AppId,
    /// The newest of its keys.
    #[schema(value_type = String)]
    key: AppKey,
    /// The secret of that key, where it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret: Option<String>,
    #[serde(flatten)]
    fields: ShownFields,
    /// All of its keys, newest first.
    keys: Vec<KeyView>,
}

/// One key of an app.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyView {
    /// What clients name when they connect.
    #[schema(value_type = String)]
    key: AppKey,
    /// What is signed with under this key, where it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret: Option<String>,
    /// When it was added.
    created_at: Timestamp,
    /// When it was last used, to the minute or so; `null`: never, as far as is known.
    #[schema(required)]
    last_used_at: Option<Timestamp>,
}

/// All apps.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AppList {
    /// By id.
    pub(super) apps: Vec<AppView>,
}

impl AppView {
    pub(super) fn new(app: &App, show_secret: bool) -> Self {
        let newest = KeyView::new(app.credentials.newest(), show_secret);
        Self {
            id: app.id.clone(),
            key: newest.key,
            secret: newest.secret,
            fields: ShownFields::of(app),
            keys: app.credentials.iter().map(|credential| KeyView::new(credential, show_secret)).collect(),
        }
    }
}

impl KeyView {
    pub(super) fn new(credential: &Credential, show_secret: bool) -> Self {
        Self {
            key: credential.key.clone(),
            secret: show_secret.then(|| credential.secret.expose().to_owned()),
            created_at: credential.created_at,
            last_used_at: credential.last_used_at,
        }
    }
}
