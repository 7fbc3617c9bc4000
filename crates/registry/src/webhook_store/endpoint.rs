//! Endpoints, and which node delivers to them.

use clairon_protocol::AppId;

use crate::webhooks::WebhookId;

/// An endpoint of an app, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// The app and the endpoint's id. `None` stands for [`Self::housekeeping`].
    name: Option<(AppId, WebhookId)>,
}

/// A lease that a node has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The endpoint that the node delivers to.
    pub endpoint: Endpoint,
    /// How many events are pending there.
    pub pending: u64,
}

impl Endpoint {
    /// An endpoint of an app.
    #[must_use]
    pub const fn new(app: AppId, webhook: WebhookId) -> Self {
        Self { name: Some((app, webhook)) }
    }

    /// What stands for no endpoint: its lease makes a node the one that cleans up and reconciles for all.
    #[must_use]
    pub const fn housekeeping() -> Self {
        Self { name: None }
    }

    /// The app and the endpoint's id; `None` for [`Self::housekeeping`].
    #[must_use]
    pub const fn name(&self) -> Option<(&AppId, &WebhookId)> {
        match &self.name {
            Some((app, webhook)) => Some((app, webhook)),
            None => None,
        }
    }

    /// The columns `app_id` and `webhook_id`.
    pub(super) fn columns(&self) -> [&str; 2] {
        self.name.as_ref().map_or(["", ""], |(app, webhook)| [app.as_str(), webhook.as_str()])
    }

    /// Reads these columns. `None`: no endpoint has such names.
    pub(super) fn parse(app: &str, webhook: &str) -> Option<Self> {
        if app.is_empty() && webhook.is_empty() {
            return Some(Self::housekeeping());
        }
        Some(Self::new(AppId::parse(app).ok()?, WebhookId::parse(webhook)?))
    }
}
