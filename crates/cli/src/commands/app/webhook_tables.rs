//! Endpoints of webhooks as tables of a settings file.

use std::collections::BTreeMap;

use clairon_registry::{Webhook, WebhookKind, Webhooks};
use serde::Serialize;

/// What a settings file says of an endpoint. Tables stand behind values.
#[derive(Serialize)]
struct Table<'a> {
    url: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    channels: Vec<&'a str>,
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<&'a str, &'a str>,
}

/// One `[[apps.webhooks]]` table for each endpoint, with its id in a comment. Where secrets are hidden, `…` stands for
/// them, which the settings refuse.
pub(super) fn text(webhooks: &Webhooks, show_secret: bool) -> Result<String, toml::ser::Error> {
    webhooks.iter().map(|webhook| table(webhook, show_secret)).collect()
}

fn table(webhook: &Webhook, show_secret: bool) -> Result<String, toml::ser::Error> {
    let secret = |secret| if show_secret { secret } else { "…" };
    let table = Table {
        url: if show_secret { webhook.url.expose().to_owned() } else { webhook.url.to_string() },
        events: webhook.events.named().map(WebhookKind::as_str).collect(),
        channels: webhook.channels.iter().collect(),
        enabled: webhook.is_enabled(),
        secret: webhook.secret.as_ref().map(|own| secret(own.expose())),
        headers: webhook.headers.expose().map(|(name, value)| (name, secret(value))).collect(),
    };
    let reason = webhook.state.reason().map(|reason| format!("# switched off: {reason}\n")).unwrap_or_default();
    let table = toml::to_string(&BTreeMap::from([("apps", BTreeMap::from([("webhooks", [table])]))]))?;
    Ok(format!("\n# endpoint {}\n{reason}{table}", webhook.id))
}
