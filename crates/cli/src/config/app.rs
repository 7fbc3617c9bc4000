//! Apps that the settings declare, and the defaults for new apps.

use std::convert::Infallible;

use clairon_protocol::{AppId, AppKey, LIMITS, Limits, Secret};
use clairon_registry::{AllowedOrigins, App, AppField, Credential, FieldValue};

use super::{
    fields::{Fields, Table},
    problem::{Problems, unknown},
    webhooks,
};

/// The required fields of an app.
pub(super) const CREDENTIALS: [&str; 3] = ["id", "key", "secret"];

/// Every field of an app.
fn fields() -> impl Iterator<Item = &'static str> {
    CREDENTIALS.into_iter().chain(AppField::all().map(AppField::name))
}

/// An app, as it was written.
pub(super) struct Declaration {
    /// The name of the app in problems.
    pub(super) written: String,
    /// Returns the spelling of a field's name in the source of this app.
    pub(super) spell: fn(&str) -> String,
    pub(super) fields: Table,
}

/// Reads the section `limits`, the defaults for new apps.
pub(super) fn read_limits(fields: &mut Fields<'_>) -> Limits {
    let mut limits = Limits::default();
    for limit in &LIMITS {
        if let Some(number) = fields.number(&format!("limits.{}", limit.name), limit.min..=limit.max) {
            limit.set(&mut limits, number);
        }
    }
    limits
}

impl Declaration {
    /// Parses the app. `None` if it has problems.
    pub(super) fn read(&self, limits: Limits, problems: &mut Problems) -> Option<App> {
        self.refuse_unknown(problems);
        self.refuse_missing(problems);
        let mut fields = Fields::new(&self.fields, problems);
        // If two credentials are swapped, the error must not show the secret.
        let id = fields.secret("id", AppId::parse);
        let key = fields.secret("key", AppKey::parse);
        let secret = fields.secret("secret", Secret::parse);
        // The other fields are checked even if the credentials are invalid.
        let mut app = App { limits, ..App::random() };
        for value in read_fields(&mut fields) {
            value.give_to(&mut app);
        }
        let mut app = App { id: id?, credentials: Credential::new(key?, secret?).into(), ..app };
        app.declare_webhooks();
        if let Err(error) = app.validate() {
            problems.add(format_args!("{}: {error}", self.written));
        }
        Some(app)
    }

    fn refuse_unknown(&self, problems: &mut Problems) {
        let names = fields().collect::<Vec<_>>();
        for (name, entry) in self.fields.iter().filter(|(name, _)| !names.contains(&name.as_str())) {
            problems.add(unknown(&entry.written, name, &names));
        }
    }

    /// The missing credentials, in the spelling of the source.
    pub(super) fn missing(&self) -> Vec<String> {
        CREDENTIALS.into_iter().filter(|name| !self.fields.contains_key(*name)).map(self.spell).collect()
    }

    fn refuse_missing(&self, problems: &mut Problems) {
        let missing = self.missing().join(" and ");
        if !missing.is_empty() {
            let [id, key, secret] = CREDENTIALS.map(self.spell);
            let written = &self.written;
            problems.add(format_args!("{written} is there without {missing}: an app has {id}, {key} and {secret}"));
        }
    }
}

/// The fields that are set.
pub(super) fn read_fields(fields: &mut Fields<'_>) -> Vec<FieldValue> {
    let read = |field: AppField| {
        Some(match field {
            AppField::Name => FieldValue::Name(fields.text("name", |name| Ok::<_, Infallible>(name.to_owned()))?),
            AppField::AllowedOrigins => FieldValue::AllowedOrigins(read_origins(fields)?),
            AppField::Webhooks => FieldValue::Webhooks(webhooks::read(fields)?.into_iter().collect()),
            AppField::Switch(switch) => FieldValue::Switch(switch, fields.flag(switch.name)?),
            AppField::Limit(limit) => FieldValue::Limit(limit, fields.number(limit.name, limit.min..=limit.max)?),
        })
    };
    AppField::all().filter_map(read).collect()
}

fn read_origins(fields: &mut Fields<'_>) -> Option<AllowedOrigins> {
    let entries = fields.list("allowed_origins")?;
    AllowedOrigins::parse(&entries).map_err(|error| fields.refuse("allowed_origins", error)).ok()
}
