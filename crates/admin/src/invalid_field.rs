//! The reasons why a field in a request is refused.

use clairon_protocol::error::InvalidId;
use clairon_registry::{InvalidWebhook, RegistryError};
use serde_json::Value;

use crate::problem::shown;

/// The problem of a field. It does not repeat text of the request, which may be a secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidField {
    #[error("{name} is {given}, {allowed}")]
    Value { name: &'static str, given: String, allowed: Allowed },
    #[error("{name}: {cause}")]
    Id { name: &'static str, cause: InvalidId },
    #[error("{0}")]
    Origin(#[from] RegistryError),
    #[error("{0}")]
    Webhook(#[from] InvalidWebhook),
    #[error("{name} cannot be changed: /apps/{{id}}/keys adds keys and removes them")]
    Fixed { name: &'static str },
    #[error("webhooks cannot be changed here: /apps/{{id}}/webhooks adds endpoints, changes and removes them")]
    Webhooks,
    #[error("{shown:?} ({size} bytes) is not a field of {what}")]
    Unknown { shown: String, size: usize, what: &'static str },
}

/// The allowed values of a field.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum Allowed {
    #[error("allowed is a text")]
    Text,
    #[error("allowed is a list of texts")]
    Texts,
    #[error("allowed is a list of at most 1000 ids of deliveries, each of 24 hexadecimal digits in lower case")]
    Deliveries,
    #[error("allowed is a time such as 2026-11-01T12:00:00Z")]
    Time,
    #[error("allowed is the id of an endpoint, which has 12 hexadecimal digits in lower case")]
    Webhook,
    #[error("allowed is an object of texts")]
    TextsByName,
    #[error("allowed are true and false")]
    Flag,
    #[error("allowed are whole numbers from {min} to {max}")]
    Numbers { min: u32, max: u32 },
}

impl InvalidField {
    pub(crate) fn wrong(name: &'static str, value: &Value, allowed: Allowed) -> Self {
        Self::Value { name, given: kind(value), allowed }
    }

    /// The error for a field that is not in the table.
    pub(crate) fn unknown(name: &str) -> Self {
        match ["id", "key", "secret", "keys"].into_iter().find(|fixed| *fixed == name) {
            Some(name) => Self::Fixed { name },
            None => Self::Unknown { shown: shown(name).to_owned(), size: name.len(), what: "an app" },
        }
    }

    /// The error for an unknown field of `what`, an object other than an app.
    pub(crate) fn unknown_of(name: &str, what: &'static str) -> Self {
        Self::Unknown { shown: shown(name).to_owned(), size: name.len(), what }
    }
}

/// Describes a value without its text, which may be a secret.
fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("a text of {} bytes", text.len()),
        Value::Array(items) => format!("a list of {} entries", items.len()),
        Value::Object(_) => "an object".to_owned(),
    }
}
