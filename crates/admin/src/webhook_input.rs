//! The fields of a webhook endpoint in a request.

use clairon_registry::{
    CHANNEL_GLOB_BYTES, CHANNEL_GLOBS, ChannelGlobs, HEADER_NAME_BYTES, HEADER_VALUE_BYTES, HEADERS, HeaderPatch,
    URL_BYTES, Webhook, WebhookKind, WebhookKinds, WebhookPatch, WebhookUrl,
};
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ArrayBuilder, ObjectBuilder, RefOr, Schema, Type,
        schema::{AdditionalProperties, SchemaType},
    },
};

use crate::{
    body::Object,
    invalid_field::{Allowed, InvalidField},
    problem::{Fault, Problem},
};

/// Some fields of an endpoint.
#[derive(Debug)]
pub(crate) struct GivenWebhook(pub(crate) WebhookPatch);

/// An endpoint to add.
#[derive(Debug)]
pub(crate) struct NewWebhook(pub(crate) Webhook);

impl GivenWebhook {
    /// # Errors
    /// All invalid fields.
    pub(crate) fn read(object: Object) -> Result<Self, Problem> {
        let mut patch = WebhookPatch::default();
        let mut faults = Vec::new();
        for (name, value) in object.0 {
            if let Err(invalid) = read(&mut patch, &name, &value) {
                faults.push(Fault::field(&name, invalid.to_string()));
            }
        }
        if faults.is_empty() { Ok(Self(patch)) } else { Err(Problem::fields(faults)) }
    }
}

impl NewWebhook {
    /// # Errors
    /// All invalid fields, or the URL is missing.
    pub(crate) fn read(object: Object) -> Result<Self, Problem> {
        let GivenWebhook(patch) = GivenWebhook::read(object)?;
        let Some(url) = patch.url.clone() else {
            return Err(Problem::fields(vec![Fault::field("url", "url is missing: an endpoint has one")]));
        };
        let mut webhook = Webhook::new(url);
        patch.apply(&mut webhook);
        Ok(Self(webhook))
    }
}

/// Takes `value` for the field called `name`.
fn read(patch: &mut WebhookPatch, name: &str, value: &Value) -> Result<(), InvalidField> {
    match (name, value) {
        ("url", Value::String(text)) => patch.url = Some(WebhookUrl::parse(text)?),
        ("events", Value::Array(items)) => patch.events = Some(WebhookKinds::parse(&texts("events", value, items)?)?),
        ("channels", Value::Array(items)) => {
            patch.channels = Some(ChannelGlobs::parse(&texts("channels", value, items)?)?);
        }
        ("headers", Value::Object(map)) => {
            let text = |(name, value): (&'_ String, &'_ Value)| match value {
                Value::String(text) => Ok((name.clone(), Some(text.clone()))),
                Value::Null => Ok((name.clone(), None)),
                other => Err(InvalidField::wrong("the value of a header", other, Allowed::Text)),
            };
            patch.headers = Some(HeaderPatch::parse(map.iter().map(text).collect::<Result<Vec<_>, _>>()?)?);
        }
        ("enabled", Value::Bool(enabled)) => patch.enabled = Some(*enabled),
        ("secret", Value::String(text)) => patch.secret = Some(Webhook::parse_secret(text)?),
        ("secret", Value::Null) => patch.secret = Some(None),
        ("url", other) => return Err(InvalidField::wrong("url", other, Allowed::Text)),
        ("events", other) => return Err(InvalidField::wrong("events", other, Allowed::Texts)),
        ("channels", other) => return Err(InvalidField::wrong("channels", other, Allowed::Texts)),
        ("headers", other) => return Err(InvalidField::wrong("headers", other, Allowed::TextsByName)),
        ("enabled", other) => return Err(InvalidField::wrong("enabled", other, Allowed::Flag)),
        ("secret", other) => return Err(InvalidField::wrong("secret", other, Allowed::Text)),
        (name, _) => return Err(InvalidField::unknown_of(name, "an endpoint that can be set")),
    }
    Ok(())
}

fn texts<'a>(name: &'static str, value: &Value, items: &'a [Value]) -> Result<Vec<&'a str>, InvalidField> {
    let texts: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
    texts.ok_or_else(|| InvalidField::wrong(name, value, Allowed::Texts))
}

/// Adds the fields that a request can set to the schema of an object. For a request it adds their patterns and limits
/// too.
pub(crate) fn fields(object: ObjectBuilder, is_request: bool) -> ObjectBuilder {
    let form = |form: &str| is_request.then(|| form.to_owned());
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let kind = text().enum_values(Some(WebhookKind::ALL.map(WebhookKind::as_str)));
    let glob = text().min_length(Some(1)).max_length(Some(CHANNEL_GLOB_BYTES)).pattern(form("^[A-Za-z0-9_=@,.;*-]+$"));
    let header = text_or_null(is_request).max_length(Some(HEADER_VALUE_BYTES)).pattern(form("^[\\t -~]*$"));
    let header_name = text().min_length(Some(1)).max_length(Some(HEADER_NAME_BYTES));
    let headers = ObjectBuilder::new()
        .property_names(Some(header_name.pattern(form("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"))))
        .additional_properties(Some(AdditionalProperties::RefOr(header.into())))
        .max_properties(Some(HEADERS))
        .description(Some(
            "All headers for it, by name; in a request, null keeps the value that a header has. The server itself sets \
             Host, Connection and the like, and those that begin with Content-, Proxy-, X-Pusher- and X-Clairon-.",
        ));
    let url = text()
        .max_length(Some(URL_BYTES))
        .pattern(is_request.then(url_pattern))
        .description(Some("Where deliveries go: an http or https URL. A user in it becomes Basic authentication."));
    let secret = text_or_null(is_request)
        .max_length(Some(256))
        .pattern(form(r"^[^\u0000-\u001f\u007f-\u009f…]*$"))
        .description(Some("The secret that signs deliveries. Empty, null or absent: the newest secret of the app."));
    let events =
        ArrayBuilder::new().items(kind).description(Some("The kinds of events that it receives. Empty: all kinds."));
    let channels = ArrayBuilder::new()
        .items(glob)
        .max_items(Some(CHANNEL_GLOBS))
        .description(Some("Its channels, as patterns; `*` matches any text. Empty: all channels."));
    let enabled = ObjectBuilder::new().schema_type(Type::Boolean).description(Some("False: it receives nothing."));
    object
        .property("url", url)
        .property("events", events)
        .property("channels", channels)
        .property("headers", headers)
        .property("enabled", enabled)
        .property("secret", secret)
}

/// A text, or in a request null too.
fn text_or_null(is_request: bool) -> ObjectBuilder {
    let types = if is_request { SchemaType::from_iter([Type::String, Type::Null]) } else { Type::String.into() };
    ObjectBuilder::new().schema_type(types)
}

/// The pattern of a URL in the schema. The registry accepts more: IPv6 addresses and letters of all languages.
fn url_pattern() -> String {
    const USER: &str = "[A-Za-z0-9._~-]+(:[A-Za-z0-9._~-]*)?@";
    const LABEL: &str = "[A-Za-z0-9]+(-[A-Za-z0-9]+)*";
    const LAST: &str = "[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*";
    const BYTE: &str = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
    const PORT: &str = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";
    const TEXT: &str = "[A-Za-z0-9._~!$&'()*+,;=:@/-]*";
    let host = format!(r"(({LABEL}\.)*{LAST}|({BYTE}\.){{3}}{BYTE})");
    format!(r"^https?://({USER})?{host}(:{PORT})?(/{TEXT})?(\?{TEXT})?$")
}

impl PartialSchema for GivenWebhook {
    fn schema() -> RefOr<Schema> {
        fields(ObjectBuilder::new(), true)
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .description(Some("The fields to change. Absent fields stay as they are."))
            .into()
    }
}

impl ToSchema for GivenWebhook {
    fn name() -> std::borrow::Cow<'static, str> {
        "WebhookPatch".into()
    }
}

impl PartialSchema for NewWebhook {
    fn schema() -> RefOr<Schema> {
        fields(ObjectBuilder::new(), true)
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .required("url")
            .description(Some("An endpoint to add."))
            .into()
    }
}

impl ToSchema for NewWebhook {}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(json: &str) -> Object {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_endpoint_is_read() {
        let json = r#"{"url": "https://a.test/?x", "events": ["cache_miss"], "channels": ["a*"],
            "headers": {"X-Shop": "1"}, "enabled": false, "secret": "hunter2"}"#;
        let NewWebhook(webhook) = NewWebhook::read(object(json)).unwrap();
        assert_eq!(webhook.url.expose(), "https://a.test/?x");
        assert!(webhook.events.named().eq([WebhookKind::CacheMiss]) && webhook.channels.iter().eq(["a*"]));
        assert!(webhook.headers.expose().eq([("X-Shop", "1")]) && !webhook.is_enabled());
        assert_eq!(webhook.secret.as_ref().unwrap().expose(), "hunter2");
        for without in [r#"{"secret": null}"#, r#"{"secret": ""}"#] {
            assert_eq!(GivenWebhook::read(object(without)).unwrap().0.secret, Some(None));
        }
    }

    #[test]
    fn all_faults_are_told_at_once_and_without_secrets() {
        let json = r#"{"url": "a.test?hunter2", "events": ["x"], "channels": [1], "headers": {"X-A": "hunter2\n"},
            "enabled": "hunter2", "secret": 1, "id": "hunter2"}"#;
        let problem = serde_json::to_value(NewWebhook::read(object(json)).unwrap_err()).unwrap();
        assert_eq!(problem["errors"].as_array().unwrap().len(), 7);
        assert!(!problem.to_string().contains("hunter2"), "{problem}");
        let missing = serde_json::to_value(NewWebhook::read(object("{}")).unwrap_err()).unwrap();
        assert_eq!(missing["errors"][0]["pointer"], "#/url");
    }
}
