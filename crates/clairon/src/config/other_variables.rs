//! The variables of Reverb and soketi, for a server that takes over from one of them.

use clairon_import::{ServerVariables, VariableMeaning};
use clairon_laravel::{CredentialSet, Environment, VariableOrigin};

use super::{
    app::CREDENTIALS,
    environment::app_variable,
    fields::{Entry, Table, Value},
};

/// What became of the variables of other servers. Their values are not here.
#[derive(Debug, Default)]
pub(crate) struct Adopted {
    /// The variables that count, each with what it sets.
    pub(crate) used: Vec<String>,
    /// Those that have no effect: there is no such setting, or it is set by a name of ours.
    pub(crate) unused: Vec<String>,
}

/// The variables of other servers and of Laravel that are set.
pub(super) struct OtherVariables<'a> {
    servers: Vec<ServerVariables>,
    environment: &'a Environment,
    /// What stands behind the names of variables of the `.env` file where problems show them.
    place: &'a str,
}

impl<'a> OtherVariables<'a> {
    /// `servers`: whether the variables of other servers count.
    pub(super) fn read(environment: &'a Environment, place: &'a str, servers: bool) -> Self {
        let servers = if servers { clairon_import::variables(environment).into() } else { Vec::new() };
        Self { servers, environment, place }
    }

    /// By `section.key`; of two servers that name the same one, the first.
    pub(super) fn settings(&self) -> Table {
        let mut settings = Table::new();
        for variable in self.servers.iter().flat_map(|server| &server.variables) {
            if let VariableMeaning::Setting(setting, value) = &variable.meaning {
                settings.entry((*setting).to_owned()).or_insert_with(|| self.entry(&variable.name, value));
            }
        }
        settings
    }

    /// Gives the app the credentials of Laravel's variables that count; where those are Reverb's, or there are none,
    /// also what another server's variables say of the app and `app` does not. Returns how the names of its credentials
    /// are spelt.
    pub(super) fn complete(&self, app: &mut Table, credentials: Option<CredentialSet>) -> fn(&str) -> String {
        let names = credentials.map(CredentialSet::variables).unwrap_or_default();
        for (field, name) in CREDENTIALS.into_iter().zip(names) {
            if let Some(text) = self.environment.env_text(name) {
                app.insert(field.to_owned(), self.entry(name, &text));
            }
        }
        if credentials == Some(CredentialSet::Pusher) {
            return app_variable;
        }
        let fields = |server: &ServerVariables| {
            let mut fields = Table::new();
            for variable in &server.variables {
                if let VariableMeaning::Field(field, value) = &variable.meaning {
                    fields.entry((*field).to_owned()).or_insert_with(|| self.entry(&variable.name, value));
                }
            }
            has_credential(&fields).then_some((fields, server.spell))
        };
        let Some((fields, spell)) = self.servers.iter().find_map(fields) else {
            return if credentials.is_some() { reverb_variable } else { app_variable };
        };
        for (name, entry) in fields {
            app.entry(name).or_insert(entry);
        }
        spell
    }

    /// What has become of the variables, once `settings` and `app` are as they will be used.
    pub(super) fn adopted(&self, settings: &Table, app: &Table) -> Adopted {
        let mut adopted = Adopted::default();
        for variable in self.servers.iter().flat_map(|server| &server.variables) {
            let written = self.written(&variable.name);
            let set = match &variable.meaning {
                VariableMeaning::Field(name, _) => app.get_key_value(*name),
                VariableMeaning::Setting(name, _) => settings.get_key_value(*name),
                VariableMeaning::Nothing => None,
            };
            match set.filter(|(_, entry)| entry.written == written) {
                Some((name, _)) => adopted.used.push(format!("{} for {name}", variable.name)),
                None => adopted.unused.push(variable.name.clone()),
            }
        }
        adopted
    }

    fn entry(&self, name: &str, value: &str) -> Entry {
        Entry { written: self.written(name), value: Value::Text(value.to_owned()) }
    }

    fn written(&self, name: &str) -> String {
        match self.environment.origin(name) {
            Some(VariableOrigin::File) => format!("{name}{}", self.place),
            _ => name.to_owned(),
        }
    }
}

fn reverb_variable(field: &str) -> String {
    app_variable(field).replacen("PUSHER", CredentialSet::Reverb.prefix(), 1)
}

fn has_credential(fields: &Table) -> bool {
    CREDENTIALS.iter().any(|name| fields.contains_key(*name))
}
