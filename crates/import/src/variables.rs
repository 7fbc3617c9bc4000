//! The meaning of other servers' variables for a Clairon server that is started with them.

use clairon_laravel::{ConfigValue, Environment};
use clairon_protocol::Limit;
use clairon_registry::Webhook;

use crate::{
    error::ImportError,
    mapping::{Mapping, TargetField, count_of, flag},
    reverb, soketi, webhooks,
};

/// The variables of one other server that are set.
#[derive(Debug)]
pub struct ServerVariables {
    /// The name of the variable for a credential of the app: `id`, `key` or `secret`.
    pub spell: fn(&str) -> String,
    /// The variables: first those with a meaning, in the order of the tables, then the others by name.
    pub variables: Vec<ServerVariable>,
}

/// A variable of another server.
#[derive(Debug)]
pub struct ServerVariable {
    /// The name.
    pub name: String,
    /// What the variable sets.
    pub meaning: VariableMeaning,
}

/// What a variable sets. The text is its value in the form of Clairon's settings. `Debug` does not show it, because it
/// may be a secret.
pub enum VariableMeaning {
    /// A field of the app.
    Field(&'static str, String),
    /// The endpoints of the app, with notes about what is left out of them.
    Webhooks(Vec<Webhook>, Vec<String>),
    /// A setting.
    Setting(&'static str, String),
    /// Nothing: Clairon has no equivalent.
    Nothing,
}

impl std::fmt::Debug for VariableMeaning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Field(name, _) | Self::Setting(name, _) => f.write_str(name),
            Self::Webhooks(..) => f.write_str("webhooks"),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

/// The variables of Reverb and of soketi that are set. Empty ones count as not set.
#[must_use]
pub fn variables(environment: &Environment) -> [ServerVariables; 2] {
    [reverb::variables(environment), soketi::variables(environment)]
}

/// The names of a server's variables.
pub(crate) struct VariableNames {
    /// The start of the names of the app's variables.
    pub(crate) app: &'static str,
    /// The rest of the name of each variable of the app, and its field in `mapping`.
    pub(crate) fields: &'static [(&'static str, &'static str)],
    pub(crate) mapping: &'static Mapping,
    /// The start of names that only this server uses.
    pub(crate) own: &'static [&'static str],
    /// The text of a variable, as this server reads it; nothing if it is empty.
    pub(crate) text: fn(&Environment, &str) -> Option<String>,
    pub(crate) spell: fn(&str) -> String,
}

impl VariableNames {
    /// The variables that are set. `settings` has the variables of the server: name, Clairon's setting, unit.
    pub(crate) fn read(
        &self,
        settings: impl Iterator<Item = (String, &'static str, u32)>,
        environment: &Environment,
    ) -> ServerVariables {
        let filled =
            |name: &str| (self.text)(environment, name).filter(|value| !environment.is_service_link(name, value));
        let mut variables: Vec<ServerVariable> = Vec::new();
        let mut add = |name: String, meaning: &dyn Fn(&str) -> VariableMeaning| {
            if let Some(value) = filled(&name) {
                variables.push(ServerVariable { meaning: meaning(&value), name });
            }
        };
        for (name, field) in self.fields {
            let target =
                self.mapping.iter().find(|(known, _)| known == field).map_or(TargetField::Ignored, |(_, to)| *to);
            add(format!("{}{name}", self.app), &|value| of_field(target, value));
        }
        for (name, setting, unit) in settings {
            add(name, &|value| of_setting(setting, unit, value));
        }
        for (name, _) in environment.variables() {
            let is_own = self.own.iter().any(|prefix| name.starts_with(prefix));
            if is_own && filled(name).is_some() && variables.iter().all(|known| known.name != name) {
                variables.push(ServerVariable { name: name.to_owned(), meaning: VariableMeaning::Nothing });
            }
        }
        ServerVariables { spell: self.spell, variables }
    }
}

/// Checks that one of these variables is set. The error names the first.
pub(crate) fn needs(environment: &Environment, names: &[&'static str]) -> Result<(), ImportError> {
    let is_set = names.iter().any(|name| environment.filled(name).is_some());
    if is_set { Ok(()) } else { Err(ImportError::NoVariable { name: names[0] }) }
}

fn of_field(target: TargetField, value: &str) -> VariableMeaning {
    let text = ConfigValue::Text(value.to_owned());
    match (target.field(), target) {
        (_, TargetField::Webhooks) => {
            let mut notes = Vec::new();
            let webhooks = webhooks::read(&text, &mut notes).unwrap_or_else(|error| {
                notes.push(error.to_string());
                Vec::new()
            });
            VariableMeaning::Webhooks(webhooks, notes)
        }
        (Some(field), TargetField::Limit(name, unit)) => {
            // Zero means that there is no limit, which other servers write as -1.
            let none = Limit::named(name).filter(|limit| limit.min == 0).map(|_| "0".to_owned());
            amount(value, unit)
                .or(none)
                .map_or(VariableMeaning::Nothing, |amount| VariableMeaning::Field(field, amount))
        }
        (Some(field), TargetField::Switch(_)) => {
            VariableMeaning::Field(field, flag(&text).map_or_else(|| value.to_owned(), |flag| flag.to_string()))
        }
        (Some(field), _) => VariableMeaning::Field(field, value.to_owned()),
        (None, _) => VariableMeaning::Nothing,
    }
}

fn of_setting(setting: &'static str, unit: u32, value: &str) -> VariableMeaning {
    match setting {
        "server.path_prefix" => VariableMeaning::Setting(setting, format!("/{}", value.trim_matches('/'))),
        _ if setting.starts_with("limits.") => {
            amount(value, unit).map_or(VariableMeaning::Nothing, |amount| VariableMeaning::Setting(setting, amount))
        }
        _ => VariableMeaning::Setting(setting, value.to_owned()),
    }
}

/// A number in Clairon's unit; nothing if it means that there is no limit. Other texts stay as they are, so that the
/// check of the setting refuses them with the variable's name.
fn amount(value: &str, unit: u32) -> Option<String> {
    match count_of(&ConfigValue::Text(value.to_owned()), unit) {
        Ok(count) => count.map(|count| count.to_string()),
        Err(_) => Some(value.to_owned()),
    }
}
