//! Apps that the settings declare, and what an app has unless it says otherwise.

use std::convert::Infallible;

use clairon_protocol::{AppId, AppKey, LIMITS, Limits, Secret};
use clairon_registry::{AllowedOrigins, App, AppField, Credential, FieldValue};

use super::{
    fields::{Fields, Table},
    problem::{Problems, unknown},
    webhooks,
};

/// The fields that an app cannot be without.
pub(super) const CREDENTIALS: [&str; 3] = ["id", "key", "secret"];

/// Every field that an app may be declared with.
fn fields() -> impl Iterator<Item = &'static str> {
    CREDENTIALS.into_iter().chain(AppField::all().map(AppField::name))
}

/// An app as it was written.
pub(super) struct Declaration {
    /// What problems call it.
    pub(super) written: String,
    /// How the name of a field is spelt where it was written.
    pub(super) spell: fn(&str) -> String,
    pub(super) fields: Table,
}

/// Reads the section `limits`: what an app may use unless it says otherwise.
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
    /// Reads the app. `None`: something is wrong with it.
    pub(super) fn read(&self, limits: Limits, problems: &mut Problems) -> Option<App> {
        self.refuse_unknown(problems);
        self.refuse_missing(problems);
        let mut fields = Fields::new(&self.fields, problems);
        // Whoever swaps two of them must not find a secret in the error.
        let id = fields.secret("id", AppId::parse);
        let key = fields.secret("key", AppKey::parse);
        let secret = fields.secret("secret", Secret::parse);
        // Whatever the credentials are, the other fields are to be checked too.
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

    /// The credentials that it lacks, as they are spelt where it was written.
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

/// The fields that are there.
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
