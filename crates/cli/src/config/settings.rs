//! The parsed settings.

use std::collections::HashSet;

use clairon_laravel::CredentialSet;
use clairon_protocol::Limits;
use clairon_registry::App;

use super::{
    app::{Declaration, read_limits},
    database_url::DatabaseUrl,
    fields::Fields,
    layers::{Layers, Sources},
    listen::{self, Listen},
    log::{self, LogSettings},
    other_variables::Adopted,
    problem::Problems,
    remarks::Remarks,
    server, tls,
    values::SettingValues,
};

/// Every setting, validated.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Never empty.
    pub(crate) listen: Vec<Listen>,
    /// The additional address for challenges of an authority and redirections to https.
    pub(crate) redirect_listen: Option<Listen>,
    /// The additional address for metrics.
    pub(crate) metrics_listen: Option<Listen>,
    pub(crate) database: Database,
    pub(crate) server: clairon_server::Settings,
    pub(crate) log: LogSettings,
    /// The default limits of a new app.
    pub(crate) limits: Limits,
    /// The apps declared by the file and the environment.
    pub(crate) apps: Vec<App>,
    /// The use of other servers' variables.
    pub(crate) adopted: Adopted,
    /// The set of variables that declares the app of the environment.
    pub(crate) credentials: Option<CredentialSet>,
    pub(crate) remarks: Remarks,
    /// The values as they were written.
    pub(crate) values: SettingValues,
}

/// The settings of the database.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) url: DatabaseUrl,
    pub(crate) max_connections: u32,
}

impl Settings {
    /// Loads the settings from all sources.
    ///
    /// # Errors
    /// All problems of the settings.
    pub(crate) fn load(sources: Sources) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let layers = Layers::new(sources, &mut problems);
        let log_format = log::format_of(&layers.settings);
        let settings = Self::read(layers, &mut problems);
        settings.filter(|_| problems.is_empty()).ok_or_else(|| problems.in_log_format(log_format))
    }

    /// Reads the certificate files, as a server does at its start.
    ///
    /// # Errors
    /// All unusable certificates.
    pub(crate) fn check_certificates(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        for files in &self.server.tls.files {
            if let Err(error) = files.read() {
                problems.add(error);
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.in_log_format(self.log.format)) }
    }

    /// An app with random credentials and the defaults of the settings.
    pub(crate) fn random_app(&self) -> App {
        App { limits: self.limits, ..App::random() }
    }

    /// Reads all sections even after a problem, so that all problems are reported.
    fn read(layers: Layers, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::new(&layers.settings, problems);
        let listen = listen::read(&mut fields, &layers.settings);
        let metrics_listen = fields.text("metrics.listen", listen::parse_optional);
        let database = read_database(&mut fields);
        let limits = read_limits(&mut fields);
        let listens: Vec<_> = listen.iter().flatten().chain(metrics_listen.iter().flatten()).cloned().collect();
        let tls = tls::read(&mut fields, &listens);
        let server = server::read(&mut fields, limits);
        let log = LogSettings::read(&mut fields);
        let apps = read_apps(&layers.apps, limits, problems);
        Some(Self {
            redirect_listen: listen::redirect(&layers.settings, listen.as_deref().unwrap_or_default()),
            listen: listen?,
            metrics_listen: metrics_listen?,
            database: database?,
            server: clairon_server::Settings { tls: tls?, ..server? },
            log: log?,
            limits,
            apps,
            adopted: layers.adopted,
            credentials: layers.credentials,
            remarks: layers.remarks,
            values: SettingValues::of(&layers.settings),
        })
    }
}

fn read_database(fields: &mut Fields<'_>) -> Option<Database> {
    let url = fields.url("database.url", DatabaseUrl::parse);
    let max_connections = fields.number("database.max_connections", 1..=1_000);
    Some(Database { url: url?, max_connections: max_connections? })
}

fn read_apps(declarations: &[Declaration], limits: Limits, problems: &mut Problems) -> Vec<App> {
    let mut apps = Vec::with_capacity(declarations.len());
    let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
    for declaration in declarations {
        let Some(app) = declaration.read(limits, problems) else { continue };
        let key = &app.credentials.newest().key;
        let is_new = [ids.insert(app.id.clone()), keys.insert(key.clone())] == [true; 2];
        if !is_new {
            let written = &declaration.written;
            problems.add(format_args!("{written}: another app is declared with the id {} or the key {}", app.id, key));
        }
        apps.push(app);
    }
    apps
}
