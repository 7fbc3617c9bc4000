//! Parses the fields of an app in a request.

use clairon_protocol::{AppId, AppKey, Limit, Secret, error::InvalidId};
use clairon_registry::{AllowedOrigins, App, AppField, Credential, FieldValue};
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::{
    app_fields::given_fields,
    body::Object,
    invalid_field::{Allowed, InvalidField},
    problem::{Fault, Problem},
};

/// The pattern of the id and the key of an app.
pub(crate) const NAME_PATTERN: &str = "^[A-Za-z0-9_.-]{1,64}$";

/// Some fields of an app, with valid values.
#[derive(Debug)]
pub(crate) struct AppPatch(Vec<FieldValue>);

/// An app to create. Missing credentials are random, other missing fields have the defaults of the settings.
#[derive(Debug)]
pub(crate) struct NewApp {
    pub(crate) id: Option<AppId>,
    key: Option<AppKey>,
    secret: Option<Secret>,
    patch: AppPatch,
}

impl AppPatch {
    /// # Errors
    /// All problems of the fields, except those that only the registry detects.
    pub(crate) fn read(object: Object) -> Result<Self, Problem> {
        let mut faults = Vec::new();
        let patch = Self::collect(object.0, &mut faults);
        if faults.is_empty() { Ok(patch) } else { Err(Problem::fields(faults)) }
    }

    fn collect(fields: Vec<(String, Value)>, faults: &mut Vec<Fault>) -> Self {
        let mut values = Vec::new();
        for (name, value) in fields {
            match read(&name, value) {
                Ok(value) => values.push(value),
                Err(invalid) => faults.push(Fault::field(&name, invalid.to_string())),
            }
        }
        Self(values)
    }

    /// Sets these fields in `app`.
    pub(crate) fn apply(&self, app: &mut App) {
        self.0.iter().for_each(|value| value.give_to(app));
    }
}

impl NewApp {
    /// # Errors
    /// All problems of the fields, except those that only the registry detects.
    pub(crate) fn read(object: Object) -> Result<Self, Problem> {
        let (named, fields): (Vec<_>, Vec<_>) =
            object.0.into_iter().partition(|(name, _)| ["id", "key", "secret"].contains(&name.as_str()));
        let mut faults = Vec::new();
        let new = Self {
            id: parse(&named, "id", AppId::parse, &mut faults),
            key: parse(&named, "key", AppKey::parse, &mut faults),
            secret: parse(&named, "secret", Secret::parse, &mut faults),
            patch: AppPatch::collect(fields, &mut faults),
        };
        if faults.is_empty() { Ok(new) } else { Err(Problem::fields(faults)) }
    }

    /// The app: `random` with the given fields.
    pub(crate) fn build(&self, mut random: App) -> App {
        let Credential { key, secret, .. } = random.credentials.newest().clone();
        let (key, secret) = (self.key.clone().unwrap_or(key), self.secret.clone().unwrap_or(secret));
        random.credentials = Credential::new(key, secret).into();
        if let Some(id) = &self.id {
            random.id.clone_from(id);
        }
        self.patch.apply(&mut random);
        random
    }
}

/// Parses a text. The error does not repeat it.
fn parse<T>(
    fields: &[(String, Value)],
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<T, InvalidId>,
    faults: &mut Vec<Fault>,
) -> Option<T> {
    let (_, value) = fields.iter().find(|(field, _)| field == name)?;
    let parsed = match value {
        Value::String(text) => parse(text).map_err(|cause| InvalidField::Id { name, cause }),
        other => Err(InvalidField::wrong(name, other, Allowed::Text)),
    };
    parsed.map_err(|invalid| faults.push(Fault::field(name, invalid.to_string()))).ok()
}

/// Parses `value` for the field `name`.
fn read(name: &str, value: Value) -> Result<FieldValue, InvalidField> {
    let field = AppField::named(name).ok_or_else(|| InvalidField::unknown(name))?;
    let wrong = |value, allowed| Err(InvalidField::wrong(field.name(), value, allowed));
    match (field, value) {
        (AppField::Name, Value::String(name)) => Ok(FieldValue::Name(name)),
        (AppField::Name, other) => wrong(&other, Allowed::Text),
        (AppField::AllowedOrigins, Value::Array(items)) if items.iter().all(Value::is_string) => {
            let entries: Vec<_> = items.iter().filter_map(Value::as_str).collect();
            Ok(FieldValue::AllowedOrigins(AllowedOrigins::parse(&entries)?))
        }
        (AppField::AllowedOrigins, other) => wrong(&other, Allowed::Texts),
        (AppField::Webhooks, _) => Err(InvalidField::Webhooks),
        (AppField::Switch(switch), Value::Bool(is_on)) => Ok(FieldValue::Switch(switch, is_on)),
        (AppField::Switch(_), other) => wrong(&other, Allowed::Flag),
        (AppField::Limit(limit), value) => {
            let &Limit { min, max, .. } = limit;
            match whole(&value).filter(|number| (min..=max).contains(number)) {
                Some(number) => Ok(FieldValue::Limit(limit, number)),
                None => wrong(&value, Allowed::Numbers { min, max }),
            }
        }
    }
}

/// A whole number. JSON numbers such as `1.0` count too.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the number is whole and in range")]
fn whole(value: &Value) -> Option<u32> {
    let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
    (0.0..=f64::from(u32::MAX)).contains(&number).then_some(number as u32)
}

impl PartialSchema for AppPatch {
    fn schema() -> RefOr<Schema> {
        given_fields().description(Some("The fields to change. Omitted fields stay as they are.")).into()
    }
}

impl ToSchema for AppPatch {}

impl PartialSchema for NewApp {
    fn schema() -> RefOr<Schema> {
        let text = |description| ObjectBuilder::new().schema_type(Type::String).description(Some(description));
        let name = |description| text(description).pattern(Some(NAME_PATTERN));
        let secret = text("At most 256 bytes; random if omitted.")
            .min_length(Some(1))
            .max_length(Some(256))
            .pattern(Some(r"^[^\u0000-\u001f\u007f-\u009f]*$"));
        given_fields()
            .description(Some("An app to create. Omitted credentials are random, other omitted fields have the defaults of the settings."))
            .property("id", name("Six random digits if omitted."))
            .property("key", name("Random if omitted."))
            .property("secret", secret)
            .into()
    }
}

impl ToSchema for NewApp {}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(json: &str) -> Object {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let patch = AppPatch::read(object(r#"{"name": "Shop", "capacity": 7, "event_data_bytes": 9.0}"#)).unwrap();
        let app = App::random();
        let mut patched = app.clone();
        patch.apply(&mut patched);
        assert_eq!((patched.name.as_str(), patched.limits.capacity.unwrap().get()), ("Shop", 7));
        assert_eq!(patched.limits.event_data_bytes, 9);
        let back = r#"{"name": "", "capacity": 0, "event_data_bytes": 102400}"#;
        AppPatch::read(object(back)).unwrap().apply(&mut patched);
        assert_eq!(patched, app);
    }

    #[test]
    fn all_faults_are_told_at_once_and_without_texts() {
        let json = r#"{"enabled": "hunter2", "capacity": -1, "watchlist_users": 0, "allowed_origins": ["a", null],
            "name": null, "secret": "hunter2", "nmae": {}, "key": 1.5, "webhooks": []}"#;
        let problem = serde_json::to_value(AppPatch::read(object(json)).unwrap_err()).unwrap();
        assert_eq!(problem["errors"].as_array().unwrap().len(), 9);
        let new = serde_json::to_value(NewApp::read(object(json)).unwrap_err()).unwrap();
        assert_eq!(
            new["detail"],
            "key is 1.5, allowed is a text; \
             enabled is a text of 7 bytes, allowed are true and false; \
             capacity is -1, allowed are whole numbers from 0 to 4294967295; \
             watchlist_users is 0, allowed are whole numbers from 1 to 10000; \
             allowed_origins is a list of 2 entries, allowed is a list of texts; \
             name is null, allowed is a text; \
             \"nmae\" (4 bytes) is not a field of an app; \
             webhooks cannot be changed here: /apps/{id}/webhooks adds endpoints, changes and removes them"
        );
        assert!(!format!("{problem}{new}").contains("hunter2"));
    }
}
