//! From the fields of another server's app to those of ours.

use std::num::NonZeroU32;

use clairon_laravel::{Key, Value};
use clairon_protocol::{AppId, AppKey, Limits, Secret};
use clairon_registry::{App, Credential, LimitRange};

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
            None => planned.notes.push(format!("{name}: not known")),
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
        planned.notes.push(format!("{name} (line {}): {}, left as the default", unread.line, unread.what));
        return;
    }
    let PlannedApp { app, notes } = planned;
    match target {
        Target::Name => app.name = value.text().unwrap_or_default(),
        Target::Enabled => app.enabled = flag(value).unwrap_or(app.enabled),
        Target::ClientMessages => app.client_messages = flag(value).unwrap_or(app.client_messages),
        Target::Statistics => app.statistics = flag(value).unwrap_or(app.statistics),
        Target::UserAuthentication => app.user_authentication = flag(value).unwrap_or(app.user_authentication),
        Target::Origins => app.allowed_origins = origins(value),
        Target::Capacity => {
            app.capacity = count(value).and_then(|count| u32::try_from(count).ok()).and_then(NonZeroU32::new);
        }
        Target::Limit(limit, unit) => {
            let set = count_of(value, unit).map(|count| set_limit(&mut app.limits, limit, count));
            notes.extend(set.and_then(Result::err).map(|problem| format!("{name}: {problem}")));
        }
        Target::None(instead) if means_something(value) => notes.push(format!("{name}: {instead}")),
        Target::Id | Target::Key | Target::Secret | Target::Ignored | Target::None(_) => {}
    }
}

/// Gives the limit called `name` a value. The error says why not.
pub(crate) fn set_limit(limits: &mut Limits, name: &str, value: i64) -> Result<(), String> {
    let limit = LimitRange::named(name).ok_or_else(|| format!("there is no limit {name}"))?;
    limit.set(limits, value).map_err(|error| format!("{error}, left as the default"))
}

/// A switch; nothing where it is not set.
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
pub(crate) fn count(value: &Value) -> Option<i64> {
    count_of(value, 1)
}

/// The same of a number that counts in units of this many: half a KiB is 512 bytes.
pub(crate) fn count_of(value: &Value, unit: u32) -> Option<i64> {
    let number = value.text()?.trim().parse::<f64>().ok()? * f64::from(unit);
    #[expect(clippy::cast_possible_truncation, reason = "a float out of range becomes the nearest integer there is")]
    let number = number.ceil() as i64;
    Some(number).filter(|number| *number > 0)
}

fn origins(value: &Value) -> Vec<String> {
    let all: Vec<String> = match value {
        Value::Text(text) => text.split(',').map(|origin| origin.trim().to_owned()).collect(),
        other => other.items().filter_map(Value::filled).collect(),
    };
    // Both say that every origin is allowed.
    if all.iter().any(|origin| origin == "*") {
        Vec::new()
    } else {
        all.into_iter().filter(|origin| !origin.is_empty()).collect()
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
