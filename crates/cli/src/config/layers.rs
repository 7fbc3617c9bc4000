//! Combines the layers: defaults, file, environment and flags.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    path::{Path, PathBuf},
};

use clairon_laravel::{CredentialChoice, CredentialSet};

use super::{
    app::{CREDENTIALS, Declaration},
    env_file,
    environment::{Environment, is_known},
    fields::{Entry, Table, Value},
    file::File,
    listen::HTTPS_PORT,
    other_variables::{Adopted, OtherVariables},
    problem::{Problems, unknown},
    remarks::Remarks,
    tls::{DOMAINS, has_domains},
};

/// The sources of settings other than the defaults.
#[derive(Clone, Default)]
pub(crate) struct Sources {
    /// The settings file.
    pub(crate) config: Option<PathBuf>,
    /// A Laravel `.env`. Variables of the process override its variables.
    pub(crate) env_file: Option<PathBuf>,
    /// The environment of the process.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// True for the start of a server. Then the variables of Reverb and soketi are read too, and the app of the
    /// environment must be complete.
    pub(crate) serving: bool,
    /// The flag, its setting, and the value.
    pub(crate) flags: Vec<(&'static str, &'static str, String)>,
}

/// The combined layers.
pub(super) struct Layers {
    /// All settings, by `section.key`.
    pub(super) settings: Table,
    /// The apps of the file, then the app of the environment.
    pub(super) apps: Vec<Declaration>,
    pub(super) adopted: Adopted,
    /// The set of variables that declares the app of the environment.
    pub(super) credentials: Option<CredentialSet>,
    pub(super) remarks: Remarks,
}

impl Layers {
    pub(super) fn new(sources: Sources, problems: &mut Problems) -> Self {
        let mut remarks = Remarks::default();
        let mut settings = File::defaults(problems).settings;
        let file = sources.config.map_or_else(File::default, |path| File::read(&path, &sections(&settings), problems));
        let process = process_variables(sources.environment, &settings, problems);
        let (env_file, place) = read_env_file(sources.env_file.as_deref(), &process, &mut remarks, problems);
        let variables = clairon_laravel::Environment::new(env_file.iter().cloned(), process.iter().cloned());
        let others = OtherVariables::read(&variables, &place, sources.serving);
        // Clairon's names override those of other servers in every layer.
        cover(&mut settings, others.settings(), problems);
        let short_form = ShortForm::of(&settings);
        cover(&mut settings, file.settings, problems);

        let mut app = Table::new();
        for (layer, place) in [(env_file, place.as_str()), (process, "")] {
            let environment = Environment::read(layer, place, &variables, &settings, &mut remarks, problems);
            cover(&mut settings, environment.settings, problems);
            app.extend(environment.app);
        }
        let flags = sources.flags.into_iter().map(|(flag, setting, value)| {
            (setting.to_owned(), Entry { written: flag.to_owned(), value: Value::Text(value) })
        });
        cover(&mut settings, flags.collect(), problems);
        short_form.settle(&mut settings, problems);

        let choice = CredentialChoice::of(&variables);
        if let Some(choice) = choice.as_ref().filter(|choice| choice.is_between_two()) {
            remarks.note(choice);
        }
        let credentials = choice.map(|choice| choice.set);
        let mut apps = file.apps;
        let declared_by = others.complete(&mut app, credentials);
        let adopted = others.adopted(&settings, &app);
        let app = environment_app(app, declared_by);
        apps.extend(app.filter(|app| sources.serving || app.missing().is_empty()));
        Self { settings, apps, adopted, credentials, remarks }
    }
}

/// The short form of `server.listen`, with the entries of the defaults and of other servers' variables.
struct ShortForm([(&'static str, String); 2]);

impl ShortForm {
    fn of(settings: &Table) -> Self {
        let written = |name| settings.get(name).map_or_else(String::new, |entry: &Entry| entry.written.clone());
        Self(["server.host", "server.port"].map(|name| (name, written(name))))
    }

    /// If `server.listen` is set, or the server gets its own certificates, variables of other servers have no effect,
    /// and Clairon's own short form is a problem.
    fn settle(self, settings: &mut Table, problems: &mut Problems) {
        let Some(list) = settings.get("server.listen").filter(|entry| !entry.value.is_empty_list()) else {
            if has_domains(settings)
                && let Some(port) = settings.get_mut("server.port")
                && self.0.iter().any(|(name, written)| *name == "server.port" && port.written == *written)
            {
                *port = Entry { written: DOMAINS.to_owned(), value: Value::Text(HTTPS_PORT.to_string()) };
            }
            return;
        };
        let list = list.written.clone();
        for (name, written) in self.0 {
            let Some(entry) = settings.get_mut(name) else { continue };
            if entry.written == written {
                name.clone_into(&mut entry.written);
            } else {
                let written = &entry.written;
                problems.add(format_args!("{list} and {written} both say where to listen: set one of them"));
            }
        }
    }
}

/// The app of the variables. `spell` returns the variable for a credential.
fn environment_app(fields: Table, spell: fn(&str) -> String) -> Option<Declaration> {
    let first = CREDENTIALS.iter().find_map(|name| fields.get(*name)).or_else(|| fields.values().next())?;
    Some(Declaration { written: first.written.clone(), spell, fields })
}

fn sections(settings: &Table) -> BTreeSet<&str> {
    settings.keys().filter_map(|name| name.split_once('.')).map(|(section, _)| section).collect()
}

/// Replaces the values of `settings` by those of `upper`. `settings` has all settings.
fn cover(settings: &mut Table, upper: Table, problems: &mut Problems) {
    for (name, entry) in upper {
        if let Some(setting) = settings.get_mut(&name) {
            *setting = entry;
        } else {
            let section = name.split_once('.').map_or("", |(section, _)| section);
            let of_section = |known: &&String| known.split_once('.').is_some_and(|(name, _)| name == section);
            problems.add(unknown(&entry.written, &name, &settings.keys().filter(of_section).collect::<Vec<_>>()));
        }
    }
}

/// Variables, and the text that follows their names in problems.
type Variables = (Vec<(String, String)>, String);

fn read_env_file(
    path: Option<&Path>,
    process: &[(String, String)],
    remarks: &mut Remarks,
    problems: &mut Problems,
) -> Variables {
    let Some(path) = path else { return Variables::default() };
    let variables = env_file::read(path, process, remarks, problems);
    (variables.into_iter().collect(), format!(" ({})", path.display()))
}

/// The variables as text. A value that is not UTF-8 is a problem if Clairon reads the variable.
fn process_variables(
    environment: Vec<(OsString, OsString)>,
    settings: &Table,
    problems: &mut Problems,
) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    for (name, value) in environment {
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => variables.push((name, value)),
            Err(_) if is_known(&name, settings) => {
                problems.add(format_args!("{name} is not UTF-8: allowed is text"));
            }
            Err(_) => {}
        }
    }
    variables
}
