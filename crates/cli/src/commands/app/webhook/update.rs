//! `clairon app webhook update`

use anyhow::{Context as _, ensure};
use clairon_registry::{App, ShownWebhook, Webhook, WebhookId};
use serde_json::{Map, Value, json};

use super::{
    super::{
        difference::{self, Difference},
        unknown,
    },
    Context, find, patch, warn_if_declared, warn_of_switches,
};
use crate::{
    cli::{EndpointArguments, Hidden, WebhookFields},
    config::Problems,
};

/// Changes all given fields at once, or none, and prints the changes.
pub(super) async fn run(
    context: &Context,
    endpoint: EndpointArguments,
    url: Option<Hidden>,
    fields: WebhookFields,
) -> anyhow::Result<()> {
    let EndpointArguments { id, webhook } = endpoint;
    let typed = webhook.into_inner();
    let patch = patch::read(url, fields)?;
    let nothing =
        || Problems::one("there is nothing to change: `clairon app webhook update --help` lists what there is");
    ensure!(!patch.is_empty(), nothing());
    let change = |app: &mut App| {
        if let Some(webhook) = WebhookId::parse(&typed) {
            app.webhooks.change(&webhook, |webhook| patch.apply(webhook));
        }
    };
    let update = context.registry().await?.update(&id, &change).await?.with_context(|| unknown(&id))?;
    let (before, after) = (find(&update.before, &typed)?, find(&update.after, &typed)?);
    let differences = differences(before, after)?;
    let text = match differences.as_slice() {
        [] => format!("nothing changed: the endpoint {} is like that already\n", after.id),
        differences => format!("changed the endpoint {} of {id}\n{}", after.id, difference::text(differences)),
    };
    let changed = difference::json(differences);
    context.tell(&text, &json!({ "id": id, "webhook": after.id.as_str(), "changed": changed }))?;
    warn_of_switches(&update.after, after);
    warn_if_declared(context, after);
    Ok(())
}

/// The changed fields, in the form that hides secrets.
fn differences(before: &Webhook, after: &Webhook) -> serde_json::Result<Vec<Difference>> {
    let [old, new] = [before, after].map(|webhook| fields(&ShownWebhook::with_secrets(webhook)));
    let [shown_old, shown_new] = [before, after].map(|webhook| fields(&ShownWebhook::public(webhook)));
    let (old, new, shown_old, shown_new) = (old?, new?, shown_old?, shown_new?);
    let names = ["url", "events", "channels", "headers", "enabled", "secret"];
    let value = |fields: &Map<String, Value>, name: &str| fields.get(name).cloned().unwrap_or_default();
    let different = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    let difference = |field| Difference { field, from: value(&shown_old, field), to: value(&shown_new, field) };
    Ok(different.map(difference).collect())
}

fn fields(shown: &ShownWebhook<'_>) -> serde_json::Result<Map<String, Value>> {
    let value = serde_json::to_value(shown)?;
    serde_json::from_value(value)
}
