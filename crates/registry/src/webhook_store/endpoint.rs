//! Endpoints and their leases.

use clairon_protocol::AppId;

use crate::webhooks::WebhookId;

/// An endpoint of an app, by the ids of both.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// The ids of the app and of the endpoint. `None` for [`Self::housekeeping`].
    name: Option<(AppId, WebhookId)>,
}

/// A lease that a node holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The endpoint. Only the node with the lease delivers to it.
    pub endpoint: Endpoint,
    /// The number of its pending events.
    pub pending: u64,
}

impl Endpoint {
    /// An endpoint of an app.
    #[must_use]
    pub const fn new(app: AppId, webhook: WebhookId) -> Self {
        Self { name: Some((app, webhook)) }
    }

    /// No endpoint: the node with this lease cleans up and reconciles for all nodes.
    #[must_use]
    pub const fn housekeeping() -> Self {
        Self { name: None }
    }

    /// The ids of the app and of the endpoint. `None` for [`Self::housekeeping`].
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

    /// Parses these columns. `None` if an id has another form.
    pub(super) fn parse(app: &str, webhook: &str) -> Option<Self> {
        if app.is_empty() && webhook.is_empty() {
            return Some(Self::housekeeping());
        }
        Some(Self::new(AppId::parse(app).ok()?, WebhookId::parse(webhook)?))
    }
}
