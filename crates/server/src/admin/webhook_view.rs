//! The JSON form of an endpoint of webhooks.

use std::borrow::Cow;

use clairon_registry::{URL_BYTES, WebhookKind};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, Type, schema::AdditionalProperties},
};

/// An endpoint of webhooks, in the form of [`clairon_registry::ShownWebhook`].
#[derive(Debug)]
pub(super) struct WebhookView;

impl PartialSchema for WebhookView {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let flag = || ObjectBuilder::new().schema_type(Type::Boolean);
        let list = |item: ObjectBuilder, description| ArrayBuilder::new().items(item).description(Some(description));
        let kinds = text().enum_values(Some(WebhookKind::ALL.map(WebhookKind::as_str)));
        let headers = ObjectBuilder::new()
            .additional_properties(Some(AdditionalProperties::RefOr(text().into())))
            .description(Some("Headers beside those of the protocol, by name. `…` stands for a value that is hidden."));
        let url = text()
            .max_length(Some(URL_BYTES))
            .description(Some("Where deliveries go. `…` stands for its user and its query where secrets are hidden."));
        let secret = text().description(Some(
            "The secret that signs deliveries, or `…` if it is hidden. Omitted: the newest secret of the app.",
        ));
        ObjectBuilder::new()
            .description(Some("An endpoint: where an app's backend hears what happens in its channels."))
            .property("id", text().pattern(Some("^[0-9a-f]{12}$")).description(Some("What the API calls it.")))
            .property("url", url)
            .property("events", list(kinds, "The kinds of events that it gets; empty: all."))
            .property("channels", list(text(), "The channels of which it hears; `*` stands for any text. Empty: all."))
            .property("headers", headers)
            .property("enabled", flag().description(Some("Whether it gets anything.")))
            .property("disabled_reason", text().description(Some("The reason why the server has switched it off.")))
            .property("secret", secret)
            .property("declared", flag().description(Some("True if settings declare it: they bring it back.")))
            .required("id")
            .required("url")
            .required("events")
            .required("channels")
            .required("headers")
            .required("enabled")
            .required("declared")
            .into()
    }
}

impl ToSchema for WebhookView {
    fn name() -> Cow<'static, str> {
        "Webhook".into()
    }
}
