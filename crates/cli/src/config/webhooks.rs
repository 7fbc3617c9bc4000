//! The endpoints of webhooks that an app is declared with.

use std::fmt::Display;

use clairon_registry::{ChannelGlobs, Webhook, WebhookHeaders, WebhookKinds, WebhookState, WebhookUrl};

use super::{
    fields::{Fields, Table, Value},
    problem::unknown,
};

/// Every field of an endpoint.
const FIELDS: [&str; 6] = ["url", "events", "channels", "headers", "enabled", "secret"];

/// A declared endpoint.
pub(super) enum WebhookDeclaration {
    /// One `[[apps.webhooks]]` table, or what stands for one in a variable.
    Written {
        /// What problems call it.
        written: String,
        fields: Table,
    },
    /// An endpoint from a variable of another server.
    Read(Box<Webhook>),
}

/// Reads the endpoints. `None`: there are none, or something is wrong with one of them.
pub(super) fn read(fields: &mut Fields<'_>) -> Option<Vec<Webhook>> {
    match fields.value("webhooks")? {
        Value::Webhooks(declarations) => {
            let read = |declaration: &_| match declaration {
                WebhookDeclaration::Written { written, fields: table } => read_webhook(written, table, fields),
                WebhookDeclaration::Read(webhook) => Some(Webhook::clone(webhook)),
            };
            declarations.iter().map(read).collect::<Vec<_>>().into_iter().collect()
        }
        Value::Toml(value) if value.as_array().is_some_and(Vec::is_empty) => Some(Vec::new()),
        Value::Toml(_) | Value::Text(_) => {
            fields.refuse("webhooks", "allowed are [[apps.webhooks]] tables");
            None
        }
    }
}

fn read_webhook(written: &str, table: &Table, app: &mut Fields<'_>) -> Option<Webhook> {
    let mut fields = app.of_table(table);
    let unknown_fields = table.iter().filter(|(name, _)| !FIELDS.contains(&name.as_str()));
    for (name, entry) in unknown_fields {
        fields.problem(unknown(&entry.written, name, &FIELDS));
    }
    if !table.contains_key("url") {
        fields.problem(format_args!("{written} is there without url: an endpoint has one"));
    }
    let url = fields.secret("url", WebhookUrl::parse);
    let lists = [fields.list("events"), fields.list("channels")].map(Option::unwrap_or_default);
    let [events, channels] = &lists;
    let events = checked(&mut fields, "events", WebhookKinds::parse(events));
    let channels = checked(&mut fields, "channels", ChannelGlobs::parse(channels));
    let headers = fields.texts("headers").unwrap_or_default();
    let headers = checked(&mut fields, "headers", WebhookHeaders::parse(headers));
    let enabled = fields.flag("enabled").unwrap_or(true);
    let secret = fields.secret("secret", Webhook::parse_secret).flatten();
    let webhook = Webhook {
        events: events?,
        channels: channels?,
        headers: headers?,
        state: WebhookState::of(enabled),
        secret,
        ..Webhook::new(url?)
    };
    if let Err(error) = webhook.validate() {
        fields.problem(format_args!("{written}: {error}"));
        return None;
    }
    Some(webhook)
}

/// The value, or a problem with the field that says all of itself.
fn checked<T>(fields: &mut Fields<'_>, name: &str, value: Result<T, impl Display>) -> Option<T> {
    value.map_err(|error| fields.explain(name, error)).ok()
}
