//! Reads and changes of the registry.

use std::time::Duration;

use clairon_protocol::AppId;
use clairon_registry::{App, RegistryError, Webhook, WebhookId, within};
use clairon_server::{background, node::Node};
use tracing::warn;

use crate::problem::Problem;

/// The timeout for an answer of the registry.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Awaits a read of the registry.
pub(crate) async fn ask<T>(question: impl Future<Output = Result<T, RegistryError>>) -> Result<T, Problem> {
    within(ANSWER_TIMEOUT, question).await.map_err(Problem::from)
}

/// Finds an app. The problem is 404 if there is none.
pub(crate) async fn find_app(node: &Node, id: &AppId) -> Result<App, Problem> {
    ask(node.registry.find(id)).await?.ok_or_else(Problem::no_app)
}

/// Finds an endpoint of an app, and the app. The problem is 404 if either does not exist.
pub(crate) async fn find_webhook(node: &Node, id: &AppId, webhook: &WebhookId) -> Result<(App, Webhook), Problem> {
    let app = find_app(node, id).await?;
    let webhook = app.webhooks.find(webhook).cloned().ok_or_else(Problem::no_webhook)?;
    Ok((app, webhook))
}

/// Awaits a change of the registry, and applies it on this node. Other nodes apply it within a second.
pub(crate) async fn change<T>(
    node: &Node,
    change: impl Future<Output = Result<T, RegistryError>>,
) -> Result<T, Problem> {
    let changed = node.write(ANSWER_TIMEOUT, change).await.map_err(Problem::from)?;
    if let Err(error) = background::refresh(node).await {
        warn!(%error, "an app was changed, and this node will act on it once the registry can be read again");
    }
    Ok(changed)
}
