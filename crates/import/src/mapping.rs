//! The mapping from the fields of another server's app to the fields of a Clairon app.

use clairon_laravel::{ArrayKey, ConfigValue};
use clairon_protocol::{AppId, AppKey, Limit, Limits, Secret, error::InvalidId};
use clairon_registry::{AllowedOrigin, App, AppField, Credential};

use crate::{
    error::{FieldError, RecordError},
    plan::PlannedApp,
    webhooks,
};

/// The Clairon field that a field of another server becomes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TargetField {
    Id,
    Key,
    Secret,
    Name,
    Origins,
    /// The endpoints of webhooks, as soketi writes them.
    Webhooks,
    /// The switch with this name.
    Switch(&'static str),
    /// The limit with this name. The source counts in units of the given size, such as 1,024 for KiB.
    Limit(&'static str, u32),
    /// Nothing: the field does not configure the server.
    Ignored,
    /// Nothing: Clairon has no such field. The text names what it has instead.
    None(&'static str),
}

impl TargetField {
    /// The name of the Clairon field in settings; nothing if there is no such field.
    pub(crate) fn field(self) -> Option<&'static str> {
        Some(match self {
            Self::Id => "id",
            Self::Key => "key",
            Self::Secret => "secret",
            Self::Name => "name",
            Self::Origins => "allowed_origins",
            Self::Webhooks => "webhooks",
            Self::Switch(name) | Self::Limit(name, _) => name,
            Self::Ignored | Self::None(_) => return None,
        })
    }
}

/// The fields of another server's app by name, with the Clairon field of each.
pub(crate) type Mapping = [(&'static str, TargetField)];

/// Makes an app of a record. Fields that the record does not have are taken from `template`.
pub(crate) fn app(mapping: &Mapping, template: &App, record: &ConfigValue) -> Result<PlannedApp, RecordError> {
    let field = |wanted: fn(&TargetField) -> bool| {
        mapping.iter().find(|(_, target)| wanted(target)).map_or("", |(name, _)| *name)
    };
    let id = credential(record, field(|target| matches!(target, TargetField::Id)), AppId::parse)?;
    let key = credential(record, field(|target| matches!(target, TargetField::Key)), AppKey::parse)?;
    let secret = credential(record, field(|target| matches!(target, TargetField::Secret)), Secret::parse)?;
    let app = App { id, credentials: Credential::new(key, secret).into(), ..template.clone() };
    let mut planned = PlannedApp { app, notes: Vec::new() };
    let ConfigValue::Array(fields) = record else { return Err(RecordError::NotAnApp) };
    for (name, value) in fields {
        let ArrayKey::Name(name) = name else { continue };
        match mapping.iter().find(|(known, _)| known == name) {
            Some((_, target)) => take(&mut planned, name, *target, value),
            None => planned.notes.push(format!("no equivalent: {name}: unknown field")),
        }
    }
    planned.app.validate()?;
    Ok(planned)
}

fn credential<T>(
    record: &ConfigValue,
    name: &'static str,
    parse: fn(&str) -> Result<T, InvalidId>,
) -> Result<T, RecordError> {
    let value = record.get(name).unwrap_or(&ConfigValue::Null);
    if let Some(unread) = value.unread() {
        return Err(RecordError::Unread { name, what: unread.what.clone(), line: unread.line });
    }
    Ok(parse(&value.filled().ok_or(RecordError::Missing { name })?)?)
}

fn take(planned: &mut PlannedApp, name: &str, target: TargetField, value: &ConfigValue) {
    if let Some(unread) = value.unread() {
        planned.notes.push(format!("left as the default: {name} (line {}): {}", unread.line, unread.what));
        return;
    }
    let PlannedApp { app, notes } = planned;
    let taken = match target {
        TargetField::Name => text(value).map(|name| app.name = name),
        TargetField::Switch(switch) => set_switch(app, switch, value),
        TargetField::Origins => origins(value).map(|entries| take_origins(app, notes, &entries)),
        TargetField::Webhooks => {
            webhooks::read(value, notes).map(|webhooks| app.webhooks = webhooks.into_iter().collect())
        }
        TargetField::Limit(limit, unit) => set_limit(&mut app.limits, limit, unit, value),
        TargetField::None(instead) if means_something(value) => {
            notes.push(format!("no equivalent: {name}: {instead}"));
            Ok(())
        }
        TargetField::Id | TargetField::Key | TargetField::Secret | TargetField::Ignored | TargetField::None(_) => {
            Ok(())
        }
    };
    notes.extend(taken.err().map(|error| format!("left as the default: {name}: {error}")));
}

/// Sets the limit called `name` to the value of a field that counts in units of `unit`. Where the value means "no
/// limit", a limit that can be absent is taken away, and any other stays.
pub(crate) fn set_limit(limits: &mut Limits, name: &str, unit: u32, value: &ConfigValue) -> Result<(), FieldError> {
    let limit = Limit::named(name).ok_or_else(|| FieldError::UnknownField { name: name.to_owned() })?;
    match count_of(value, unit)? {
        // A count that is larger than any number means the same as the largest.
        Some(count) if limit.max == u32::MAX => limit.set(limits, u32::try_from(count).unwrap_or(u32::MAX)),
        Some(count) => limit.set(limits, limit.check(count)?),
        None if limit.min == 0 => limit.set(limits, 0),
        None => {}
    }
    Ok(())
}

fn set_switch(app: &mut App, name: &str, value: &ConfigValue) -> Result<(), FieldError> {
    let Some(AppField::Switch(switch)) = AppField::named(name) else {
        return Err(FieldError::UnknownField { name: name.to_owned() });
    };
    match flag(value) {
        Some(flag) => switch.set(app, flag),
        None if is_unset(value) => {}
        None => return Err(FieldError::NotAFlag { kind: kind(value) }),
    }
    Ok(())
}

/// The value of a switch; nothing if it is not set or no switch.
pub(crate) fn flag(value: &ConfigValue) -> Option<bool> {
    match value {
        ConfigValue::Bool(flag) => Some(*flag),
        ConfigValue::Integer(number) => Some(*number != 0),
        ConfigValue::Text(text) => match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "on" | "yes" => Some(true),
            "0" | "false" | "off" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A positive number; nothing if it is not set, and for 0 and -1, which mean that there is no limit.
pub(crate) fn count(value: &ConfigValue) -> Result<Option<i64>, FieldError> {
    count_of(value, 1)
}

/// A [`count`] times `unit`, rounded up: 0.5 with a unit of 1,024 is 512.
pub(crate) fn count_of(value: &ConfigValue, unit: u32) -> Result<Option<i64>, FieldError> {
    if is_unset(value) || matches!(value, ConfigValue::Bool(false)) {
        return Ok(None);
    }
    let number = match value {
        ConfigValue::Integer(_) | ConfigValue::Float(_) | ConfigValue::Text(_) => {
            value.text().and_then(|text| text.trim().parse().ok())
        }
        _ => None,
    };
    let number: f64 =
        number.filter(|number: &f64| number.is_finite()).ok_or_else(|| FieldError::NotANumber { kind: kind(value) })?;
    #[expect(clippy::cast_possible_truncation, reason = "a float out of range becomes the nearest integer there is")]
    let number = (number * f64::from(unit)).ceil() as i64;
    Ok(Some(number).filter(|number| *number > 0))
}

fn text(value: &ConfigValue) -> Result<String, FieldError> {
    match value {
        ConfigValue::Null => Ok(String::new()),
        other => other.text().ok_or_else(|| FieldError::NotAText { kind: kind(other) }),
    }
}

/// Sets the allowed origins of an app. Entries that cannot match an origin are left out and noted.
pub(crate) fn take_origins(app: &mut App, notes: &mut Vec<String>, entries: &[String]) {
    let keep = |entry: &String| {
        AllowedOrigin::parse(entry)
            .map_err(|invalid| notes.push(format!("left out: allowed_origins: the entry {invalid}")))
            .ok()
    };
    app.allowed_origins = entries.iter().filter_map(keep).collect();
    if app.allowed_origins.is_empty() && !entries.is_empty() {
        notes.push("allowed_origins: no entry is left, so pages of every origin may connect".to_owned());
    }
}

fn origins(value: &ConfigValue) -> Result<Vec<String>, FieldError> {
    let all: Vec<String> = match value {
        ConfigValue::Null => Vec::new(),
        ConfigValue::Text(text) => text.split(',').map(|origin| origin.trim().to_owned()).collect(),
        ConfigValue::Array(entries) => entries.iter().map(|(_, origin)| text(origin)).collect::<Result<_, _>>()?,
        other => return Err(FieldError::NotOrigins { kind: kind(other) }),
    };
    // In Clairon an empty list allows every origin.
    if all.iter().any(|origin| origin == "*") {
        Ok(Vec::new())
    } else {
        Ok(all.into_iter().filter(|origin| !origin.is_empty()).collect())
    }
}

fn is_unset(value: &ConfigValue) -> bool {
    match value {
        ConfigValue::Null => true,
        ConfigValue::Text(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// The kind of a value. The value itself is not shown, because it may be a secret in the wrong place.
pub(crate) fn kind(value: &ConfigValue) -> String {
    match value {
        ConfigValue::Null => "null".to_owned(),
        ConfigValue::Bool(flag) => flag.to_string(),
        ConfigValue::Integer(_) | ConfigValue::Float(_) => "a number".to_owned(),
        ConfigValue::Text(text) => format!("a text of {} bytes", text.len()),
        ConfigValue::Array(_) => "an array".to_owned(),
        ConfigValue::Unread(unread) => unread.what.clone(),
    }
}

/// False for values that mean "off" or "no limit".
fn means_something(value: &ConfigValue) -> bool {
    match value {
        ConfigValue::Null | ConfigValue::Bool(false) => false,
        ConfigValue::Array(entries) => !entries.is_empty(),
        other => {
            let is_empty = |text: &str| matches!(text, "-1" | "[]" | "{}" | "null");
            other.filled().is_some_and(|text| !is_empty(&text) && flag(value) != Some(false))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{laravel_websockets, reverb, soketi};

    #[test]
    fn every_target_is_a_field_of_an_app() {
        for (name, target) in [laravel_websockets::APP, reverb::APP, soketi::APP, soketi::ROW].concat() {
            let is_known = match target {
                TargetField::Switch(switch) => matches!(AppField::named(switch), Some(AppField::Switch(_))),
                TargetField::Limit(limit, _) => Limit::named(limit).is_some(),
                _ => true,
            };
            assert!(is_known, "{name}");
        }
    }
}
