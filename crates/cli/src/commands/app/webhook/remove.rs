//! `clairon app webhook remove`

use anyhow::Context as _;
use clairon_registry::{App, WebhookId};
use serde_json::json;

use super::{super::unknown, Context, find, warn_if_declared};
use crate::cli::EndpointArguments;

pub(super) async fn run(context: &Context, endpoint: EndpointArguments) -> anyhow::Result<()> {
    let EndpointArguments { id, webhook } = endpoint;
    let typed = webhook.into_inner();
    let remove = |app: &mut App| {
        if let Some(webhook) = WebhookId::parse(&typed) {
            app.webhooks.remove(&webhook);
        }
    };
    let update = context.registry().await?.update(&id, &remove).await?.with_context(|| unknown(&id))?;
    let removed = find(&update.before, &typed)?;
    let text = format!("removed the endpoint {} of {id}: {}\n", removed.id, removed.url);
    context.tell(&text, &json!({ "id": id, "webhook": removed.id.as_str(), "removed": true }))?;
    warn_if_declared(context, removed);
    Ok(())
}
