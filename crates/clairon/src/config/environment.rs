//! Environment variables, of the process or of an `--env-file`.

use std::collections::BTreeMap;

use super::{
    app::{CREDENTIALS, fields},
    fields::{Entry, Table, Value},
    problem::{Problems, unknown},
};

/// Short forms of the variables that are set most often.
const SHORT: [(&str, &str); 3] =
    [("CLAIRON_HOST", "server.host"), ("CLAIRON_PORT", "server.port"), ("CLAIRON_LOG", "log.level")];

/// What the variables of one place set.
#[derive(Default)]
pub(super) struct Environment {
    /// By `section.key`.
    pub(super) settings: Table,
    /// The app that they declare, by field.
    pub(super) app: Table,
}

/// The variable that sets `name`, which is `section.key`.
pub(super) fn variable(name: &str) -> String {
    format!("CLAIRON_{}", name.replace('.', "_").to_uppercase())
}

/// The variable that sets a field of the app.
pub(super) fn app_variable(field: &str) -> String {
    let prefix = if CREDENTIALS.contains(&field) { "PUSHER" } else { "CLAIRON" };
    format!("{prefix}_APP_{}", field.to_uppercase())
}

impl Environment {
    /// Takes what is Clairon's out of `variables`; a later one wins over an earlier one of the same name. `settings` are
    /// all settings there are; `place` stands behind a variable's name where problems show it.
    pub(super) fn read(
        variables: impl IntoIterator<Item = (String, String)>,
        place: &str,
        settings: &Table,
        problems: &mut Problems,
    ) -> Self {
        let known = known(settings);
        let names = known.keys().map(String::as_str).collect::<Vec<_>>();
        let mut environment = Self::default();
        for (name, value) in variables.into_iter().collect::<BTreeMap<_, _>>() {
            if is_service_link(&name, &value) {
                continue;
            }
            let written = format!("{name}{place}");
            match known.get(&name) {
                Some(Target::Setting(setting)) => {
                    environment.set(setting, Entry { written, value: Value::Text(value) }, problems);
                }
                // Laravel's own `.env` has these three, empty, in projects that do not use them.
                Some(Target::Field(field)) if value.is_empty() && CREDENTIALS.contains(field) => {}
                Some(Target::Field(field)) => {
                    environment.app.insert((*field).to_owned(), Entry { written, value: Value::Text(value) });
                }
                None if name.starts_with("CLAIRON_") => {
                    // Three fields have Pusher's prefix, not ours.
                    let pusher = name.replacen("CLAIRON_", "PUSHER_", 1);
                    let name = if known.contains_key(&pusher) { pusher } else { name };
                    problems.add(unknown(&written, &name, &names));
                }
                None => {}
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

/// What a variable sets.
enum Target<'a> {
    Setting(&'a str),
    Field(&'static str),
}

/// Every variable that there is.
fn known(settings: &Table) -> BTreeMap<String, Target<'_>> {
    let short = SHORT.map(|(name, setting)| (name.to_owned(), Target::Setting(setting)));
    let settings = settings.keys().map(|name| (variable(name), Target::Setting(name)));
    let fields = fields().map(|field| (app_variable(field), Target::Field(field)));
    settings.chain(short).chain(fields).collect()
}

/// True for the variables that containers beside a service called "clairon" get from Kubernetes and from Docker's links.
/// One of them has the name of a setting: `CLAIRON_PORT=tcp://…`.
fn is_service_link(name: &str, value: &str) -> bool {
    let is_port = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
    name.starts_with("CLAIRON_SERVICE_")
        || name.strip_prefix("CLAIRON_PORT_").is_some_and(is_port)
        || (name == "CLAIRON_PORT" && value.contains("://"))
}
