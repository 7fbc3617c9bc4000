//! Reads the fields of an endpoint from command line arguments.

use clairon_registry::{ChannelGlobs, InvalidWebhook, Webhook, WebhookHeaders, WebhookKinds, WebhookPatch, WebhookUrl};

use crate::{
    cli::{Hidden, WebhookFields},
    config::Problems,
};

/// Reads the given fields.
///
/// # Errors
/// For the first invalid field. The error contains nothing that may be a secret.
pub(super) fn read(url: Option<Hidden>, fields: WebhookFields) -> Result<WebhookPatch, Problems> {
    let WebhookFields { events, channels, headers, enabled, secret } = fields;
    let wrong = |flag: &'static str| move |error: InvalidWebhook| Problems::one(format_args!("--{flag}: {error}"));
    let list = |text: &str| -> Vec<String> {
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    };
    let secret = secret.map(Hidden::into_inner);
    Ok(WebhookPatch {
        url: url.map(|url| WebhookUrl::parse(&url.into_inner())).transpose().map_err(wrong("url"))?,
        events: events.map(|text| WebhookKinds::parse(&list(&text))).transpose().map_err(wrong("events"))?,
        channels: channels.map(|text| ChannelGlobs::parse(&list(&text))).transpose().map_err(wrong("channels"))?,
        headers: headers.map(read_headers).transpose()?.map(Into::into),
        enabled,
        secret: secret.map(|text| Webhook::parse_secret(&text)).transpose().map_err(wrong("secret"))?,
    })
}

/// Headers in the form `Name: value`. An empty one adds no header.
fn read_headers(typed: Vec<Hidden>) -> Result<WebhookHeaders, Problems> {
    let typed: Vec<String> = typed.into_iter().map(Hidden::into_inner).filter(|header| !header.is_empty()).collect();
    let split = |header: &'_ String| match header.split_once(':') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => {
            Err(Problems::one("--header: a header has a colon between its name and its value, such as 'X-Shop: 1'"))
        }
    };
    let headers = typed.iter().map(split).collect::<Result<Vec<_>, _>>()?;
    WebhookHeaders::parse(headers).map_err(|error| Problems::one(format_args!("--header: {error}")))
}
