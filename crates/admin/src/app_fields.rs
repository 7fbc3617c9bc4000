//! The fields of an app in the admin API, derived from the table of fields.

use std::borrow::Cow;

use clairon_registry::{App, AppField, AppFields, NAME_BYTES, WEBHOOKS};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, ObjectBuilder, Ref, RefOr, Schema, Type, schema::AdditionalProperties},
};

use crate::webhook_view::WebhookView;

/// The settable fields of an app.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct ShownFields(AppFields);

impl ShownFields {
    /// The fields of `app`.
    pub(crate) fn of(app: &App) -> Self {
        Self(AppFields::of(app))
    }

    /// The fields of `app`, including the secrets of its endpoints.
    pub(crate) fn with_secrets(app: &App) -> Self {
        Self(AppFields::with_secrets(app))
    }
}

impl PartialSchema for ShownFields {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new().description(Some("The settable fields of an app."));
        AppField::all()
            .fold(object, |object, field| object.property(field.name(), schema(field, None)).required(field.name()))
            .into()
    }
}

impl ToSchema for ShownFields {
    fn name() -> Cow<'static, str> {
        "AppFields".into()
    }
}

/// The schema of fields in a request: an object with any of them and no others.
pub(crate) fn given_fields() -> ObjectBuilder {
    let object = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(false)));
    AppField::plain().fold(object, |object, field| object.property(field.name(), schema(field, Some(origin_pattern()))))
}

/// The schema of a field. `origin_pattern` is the pattern for entries of a list of origins.
fn schema(field: AppField, origin_pattern: Option<String>) -> Schema {
    let description = Some(format!("{field}."));
    let object = ObjectBuilder::new();
    let object = match field {
        AppField::Name => object
            .schema_type(Type::String)
            .max_length(Some(NAME_BYTES))
            .pattern(Some(r"^[^\u0000-\u001f\u007f-\u009f]*$")),
        AppField::AllowedOrigins => {
            let entry = object.schema_type(Type::String).min_length(Some(1)).max_length(Some(255));
            let origins = ArrayBuilder::new().items(entry.pattern(origin_pattern)).max_items(Some(100));
            return Schema::Array(origins.description(Some(ORIGINS)).build());
        }
        AppField::Webhooks => {
            let webhooks =
                ArrayBuilder::new().items(Ref::from_schema_name(WebhookView::name())).max_items(Some(WEBHOOKS));
            return Schema::Array(webhooks.description(description).build());
        }
        AppField::Switch(_) => object.schema_type(Type::Boolean),
        AppField::Limit(limit) => object.schema_type(Type::Integer).minimum(Some(limit.min)).maximum(Some(limit.max)),
    };
    Schema::Object(object.description(description).build())
}

const ORIGINS: &str = "The origins that browsers may connect from; none for all. An entry is an origin, a host, or a host \
                       and a port, in which `*` stands for any text; one that no page's origin can match is refused.";

/// The pattern for entries of `allowed_origins`. The registry accepts more: IPv6 addresses, and letters of all
/// languages.
fn origin_pattern() -> String {
    const STAR_OR_NAME: &str = r"([A-Za-z0-9_*-]+|[A-Za-z0-9_ß-öø-ÿ-]+)";
    const LAST: &str = r"([A-Za-z_*][A-Za-z0-9_*-]*|[A-Za-z_ß-öø-ÿ][A-Za-z0-9_ß-öø-ÿ-]*)";
    const BYTE: &str = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
    const PORT: &str = r"(\*|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";
    let host = format!(r"(({STAR_OR_NAME}\.)*{LAST}|({BYTE}\.){{3}}{BYTE}|\[::1\])");
    format!("^(null|file:///?|((\\*|[A-Za-z][A-Za-z0-9+.-]*)://)?{host}(:{PORT})?/?)$")
}
