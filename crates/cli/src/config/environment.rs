//! Environment variables, of the process or of an `--env-file`.

use std::collections::BTreeMap;

use clairon_laravel::CredentialSet;
use clairon_protocol::quote;
use clairon_registry::AppField;

use super::{
    app::CREDENTIALS,
    fields::{Entry, Table, Value},
    problem::{Problems, nearest},
    remarks::Remarks,
    webhooks::WebhookDeclaration,
};

/// Short forms of the most frequent variables.
const SHORT: [(&str, &str); 3] =
    [("CLAIRON_HOST", "server.host"), ("CLAIRON_PORT", "server.port"), ("CLAIRON_LOG", "log.level")];

/// The variable for an endpoint of the app's webhooks.
const WEBHOOK_URL: &str = "CLAIRON_APP_WEBHOOK_URL";

/// The settings in the variables of one layer.
#[derive(Default)]
pub(super) struct Environment {
    /// By `section.key`.
    pub(super) settings: Table,
    /// The fields of the app, without its credentials, which are Laravel's variables.
    pub(super) app: Table,
}

/// The variable for the setting `name`, which is `section.key`.
pub(super) fn variable(name: &str) -> String {
    format!("CLAIRON_{}", name.replace('.', "_").to_uppercase())
}

/// The variable for a field of the app.
pub(super) fn app_variable(field: &str) -> String {
    let prefix = if CREDENTIALS.contains(&field) { "PUSHER" } else { "CLAIRON" };
    format!("{prefix}_APP_{}", field.to_uppercase())
}

/// True for a variable that is read here or that is a credential of an app.
pub(super) fn is_known(name: &str, settings: &Table) -> bool {
    let has_credential = |set: CredentialSet| set.variables().contains(&name);
    known(settings).contains_key(name) || has_credential(CredentialSet::Pusher) || has_credential(CredentialSet::Reverb)
}

impl Environment {
    /// Reads Clairon's variables in a layer. A later variable overrides an earlier one of the same name. `all` has the
    /// variables of all layers and `settings` all settings. `place` follows the name of a variable in problems.
    ///
    /// An unknown name is not an error, because orchestrators set variables of their own.
    pub(super) fn read(
        layer: impl IntoIterator<Item = (String, String)>,
        place: &str,
        all: &clairon_laravel::Environment,
        settings: &Table,
        remarks: &mut Remarks,
        problems: &mut Problems,
    ) -> Self {
        let known = known(settings);
        let mut environment = Self::default();
        let ours = layer.into_iter().filter(|(name, _)| name.starts_with("CLAIRON_"));
        for (name, value) in ours.collect::<BTreeMap<_, _>>() {
            if all.is_service_link(&name, &value) {
                remarks.pass_over(name);
                continue;
            }
            let written = format!("{name}{place}");
            match known.get(&name) {
                Some(Target::Setting(setting)) => {
                    environment.set(setting, Entry { written, value: Value::Text(value) }, problems);
                }
                // An empty value is not an endpoint, so a file for containers can list the variable.
                Some(Target::Webhook) if value.is_empty() => {}
                Some(Target::Webhook) => {
                    let url = Entry { written: written.clone(), value: Value::Text(value) };
                    let fields = Table::from([("url".to_owned(), url)]);
                    let value = Value::Webhooks(vec![WebhookDeclaration::Written { written: written.clone(), fields }]);
                    environment.app.insert("webhooks".to_owned(), Entry { written, value });
                }
                Some(Target::Field(field)) => {
                    environment.app.insert((*field).to_owned(), Entry { written, value: Value::Text(value) });
                }
                None => {
                    let nearest = nearest_variable(&name, known.keys());
                    let written = quote(&written);
                    remarks.warn(format_args!(
                        "{written} is not a setting and has no effect; the nearest name is {nearest}"
                    ));
                }
            }
        }
        environment
    }

    fn set(&mut self, setting: &str, entry: Entry, problems: &mut Problems) {
        let written = entry.written.clone();
        if let Some(other) = self.settings.insert(setting.to_owned(), entry) {
            problems.add(format_args!("{} and {written} are the same setting: set one of them", other.written));
        }
    }
}

/// The target of a variable.
enum Target<'a> {
    Setting(&'a str),
    Field(&'static str),
    /// The URL of an endpoint of the app.
    Webhook,
}

/// All variables with the prefix `CLAIRON_`.
fn known(settings: &Table) -> BTreeMap<String, Target<'_>> {
    let short = SHORT.map(|(name, setting)| (name.to_owned(), Target::Setting(setting)));
    let settings = settings.keys().map(|name| (variable(name), Target::Setting(name)));
    let fields = AppField::plain().map(|field| (app_variable(field.name()), Target::Field(field.name())));
    let webhook = (WEBHOOK_URL.to_owned(), Target::Webhook);
    settings.chain(short).chain(fields).chain([webhook]).collect()
}

/// The variable that was most likely meant by `name`. The credentials of the app have Pusher's prefix.
fn nearest_variable<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> String {
    let pusher = name.replacen("CLAIRON_", "PUSHER_", 1);
    if CredentialSet::Pusher.variables().contains(&pusher.as_str()) {
        return pusher;
    }
    nearest(name, known.map(String::as_str)).unwrap_or_default().to_owned()
}
