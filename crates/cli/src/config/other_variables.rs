//! The variables of Reverb and soketi, for a server that replaces one of them.

use clairon_import::{ServerVariables, VariableMeaning};
use clairon_laravel::{CredentialSet, Environment, VariableOrigin};
use clairon_registry::{Webhook, Webhooks};

use super::{
    app::CREDENTIALS,
    environment::app_variable,
    fields::{Entry, Table, Value},
    webhooks::WebhookDeclaration,
};

/// The use of the variables of other servers. It does not contain their values.
#[derive(Debug, Default)]
pub(crate) struct Adopted {
    /// The variables in use, each with the setting or field that it sets.
    pub(crate) used: Vec<String>,
    /// The variables without effect: there is no equivalent, or a name of Clairon's sets the same.
    pub(crate) unused: Vec<String>,
    /// Notes about values that were ignored. No note shows a secret.
    pub(crate) notes: Vec<String>,
}

/// The variables of other servers and of Laravel that are set.
pub(super) struct OtherVariables<'a> {
    servers: Vec<ServerVariables>,
    environment: &'a Environment,
    /// The text that follows the names of variables of the `.env` file in problems.
    place: &'a str,
}

impl<'a> OtherVariables<'a> {
    /// `servers` is true to read the variables of other servers too.
    pub(super) fn read(environment: &'a Environment, place: &'a str, servers: bool) -> Self {
        let servers = if servers { clairon_import::variables(environment).into() } else { Vec::new() };
        Self { servers, environment, place }
    }

    /// The settings by `section.key`. If two servers set the same one, the first counts.
    pub(super) fn settings(&self) -> Table {
        let mut settings = Table::new();
        for variable in self.servers.iter().flat_map(|server| &server.variables) {
            if let VariableMeaning::Setting(setting, value) = &variable.meaning {
                settings.entry((*setting).to_owned()).or_insert_with(|| self.entry(&variable.name, value));
            }
        }
        settings
    }

    /// Adds to the app the credentials in Laravel's variables. If these are Reverb's, or there are none, it also adds
    /// other fields from another server's variables, unless `app` has them. Returns the function that spells the
    /// variables of the credentials.
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
                let (field, entry) = match &variable.meaning {
                    VariableMeaning::Field(field, value) => (*field, self.entry(&variable.name, value)),
                    VariableMeaning::Webhooks(webhooks, _) => {
                        let read = |webhook: &Webhook| WebhookDeclaration::Read(Box::new(webhook.clone()));
                        let value = Value::Webhooks(webhooks.iter().map(read).collect());
                        (Webhooks::FIELD, Entry { written: self.written(&variable.name), value })
                    }
                    VariableMeaning::Setting(..) | VariableMeaning::Nothing => continue,
                };
                fields.entry(field.to_owned()).or_insert(entry);
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

    /// The use of the variables, given the final `settings` and `app`.
    pub(super) fn adopted(&self, settings: &Table, app: &Table) -> Adopted {
        let mut adopted = Adopted::default();
        for variable in self.servers.iter().flat_map(|server| &server.variables) {
            let written = self.written(&variable.name);
            let set = match &variable.meaning {
                VariableMeaning::Field(name, _) => app.get_key_value(*name),
                VariableMeaning::Setting(name, _) => settings.get_key_value(*name),
                VariableMeaning::Webhooks(..) => app.get_key_value(Webhooks::FIELD),
                VariableMeaning::Nothing => None,
            };
            match set.filter(|(_, entry)| entry.written == written) {
                Some((name, _)) => {
                    adopted.used.push(format!("{} for {name}", variable.name));
                    if let VariableMeaning::Webhooks(_, notes) = &variable.meaning {
                        adopted.notes.extend(notes.iter().map(|note| format!("{}: {note}", variable.name)));
                    }
                }
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
