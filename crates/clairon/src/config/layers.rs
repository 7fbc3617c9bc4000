//! Defaults, file, environment and flags, laid over each other.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::{
    app::{CREDENTIALS, Declaration},
    env_file,
    environment::Environment,
    fields::{Entry, Table, Value},
    file::File,
    others::{Adopted, Others},
    problem::{Problems, unknown},
};

/// Where settings come from besides the defaults.
#[derive(Default)]
pub(crate) struct Sources {
    /// The settings file.
    pub(crate) config: Option<PathBuf>,
    /// A Laravel `.env`, whose variables lose against those of the process.
    pub(crate) env_file: Option<PathBuf>,
    /// The environment of the process.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// Whether the names that Reverb and soketi have for their settings are understood too.
    pub(crate) others: bool,
    /// The flag, the setting that it sets, its value.
    pub(crate) flags: Vec<(&'static str, &'static str, String)>,
}

/// What is left when every layer has covered those below it.
pub(super) struct Layers {
    /// By `section.key`; every setting is there.
    pub(super) settings: Table,
    /// Those of the file, and that of the environment.
    pub(super) apps: Vec<Declaration>,
    pub(super) adopted: Adopted,
}

impl Layers {
    pub(super) fn new(sources: Sources, problems: &mut Problems) -> Self {
        let mut settings = File::defaults(problems).settings;
        let file = sources.config.map_or_else(File::default, |path| File::read(&path, &sections(&settings), problems));
        let process = process_variables(sources.environment, problems);
        let (env_file, place) = read_env_file(sources.env_file.as_deref(), problems);
        let others = if sources.others { Others::read(&env_file, &place, &process) } else { Others::default() };
        // Ours win wherever they stand.
        cover(&mut settings, others.settings(), problems);
        cover(&mut settings, file.settings, problems);

        let mut app = Table::new();
        for (variables, place) in [(env_file, place), (process, String::new())] {
            let environment = Environment::read(variables, &place, &settings, problems);
            cover(&mut settings, environment.settings, problems);
            app.extend(environment.app);
        }
        let flags = sources.flags.into_iter().map(|(flag, setting, value)| {
            (setting.to_owned(), Entry { written: flag.to_owned(), value: Value::Text(value) })
        });
        cover(&mut settings, flags.collect(), problems);

        let mut apps = file.apps;
        let declared_by = others.complete(&mut app);
        let adopted = others.adopted(&settings, &app);
        apps.extend(environment_app(app, declared_by));
        Self { settings, apps, adopted }
    }
}

/// The app of the variables; `spell`: how those who declared it write its credentials.
fn environment_app(fields: Table, spell: fn(&str) -> String) -> Option<Declaration> {
    let first = CREDENTIALS.iter().find_map(|name| fields.get(*name)).or_else(|| fields.values().next())?;
    Some(Declaration { written: first.written.clone(), spell, fields })
}

fn sections(settings: &Table) -> BTreeSet<&str> {
    settings.keys().filter_map(|name| name.split_once('.')).map(|(section, _)| section).collect()
}

/// Lays `upper` over `settings`, which has every setting that there is.
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

/// Variables, and what stands behind their names where problems show them.
type Variables = (Vec<(String, String)>, String);

fn read_env_file(path: Option<&Path>, problems: &mut Problems) -> Variables {
    path.map_or_else(Variables::default, |path| (env_file::read(path, problems), format!(" ({})", path.display())))
}

/// The variables as text. One that is none is a problem if it could be Clairon's.
fn process_variables(environment: Vec<(OsString, OsString)>, problems: &mut Problems) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    for (name, value) in environment {
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => variables.push((name, value)),
            Err(_) if name.starts_with("CLAIRON_") || name.starts_with("PUSHER_APP_") => {
                problems.add(format_args!("{name} is not UTF-8: allowed is text"));
            }
            Err(_) => {}
        }
    }
    variables
}
