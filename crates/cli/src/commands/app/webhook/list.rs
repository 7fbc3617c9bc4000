//! `clairon app webhook list`

use std::fmt::Write;

use anyhow::Context as _;
use clairon_protocol::AppId;
use clairon_registry::{ShownWebhook, Webhook, WebhookKind, Webhooks};

use super::{super::unknown, Context};
use crate::commands::print;

pub(super) async fn run(context: &Context, id: &AppId, show_secret: bool) -> anyhow::Result<()> {
    let app = context.registry().await?.find(id).await?.with_context(|| unknown(id))?;
    if context.json {
        let shown = if show_secret { ShownWebhook::with_secrets } else { ShownWebhook::public };
        let shown: Vec<_> = app.webhooks.iter().map(shown).collect();
        print(format_args!("{}\n", serde_json::to_string_pretty(&shown)?));
    } else {
        print(text(&app.webhooks, show_secret)?);
        if app.webhooks.is_empty() {
            eprintln!("note: the app {id} has no endpoints: `clairon app webhook add {id} --url URL` adds one");
        }
    }
    Ok(())
}

/// Some lines for each endpoint. Unset fields are omitted.
fn text(webhooks: &Webhooks, show_secret: bool) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for webhook in webhooks {
        let url = if show_secret { webhook.url.expose().to_owned() } else { webhook.url.to_string() };
        writeln!(text, "{}  {url}", webhook.id)?;
        writeln!(text, "  {}", state(webhook))?;
        let kinds: Vec<_> = webhook.events.named().map(WebhookKind::as_str).collect();
        writeln!(text, "  events    {}", all_or(&kinds))?;
        let globs: Vec<_> = webhook.channels.iter().collect();
        writeln!(text, "  channels  {}", all_or(&globs))?;
        for (name, value) in webhook.headers.expose() {
            writeln!(text, "  header    {name}: {}", if show_secret { value } else { "…" })?;
        }
        if let Some(secret) = &webhook.secret {
            writeln!(text, "  secret    {}", if show_secret { secret.expose() } else { "…" })?;
        }
    }
    Ok(text)
}

fn state(webhook: &Webhook) -> String {
    let declared = if webhook.declared { ", declared by settings" } else { "" };
    match (webhook.is_enabled(), webhook.state.reason()) {
        (true, _) => format!("enabled{declared}"),
        (false, None) => format!("disabled{declared}"),
        (false, Some(reason)) => format!("switched off by the server: {reason}{declared}"),
    }
}

fn all_or(entries: &[&str]) -> String {
    if entries.is_empty() { "all".to_owned() } else { entries.join(", ") }
}
