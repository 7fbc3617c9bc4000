//! The JSON form of an endpoint.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use super::{
    HIDDEN,
    channels::ChannelGlobs,
    headers::WebhookHeaders,
    id::WebhookId,
    invalid::InvalidWebhook,
    kind::{WebhookKind, WebhookKinds},
    url::WebhookUrl,
    webhook::{Webhook, WebhookState},
};

/// An endpoint as JSON. With its secrets this is the stored form.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownWebhook<'a> {
    id: Cow<'a, str>,
    url: Cow<'a, str>,
    /// Empty: all kinds.
    events: Vec<Cow<'a, str>>,
    /// Empty: all channels.
    channels: Vec<Cow<'a, str>>,
    /// By name.
    headers: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    enabled: bool,
    /// The reason why the server disabled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disabled_reason: Option<Cow<'a, str>>,
    /// Absent: the newest secret of the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<Cow<'a, str>>,
    /// True if settings declare it.
    declared: bool,
}

impl<'a> ShownWebhook<'a> {
    /// The endpoint with `…` in place of its secret, its header values, and the secret parts of its URL.
    #[must_use]
    pub fn public(webhook: &'a Webhook) -> Self {
        Self {
            url: webhook.url.to_string().into(),
            headers: webhook.headers.names().map(|name| (name.into(), HIDDEN.into())).collect(),
            secret: webhook.secret.as_ref().map(|_| HIDDEN.into()),
            ..Self::with_secrets(webhook)
        }
    }

    /// The whole endpoint, for output that was explicitly requested with secrets.
    #[must_use]
    pub fn with_secrets(webhook: &'a Webhook) -> Self {
        Self {
            id: webhook.id.as_str().into(),
            url: webhook.url.expose().into(),
            events: webhook.events.named().map(|kind| WebhookKind::as_str(kind).into()).collect(),
            channels: webhook.channels.iter().map(Cow::from).collect(),
            headers: webhook.headers.expose().map(|(name, value)| (name.into(), value.into())).collect(),
            enabled: webhook.is_enabled(),
            disabled_reason: webhook.state.reason().map(Cow::from),
            secret: webhook.secret.as_ref().map(|secret| secret.expose().into()),
            declared: webhook.declared,
        }
    }

    /// Converts an endpoint that contains its secrets.
    ///
    /// # Errors
    /// For the first invalid field.
    pub(super) fn into_webhook(self) -> Result<Webhook, InvalidWebhook> {
        let state = match self.disabled_reason {
            _ if self.enabled => WebhookState::Enabled,
            Some(reason) => WebhookState::disabled(&reason),
            None => WebhookState::of(false),
        };
        Ok(Webhook {
            id: WebhookId::parse(&self.id).ok_or(InvalidWebhook::Id)?,
            url: WebhookUrl::parse(&self.url)?,
            events: WebhookKinds::parse(&self.events)?,
            channels: ChannelGlobs::parse(&self.channels)?,
            headers: WebhookHeaders::parse(self.headers)?,
            secret: Webhook::parse_secret(self.secret.as_deref().unwrap_or_default())?,
            state,
            declared: self.declared,
        })
    }
}
