//! What a request says that an app is to be.

use std::{borrow::Cow, fmt::Display, ops::RangeInclusive};

use clairon_protocol::{AppId, AppKey, Secret};
use clairon_registry::{AllowedOrigins, App, Credential, LimitRange};
use serde_json::{Map, Value};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type, schema::AdditionalProperties},
};

use super::{
    app_fields::{AppFields, given_origins},
    body::Object,
    problem::{Fault, Problem, shown},
};

/// The form of the id and the key of an app.
pub(super) const NAME_PATTERN: &str = "^[A-Za-z0-9_.-]{1,64}$";

/// Some fields of an app, each with a value of its type and in its range.
#[derive(Debug)]
pub(super) struct AppPatch(Map<String, Value>);

/// An app to be created. What is left out is chosen at random, or as the settings have it.
#[derive(Debug)]
pub(super) struct NewApp {
    pub(super) id: Option<AppId>,
    key: Option<AppKey>,
    secret: Option<Secret>,
    patch: AppPatch,
}

impl AppPatch {
    /// # Errors
    /// Everything that is wrong with the fields, but for what the registry checks.
    pub(super) fn read(object: Object) -> Result<Self, Problem> {
        let mut faults = Vec::new();
        let patch = Self::collect(object.0, &mut faults);
        if faults.is_empty() { Ok(patch) } else { Err(Problem::fields(faults)) }
    }

    fn collect(fields: Vec<(String, Value)>, faults: &mut Vec<Fault>) -> Self {
        let known = to_map(&App::random());
        let mut patch = Map::new();
        for (name, value) in fields {
            match check(&name, value, known.get(&name)) {
                Ok(value) => drop(patch.insert(name, value)),
                Err(detail) => faults.push(Fault::field(&name, detail)),
            }
        }
        Self(patch)
    }

    /// Gives `app` these fields.
    #[expect(clippy::expect_used, reason = "the fields of an app with values of their types are fields of an app")]
    pub(super) fn apply(&self, app: &mut App) {
        let mut fields = to_map(app);
        fields.extend(self.0.clone());
        let fields: AppFields = serde_json::from_value(Value::Object(fields)).expect("each field was checked");
        fields.give_to(app);
    }
}

impl NewApp {
    /// # Errors
    /// Everything that is wrong with the fields, but for what the registry checks.
    pub(super) fn read(object: Object) -> Result<Self, Problem> {
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

    /// The app, made of `random` with what was given.
    pub(super) fn build(&self, mut random: App) -> App {
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

/// Texts whose errors do not repeat them.
fn parse<T, E: Display>(
    fields: &[(String, Value)],
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
    faults: &mut Vec<Fault>,
) -> Option<T> {
    let (_, value) = fields.iter().find(|(field, _)| field == name)?;
    let parsed = match value {
        Value::String(text) => parse(text).map_err(|error| format!("{name}: {error}")),
        other => Err(format!("{name} is {}, allowed is a text", kind(other))),
    };
    parsed.map_err(|detail| faults.push(Fault::field(name, detail))).ok()
}

fn to_map(app: &App) -> Map<String, Value> {
    match serde_json::to_value(AppFields::of(app)) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// `value` where it is one for the field called `name`, which has a value like `present` now.
fn check(name: &str, value: Value, present: Option<&Value>) -> Result<Value, String> {
    let allowed: Cow<'_, str> = match (present, &value) {
        (None, _) => return Err(unknown(name)),
        (Some(Value::Bool(_)), Value::Bool(_)) | (Some(Value::String(_)), Value::String(_)) => return Ok(value),
        (Some(Value::Array(_)), Value::Array(items)) if items.iter().all(Value::is_string) => {
            let entries: Vec<_> = items.iter().filter_map(Value::as_str).collect();
            return AllowedOrigins::parse(&entries).map(|_| value).map_err(|error| error.to_string());
        }
        (Some(Value::Bool(_)), _) => "allowed are true and false".into(),
        (Some(Value::String(_)), _) => "allowed is a text".into(),
        (Some(Value::Array(_)), _) => "allowed is a list of texts".into(),
        (Some(_), _) => {
            let range = range(name);
            match whole(&value).filter(|number| range.contains(number)) {
                Some(number) => return Ok(number.into()),
                None => format!("allowed are whole numbers from {} to {}", range.start(), range.end()).into(),
            }
        }
    };
    Err(format!("{name} is {}, {allowed}", kind(&value)))
}

fn unknown(name: &str) -> String {
    if ["id", "key", "secret", "keys"].contains(&name) {
        return format!("{name} cannot be changed: /apps/{{id}}/keys adds keys and removes them");
    }
    format!("{:?} ({} bytes) is no field of an app", shown(name), name.len())
}

/// What the number called `name` may be.
fn range(name: &str) -> RangeInclusive<u32> {
    LimitRange::named(name).map_or(0..=u32::MAX, |limit| 1..=limit.max)
}

/// A whole number, which in JSON is one with a fraction of zero too.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the number is whole and in range")]
fn whole(value: &Value) -> Option<u32> {
    let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
    (0.0..=f64::from(u32::MAX)).contains(&number).then_some(number as u32)
}

/// What a value is, without texts that may be secrets.
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

/// The fields of an app, none of them required and no others allowed.
fn optional_fields() -> ObjectBuilder {
    let RefOr::T(Schema::Object(mut object)) = AppFields::schema() else { return ObjectBuilder::new() };
    object.required.clear();
    ObjectBuilder::from(object)
        .property("allowed_origins", given_origins())
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
}

impl PartialSchema for AppPatch {
    fn schema() -> RefOr<Schema> {
        optional_fields().description(Some("What is to be changed; what is left out stays.")).into()
    }
}

impl ToSchema for AppPatch {}

impl PartialSchema for NewApp {
    fn schema() -> RefOr<Schema> {
        let text = |description| ObjectBuilder::new().schema_type(Type::String).description(Some(description));
        let name = |description| text(description).pattern(Some(NAME_PATTERN));
        let secret = text("Random where it is left out; at most 256 bytes.")
            .min_length(Some(1))
            .max_length(Some(256))
            .pattern(Some(r"^[^\u0000-\u001f\u007f-\u009f]*$"));
        optional_fields()
            .description(Some("An app to be created; what is left out is random, or as the settings have it."))
            .property("id", name("Six random digits where it is left out."))
            .property("key", name("Random where it is left out."))
            .property("secret", secret)
            .into()
    }
}

impl ToSchema for NewApp {}

#[cfg(test)]
mod tests {
    use clairon_registry::LIMITS;

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
        assert_eq!((patched.name.as_str(), patched.capacity.unwrap().get()), ("Shop", 7));
        assert_eq!(patched.limits.event_data_bytes, 9);
        let back = r#"{"name": "", "capacity": 0, "event_data_bytes": 102400}"#;
        AppPatch::read(object(back)).unwrap().apply(&mut patched);
        assert_eq!(patched, app);
    }

    #[test]
    fn all_faults_are_told_at_once_and_without_texts() {
        let json = r#"{"enabled": "hunter2", "capacity": -1, "watchlist_users": 0, "allowed_origins": ["a", null],
            "name": null, "secret": "hunter2", "nmae": {}, "key": 1.5}"#;
        let problem = serde_json::to_value(AppPatch::read(object(json)).unwrap_err()).unwrap();
        assert_eq!(problem["errors"].as_array().unwrap().len(), 8);
        let new = serde_json::to_value(NewApp::read(object(json)).unwrap_err()).unwrap();
        assert_eq!(
            new["detail"],
            "key is 1.5, allowed is a text; \
             enabled is a text of 7 bytes, allowed are true and false; \
             capacity is -1, allowed are whole numbers from 0 to 4294967295; \
             watchlist_users is 0, allowed are whole numbers from 1 to 10000; \
             allowed_origins is a list of 2 entries, allowed is a list of texts; \
             name is null, allowed is a text; \
             \"nmae\" (4 bytes) is no field of an app"
        );
        assert!(!format!("{problem}{new}").contains("hunter2"));
    }

    #[test]
    fn every_limit_is_a_field() {
        let fields = to_map(&App::random());
        assert!(LIMITS.iter().all(|limit| fields.contains_key(limit.name)));
    }
}
