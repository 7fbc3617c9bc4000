//! The log of changes that are made through the admin API.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use clairon_protocol::{AppId, AppKey, SocketId};
use clairon_registry::{Update, Webhook, WebhookId};
use clairon_server::PeerAddress;
use http::request::Parts;
use serde::Serialize;
use serde_json::Value;
use tracing::info;

use crate::{app_view::AppView, webhook_view::WebhookView};

/// The client that makes a change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Author(PeerAddress);

/// A change that was made. Its line in the log has names of fields but no values, because some are secrets.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AdminChange<'a> {
    AppCreated,
    AppUpdated(&'a Update),
    AppEnabled,
    AppDisabled,
    AppDeleted,
    KeyAdded(&'a AppKey),
    /// The key as it stands in the path of the request.
    KeyRetired(&'a str),
    WebhookAdded(&'a Webhook),
    WebhookUpdated {
        before: &'a Webhook,
        after: &'a Webhook,
    },
    WebhookRemoved(&'a WebhookId),
    /// The number of new deliveries.
    DeliveriesReplayed(usize),
    ConnectionClosed(SocketId),
    /// An event for the subscribers of channels.
    EventPublished,
    /// An event for one connection.
    EventSent(SocketId),
}

impl AdminChange<'_> {
    const fn words(self) -> &'static str {
        match self {
            Self::AppCreated => "app created through the admin API",
            Self::AppUpdated(_) => "app updated through the admin API",
            Self::AppEnabled => "app enabled through the admin API",
            Self::AppDisabled => "app disabled through the admin API",
            Self::AppDeleted => "app deleted through the admin API",
            Self::KeyAdded(_) => "key added through the admin API",
            Self::KeyRetired(_) => "key retired through the admin API",
            Self::WebhookAdded(_) => "endpoint added through the admin API",
            Self::WebhookUpdated { .. } => "endpoint updated through the admin API",
            Self::WebhookRemoved(_) => "endpoint removed through the admin API",
            Self::DeliveriesReplayed(_) => "deliveries repeated through the admin API",
            Self::ConnectionClosed(_) => "connection closed through the admin API",
            Self::EventPublished => "event published through the admin API",
            Self::EventSent(_) => "event sent to a connection through the admin API",
        }
    }
}

impl Author {
    /// Logs a change of an app.
    pub(crate) fn log(self, app: &AppId, change: AdminChange<'_>) {
        let (mut key, mut webhook, mut url, mut fields, mut deliveries, mut socket) =
            (None, None, None, None, None, None);
        match change {
            AdminChange::AppUpdated(Update { before, after }) => {
                fields = Some(different(&AppView::new(before, true), &AppView::new(after, true)));
            }
            AdminChange::KeyAdded(added) => key = Some(added.as_str()),
            AdminChange::KeyRetired(retired) => key = Some(retired),
            AdminChange::WebhookAdded(added) => {
                webhook = Some(added.id.as_str());
                // Its text has no secrets.
                url = Some(added.url.to_string());
            }
            AdminChange::WebhookUpdated { before, after } => {
                webhook = Some(after.id.as_str());
                let [before, after] = [before, after].map(|webhook| WebhookView::new(webhook.clone(), true));
                fields = Some(different(&before, &after));
            }
            AdminChange::WebhookRemoved(removed) => webhook = Some(removed.as_str()),
            AdminChange::DeliveriesReplayed(count) => deliveries = Some(count),
            AdminChange::ConnectionClosed(id) | AdminChange::EventSent(id) => {
                socket = Some(tracing::field::display(id));
            }
            AdminChange::AppCreated
            | AdminChange::AppEnabled
            | AdminChange::AppDisabled
            | AdminChange::AppDeleted
            | AdminChange::EventPublished => {}
        }
        let Self(peer) = self;
        info!(%peer, %app, key, webhook, url, fields, deliveries, socket, "{}", change.words());
    }
}

impl<S: Sync> FromRequestParts<S> for Author {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        PeerAddress::from_request_parts(parts, state).await.map(Self)
    }
}

/// The names of the fields that differ, separated by commas.
fn different(before: &impl Serialize, after: &impl Serialize) -> String {
    let [before, after] = [serde_json::to_value(before), serde_json::to_value(after)].map(Result::unwrap_or_default);
    let is_equal = |name: &String| before.get(name) == after.get(name);
    let names = [&before, &after].into_iter().filter_map(Value::as_object).flat_map(|object| object.keys());
    let mut names: Vec<_> = names.filter(|name| !is_equal(name)).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}
