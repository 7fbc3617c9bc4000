//! The settable fields of an app: one table, from which settings, variables, command line, admin API and database are
//! derived.

use std::fmt;

use clairon_protocol::{LIMITS, Limit};
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    app::{App, SWITCHES, Switch},
    origins::AllowedOrigins,
    webhooks::{ShownWebhook, Webhooks},
};

/// A field of an app other than its id and its credentials.
#[derive(Clone, Copy, Debug)]
pub enum AppField {
    /// [`App::name`].
    Name,
    /// [`App::allowed_origins`].
    AllowedOrigins,
    /// [`App::webhooks`].
    Webhooks,
    /// A boolean field.
    Switch(&'static Switch),
    /// One of [`App::limits`].
    Limit(&'static Limit),
}

/// A field with its value. In JSON it is the value: a string, a list of strings, a list of endpoints, a boolean or a
/// number.
#[derive(Clone, Debug)]
pub enum FieldValue {
    /// [`App::name`].
    Name(String),
    /// [`App::allowed_origins`].
    AllowedOrigins(AllowedOrigins),
    /// [`App::webhooks`]. In JSON they are [without their secrets](ShownWebhook::public).
    Webhooks(Webhooks),
    /// The value of a switch.
    Switch(&'static Switch, bool),
    /// The value of a limit; 0 if there is no limit.
    Limit(&'static Limit, u32),
}

/// Fields of an app with their values. In JSON they are an object.
#[derive(Clone, Debug)]
pub struct AppFields {
    values: Vec<(AppField, FieldValue)>,
    shows_secrets: bool,
}

impl AppField {
    /// The table: every field, in the order in which fields are shown and stored.
    pub fn all() -> impl Iterator<Item = Self> {
        let switches = SWITCHES.iter().map(Self::Switch);
        [Self::Name, Self::AllowedOrigins, Self::Webhooks]
            .into_iter()
            .chain(switches)
            .chain(LIMITS.iter().map(Self::Limit))
    }

    /// The fields for which [`is_plain`](Self::is_plain) is true.
    pub fn plain() -> impl Iterator<Item = Self> {
        Self::all().filter(|field| field.is_plain())
    }

    /// True for a field with a single value, which a variable, a flag or a patch can set. False for the endpoints,
    /// because each has its own fields.
    #[must_use]
    pub const fn is_plain(self) -> bool {
        !matches!(self, Self::Webhooks)
    }

    /// The field with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|field| field.name() == name)
    }

    /// The name of the setting, the database column and the field of the admin API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::AllowedOrigins => "allowed_origins",
            Self::Webhooks => Webhooks::FIELD,
            Self::Switch(switch) => switch.name,
            Self::Limit(limit) => limit.name,
        }
    }

    /// The value in `app`.
    #[must_use]
    pub fn value(self, app: &App) -> FieldValue {
        match self {
            Self::Name => FieldValue::Name(app.name.clone()),
            Self::AllowedOrigins => FieldValue::AllowedOrigins(app.allowed_origins.clone()),
            Self::Webhooks => FieldValue::Webhooks(app.webhooks.clone()),
            Self::Switch(switch) => FieldValue::Switch(switch, switch.get(app)),
            Self::Limit(limit) => FieldValue::Limit(limit, limit.get(&app.limits)),
        }
    }
}

/// The description, with the unit.
impl fmt::Display for AppField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("What people call the app"),
            Self::AllowedOrigins => f.write_str("The origins that browsers may connect from; empty for all"),
            Self::Webhooks => f.write_str("Where its backend hears what happens in its channels"),
            Self::Switch(switch) => f.write_str(switch.meaning),
            Self::Limit(limit) => limit.fmt(f),
        }
    }
}

impl FieldValue {
    /// Sets the value in `app`, even if it is out of range. [`App::validate`] checks the range.
    pub fn give_to(&self, app: &mut App) {
        match self {
            Self::Name(name) => app.name.clone_from(name),
            Self::AllowedOrigins(origins) => app.allowed_origins.clone_from(origins),
            Self::Webhooks(webhooks) => app.webhooks.clone_from(webhooks),
            Self::Switch(switch, is_on) => switch.set(app, *is_on),
            Self::Limit(limit, number) => limit.set(&mut app.limits, *number),
        }
    }
}

impl Serialize for FieldValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Name(name) => name.serialize(serializer),
            Self::AllowedOrigins(origins) => origins.serialize(serializer),
            Self::Webhooks(webhooks) => serializer.collect_seq(webhooks.iter().map(ShownWebhook::public)),
            Self::Switch(_, is_on) => is_on.serialize(serializer),
            Self::Limit(_, number) => number.serialize(serializer),
        }
    }
}

impl AppFields {
    /// All fields of `app`, without the secrets of endpoints.
    #[must_use]
    pub fn of(app: &App) -> Self {
        Self { values: AppField::all().map(|field| (field, field.value(app))).collect(), shows_secrets: false }
    }

    /// All fields of `app`, with the secrets of endpoints, for callers that were explicitly asked to show them.
    #[must_use]
    pub fn with_secrets(app: &App) -> Self {
        Self { shows_secrets: true, ..Self::of(app) }
    }

    /// Only the [plain](AppField::plain) fields.
    #[must_use]
    pub fn only_plain(mut self) -> Self {
        self.values.retain(|(field, _)| field.is_plain());
        self
    }
}

impl Serialize for AppFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values.len()))?;
        for (field, value) in &self.values {
            match value {
                FieldValue::Webhooks(webhooks) if self.shows_secrets => {
                    let shown: Vec<_> = webhooks.iter().map(ShownWebhook::with_secrets).collect();
                    map.serialize_entry(field.name(), &shown)?;
                }
                value => map.serialize_entry(field.name(), value)?,
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::{Webhook, WebhookUrl};

    #[test]
    fn a_value_is_given_to_its_field_and_to_no_other() {
        let before = App::random();
        for field in AppField::all() {
            let value = match field {
                AppField::Name => FieldValue::Name("Shop".to_owned()),
                AppField::AllowedOrigins => FieldValue::AllowedOrigins(AllowedOrigins::parse(&["a.test"]).unwrap()),
                AppField::Webhooks => {
                    let webhook = Webhook::new(WebhookUrl::parse("http://a.test").unwrap());
                    FieldValue::Webhooks([webhook].into_iter().collect())
                }
                AppField::Switch(switch) => FieldValue::Switch(switch, !switch.get(&before)),
                AppField::Limit(limit) => FieldValue::Limit(limit, limit.max - 1),
            };
            let mut after = before.clone();
            value.give_to(&mut after);
            let json = |app| serde_json::to_value(AppFields::of(app)).unwrap();
            let (old, new) = (json(&before), json(&after));
            assert_eq!(new[field.name()], serde_json::to_value(&value).unwrap());
            let changed = AppField::all().filter(|field| old[field.name()] != new[field.name()]).count();
            assert_eq!(changed, 1, "{}", field.name());
        }
    }
}
