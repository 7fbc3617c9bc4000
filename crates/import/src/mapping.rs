//! From the fields of another server's app to those of ours.

use std::num::NonZeroU32;

use clairon_laravel::{Key, Value};
use clairon_protocol::{AppId, AppKey, Limits, Secret};
use clairon_registry::{AllowedOrigin, App, Credential, LimitRange};

use crate::plan::PlannedApp;

/// What becomes of a field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    Id,
    Key,
    Secret,
    Name,
    Enabled,
    Capacity,
    ClientMessages,
    Statistics,
    UserAuthentication,
    Origins,
    /// The limit with this name, which counts in units of this many.
    Limit(&'static str, u32),
    /// It says nothing about the server.
    Ignored,
    /// There is no such thing here; the text says what there is.
    None(&'static str),
}

impl Target {
    /// The field of our app that it is, by the name that settings have for it.
    pub(crate) fn field(self) -> Option<&'static str> {
        Some(match self {
            Self::Id => "id",
            Self::Key => "key",
            Self::Secret => "secret",
            Self::Name => "name",
            Self::Enabled => "enabled",
            Self::Capacity => "capacity",
            Self::ClientMessages => "client_messages",
            Self::Statistics => "statistics",
            Self::UserAuthentication => "user_authentication",
            Self::Origins => "allowed_origins",
            Self::Limit(name, _) => name,
            Self::Ignored | Self::None(_) => return None,
        })
    }

    pub(crate) fn is_flag(self) -> bool {
        matches!(self, Self::Enabled | Self::ClientMessages | Self::Statistics | Self::UserAuthentication)
    }
}

/// The fields of a server's app, by the names that it has for them.
pub(crate) type Mapping = [(&'static str, Target)];

/// Makes an app of a record; what the record leaves open is as `template` has it. The error says why it is none, and
/// `place` where it stands.
pub(crate) fn app(mapping: &Mapping, template: &App, record: &Value, place: &str) -> Result<PlannedApp, String> {
    let field =
        |wanted: fn(&Target) -> bool| mapping.iter().find(|(_, target)| wanted(target)).map_or("", |(name, _)| *name);
    let id = credential(record, place, field(|target| matches!(target, Target::Id)), AppId::parse)?;
    let key = credential(record, place, field(|target| matches!(target, Target::Key)), AppKey::parse)?;
    let secret = credential(record, place, field(|target| matches!(target, Target::Secret)), Secret::parse)?;
    let app = App { id, credentials: Credential::new(key, secret).into(), ..template.clone() };
    let mut planned = PlannedApp { app, notes: Vec::new() };
    let Value::Array(fields) = record else { return Err(format!("{place}: not an app")) };
    for (name, value) in fields {
        let Key::Name(name) = name else { continue };
        match mapping.iter().find(|(known, _)| known == name) {
            Some((_, target)) => take(&mut planned, name, *target, value),
            None => planned.notes.push(format!("no equivalent: {name}: not known")),
        }
    }
    planned.app.validate().map_err(|error| format!("{place}: {error}"))?;
    Ok(planned)
}

fn credential<T, E: std::fmt::Display>(
    record: &Value,
    place: &str,
    name: &str,
    parse: fn(&str) -> Result<T, E>,
) -> Result<T, String> {
    let value = record.get(name).unwrap_or(&Value::Null);
    if let Some(unread) = value.unread() {
        return Err(format!("{place}: its {name} is {} (line {}), which cannot be read", unread.what, unread.line));
    }
    let text = value.filled().ok_or_else(|| format!("{place}: it has no {name}"))?;
    parse(&text).map_err(|error| format!("{place}: {error}"))
}

fn take(planned: &mut PlannedApp, name: &str, target: Target, value: &Value) {
    if let Some(unread) = value.unread() {
        planned.notes.push(format!("left as the default: {name} (line {}): {}", unread.line, unread.what));
        return;
    }
    let PlannedApp { app, notes } = planned;
    let taken = match target {
        Target::Name => text(value).map(|name| app.name = name),
        Target::Enabled => set_flag(&mut app.enabled, value),
        Target::ClientMessages => set_flag(&mut app.client_messages, value),
        Target::Statistics => set_flag(&mut app.statistics, value),
        Target::UserAuthentication => set_flag(&mut app.user_authentication, value),
        Target::Origins => origins(value).map(|entries| take_origins(app, notes, &entries)),
        Target::Capacity => count(value).map(|count| {
            // More than can be counted is more than there will be.
            app.capacity = count.and_then(|count| NonZeroU32::new(u32::try_from(count).unwrap_or(u32::MAX)));
        }),
        Target::Limit(limit, unit) => set_limit(&mut app.limits, limit, unit, value),
        Target::None(instead) if means_something(value) => {
            notes.push(format!("no equivalent: {name}: {instead}"));
            Ok(())
        }
        Target::Id | Target::Key | Target::Secret | Target::Ignored | Target::None(_) => Ok(()),
    };
    notes.extend(taken.err().map(|problem| format!("left as the default: {name}: {problem}")));
}

/// Gives the limit called `name` the value of a field that counts in units of this many. The error says why not.
pub(crate) fn set_limit(limits: &mut Limits, name: &str, unit: u32, value: &Value) -> Result<(), String> {
    let limit = LimitRange::named(name).ok_or_else(|| format!("there is no limit {name}"))?;
    match count_of(value, unit)? {
        Some(count) => limit.set(limits, count).map_err(|error| error.to_string()),
        None => Ok(()),
    }
}

fn set_flag(field: &mut bool, value: &Value) -> Result<(), String> {
    match flag(value) {
        Some(flag) => *field = flag,
        None if is_unset(value) => {}
        None => return Err(format!("{} is neither true nor false", kind(value))),
    }
    Ok(())
}

/// A switch; nothing where it is not set, or is none.
pub(crate) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Integer(number) => Some(*number != 0),
        Value::Text(text) => match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "on" | "yes" => Some(true),
            "0" | "false" | "off" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A positive number; nothing where there is none, and where 0 or -1 means that there is no limit.
pub(crate) fn count(value: &Value) -> Result<Option<i64>, String> {
    count_of(value, 1)
}

/// The same of a number that counts in units of this many: half a KiB is 512 bytes.
pub(crate) fn count_of(value: &Value, unit: u32) -> Result<Option<i64>, String> {
    if is_unset(value) || matches!(value, Value::Bool(false)) {
        return Ok(None);
    }
    let number = match value {
        Value::Integer(_) | Value::Float(_) | Value::Text(_) => value.text().and_then(|text| text.trim().parse().ok()),
        _ => None,
    };
    let number: f64 =
        number.filter(|number: &f64| number.is_finite()).ok_or_else(|| format!("{} is no number", kind(value)))?;
    #[expect(clippy::cast_possible_truncation, reason = "a float out of range becomes the nearest integer there is")]
    let number = (number * f64::from(unit)).ceil() as i64;
    Ok(Some(number).filter(|number| *number > 0))
}

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::Null => Ok(String::new()),
        other => other.text().ok_or_else(|| format!("{} is no text", kind(other))),
    }
}

/// Gives an app the origins that can be matched, and notes the others.
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

fn origins(value: &Value) -> Result<Vec<String>, String> {
    let all: Vec<String> = match value {
        Value::Null => Vec::new(),
        Value::Text(text) => text.split(',').map(|origin| origin.trim().to_owned()).collect(),
        Value::Array(entries) => entries.iter().map(|(_, origin)| text(origin)).collect::<Result<_, _>>()?,
        other => return Err(format!("{} is no list of origins", kind(other))),
    };
    // Both say that every origin is allowed.
    if all.iter().any(|origin| origin == "*") {
        Ok(Vec::new())
    } else {
        Ok(all.into_iter().filter(|origin| !origin.is_empty()).collect())
    }
}

fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// What a value is, without repeating it: it may be a secret in the wrong place.
fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Integer(_) | Value::Float(_) => "a number".to_owned(),
        Value::Text(text) => format!("a text of {} bytes", text.len()),
        Value::Array(_) => "an array".to_owned(),
        Value::Unread(unread) => unread.what.clone(),
    }
}

/// False for what stands for "off" or "no limit".
fn means_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(entries) => !entries.is_empty(),
        other => {
            let is_empty = |text: &str| matches!(text, "-1" | "[]" | "{}" | "null");
            other.filled().is_some_and(|text| !is_empty(&text) && flag(value) != Some(false))
        }
    }
}
