//! The JSON form of an endpoint of webhooks.

use std::borrow::Cow;

use clairon_registry::{ShownWebhook, Webhook};
use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::webhook_input::fields;

/// An endpoint of webhooks, in the form of [`clairon_registry::ShownWebhook`].
#[derive(Debug)]
pub(crate) struct WebhookView {
    webhook: Webhook,
    shows_secret: bool,
}

/// The endpoints of an app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookList {
    /// In the order in which they were added.
    webhooks: Vec<WebhookView>,
}

impl WebhookView {
    pub(crate) const fn new(webhook: Webhook, shows_secret: bool) -> Self {
        Self { webhook, shows_secret }
    }
}

impl WebhookList {
    pub(crate) fn new<'a>(webhooks: impl IntoIterator<Item = &'a Webhook>, shows_secret: bool) -> Self {
        let view = |webhook: &Webhook| WebhookView::new(webhook.clone(), shows_secret);
        Self { webhooks: webhooks.into_iter().map(view).collect() }
    }
}

impl Serialize for WebhookView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { webhook, shows_secret } = self;
        let shown = if *shows_secret { ShownWebhook::with_secrets(webhook) } else { ShownWebhook::public(webhook) };
        shown.serialize(serializer)
    }
}

impl PartialSchema for WebhookView {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let declared = ObjectBuilder::new()
            .schema_type(Type::Boolean)
            .description(Some("True if settings declare it. A server that starts with them resets it."));
        let object = fields(ObjectBuilder::new(), false)
            .description(Some(
                "An endpoint: a URL of an app's backend that receives events of the app's channels. `…` replaces secrets.",
            ))
            .property("id", text().pattern(Some("^[0-9a-f]{12}$")).description(Some("The id of the endpoint.")))
            .property("disabled_reason", text().description(Some("The reason why the server disabled it.")))
            .property("declared", declared);
        let required = ["id", "url", "events", "channels", "headers", "enabled", "declared"];
        required.into_iter().fold(object, ObjectBuilder::required).into()
    }
}

impl ToSchema for WebhookView {
    fn name() -> Cow<'static, str> {
        "Webhook".into()
    }
}
