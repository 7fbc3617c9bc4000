//! What the variables of other servers mean to ours, when it is started with them.

use clairon_laravel::{Environment, Value};

use crate::{
    error::ImportError,
    mapping::{Mapping, Target, count_of, flag},
    reverb, soketi,
};

/// The variables of one server that are set.
#[derive(Debug)]
pub struct ServerVariables {
    /// How that server spells a credential of its app: `id`, `key` or `secret`.
    pub spell: fn(&str) -> String,
    /// The variables, in the order of our tables, then of their names.
    pub variables: Vec<Variable>,
}

/// A variable of another server.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What becomes of it.
    pub meaning: Meaning,
}

/// What becomes of a variable. The text is its value, written as Clairon's settings are.
///
/// It has no `Debug` of its own text: that may be a secret.
pub enum Meaning {
    /// It sets this field of the app.
    Field(&'static str, String),
    /// It sets this setting.
    Setting(&'static str, String),
    /// It has no equivalent.
    Nothing,
}

impl std::fmt::Debug for Meaning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Field(name, _) | Self::Setting(name, _) => f.write_str(name),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

/// What is set of Reverb's and of soketi's variables. Empty ones count as not set.
#[must_use]
pub fn variables(environment: &Environment) -> [ServerVariables; 2] {
    [reverb::variables(environment), soketi::variables(environment)]
}

/// How a server names its variables.
pub(crate) struct Names {
    /// What begins all names of the app.
    pub(crate) app: &'static str,
    /// The rest of the name of a variable of the app, and the field in `mapping`.
    pub(crate) fields: &'static [(&'static str, &'static str)],
    pub(crate) mapping: &'static Mapping,
    /// What begins the names of variables that are this server's and nobody else's.
    pub(crate) own: &'static [&'static str],
    /// What this server takes a variable for; nothing where that is empty.
    pub(crate) text: fn(&Environment, &str) -> Option<String>,
    pub(crate) spell: fn(&str) -> String,
}

impl Names {
    /// The variables that are set. `settings` has the names, our settings and the units of the others than the app's.
    pub(crate) fn read(
        &self,
        settings: impl Iterator<Item = (String, &'static str, u32)>,
        environment: &Environment,
    ) -> ServerVariables {
        let filled =
            |name: &str| (self.text)(environment, name).filter(|value| !environment.is_service_link(name, value));
        let mut variables: Vec<Variable> = Vec::new();
        let mut add = |name: String, meaning: &dyn Fn(&str) -> Meaning| {
            if let Some(value) = filled(&name) {
                variables.push(Variable { meaning: meaning(&value), name });
            }
        };
        for (name, field) in self.fields {
            let target = self.mapping.iter().find(|(known, _)| known == field).map_or(Target::Ignored, |(_, to)| *to);
            add(format!("{}{name}", self.app), &|value| of_field(target, value));
        }
        for (name, setting, unit) in settings {
            add(name, &|value| of_setting(setting, unit, value));
        }
        for (name, _) in environment.variables() {
            let is_own = self.own.iter().any(|prefix| name.starts_with(prefix));
            if is_own && filled(name).is_some() && variables.iter().all(|known| known.name != name) {
                variables.push(Variable { name: name.to_owned(), meaning: Meaning::Nothing });
            }
        }
        ServerVariables { spell: self.spell, variables }
    }
}

/// One of these variables names an app; the first is the one to tell of.
pub(crate) fn needs(environment: &Environment, names: &[&'static str]) -> Result<(), ImportError> {
    let is_set = names.iter().any(|name| environment.filled(name).is_some());
    if is_set { Ok(()) } else { Err(ImportError::NoVariable { name: names[0] }) }
}

fn of_field(target: Target, value: &str) -> Meaning {
    let text = Value::Text(value.to_owned());
    match (target.field(), target) {
        (Some(field), Target::Limit(_, unit)) => {
            amount(value, unit).map_or(Meaning::Nothing, |amount| Meaning::Field(field, amount))
        }
        // Of connections there may be no limit, which others write as -1.
        (Some(field), Target::Capacity) => Meaning::Field(field, amount(value, 1).unwrap_or_else(|| "0".to_owned())),
        (Some(field), _) if target.is_flag() => {
            Meaning::Field(field, flag(&text).map_or_else(|| value.to_owned(), |flag| flag.to_string()))
        }
        (Some(field), _) => Meaning::Field(field, value.to_owned()),
        (None, _) => Meaning::Nothing,
    }
}

fn of_setting(setting: &'static str, unit: u32, value: &str) -> Meaning {
    match setting {
        "server.path_prefix" => Meaning::Setting(setting, format!("/{}", value.trim_matches('/'))),
        _ if setting.starts_with("limits.") => {
            amount(value, unit).map_or(Meaning::Nothing, |amount| Meaning::Setting(setting, amount))
        }
        _ => Meaning::Setting(setting, value.to_owned()),
    }
}

/// A number in our units. What is no number stays as it is, to be refused under its name; `None`: there is no limit.
fn amount(value: &str, unit: u32) -> Option<String> {
    match count_of(&Value::Text(value.to_owned()), unit) {
        Ok(count) => count.map(|count| count.to_string()),
        Err(_) => Some(value.to_owned()),
    }
}
