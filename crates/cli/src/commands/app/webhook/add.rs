//! `clairon app webhook add`

use anyhow::Context as _;
use clairon_registry::{App, ShownWebhook, Webhook};

use super::{super::unknown, Context, patch, warn_of_switches};
use crate::{cli::AddArguments, config::Problems};

pub(super) async fn run(context: &Context, arguments: AddArguments) -> anyhow::Result<()> {
    let AddArguments { id, url, fields } = arguments;
    let patch = patch::read(Some(url), fields)?;
    let mut webhook = Webhook::new(patch.url.clone().context("an endpoint has a URL")?);
    patch.apply(&mut webhook);
    webhook.validate().map_err(Problems::one)?;
    let add = |app: &mut App| app.webhooks.add(webhook.clone());
    let update = context.registry().await?.update(&id, &add).await?.with_context(|| unknown(&id))?;
    let text = format!("added the endpoint {} to {id}: {}\n", webhook.id, webhook.url);
    context.tell(&text, &ShownWebhook::public(&webhook))?;
    warn_of_switches(&update.after, &webhook);
    Ok(())
}
