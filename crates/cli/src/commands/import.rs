//! `clairon import`: the apps of another server, shown first and then created all at once.

use std::{fmt::Write, path::Path};

use anyhow::ensure;
use clairon_import::{ImportError, Plan, PlannedApp};
use clairon_laravel::{Environment, env_file_name, process_variables};
use clairon_registry::App;
use serde_json::Value;
use tracing::warn;

use super::{
    app::difference::{Difference, differences},
    confirm, open, print,
};
use crate::{cli::ImportArguments, config::Settings};

/// # Errors
/// When the settings are invalid, the source has no app, the person does not confirm, or the registry fails. Nothing is
/// written then.
pub(crate) async fn run(arguments: ImportArguments) -> anyhow::Result<()> {
    let named = arguments.place.env_file().map(Path::to_owned);
    let settings = Settings::load(arguments.place.sources())?;
    let _log = settings.log.start()?;
    settings.remarks.log();
    let is_named = named.is_some();
    let path = named.unwrap_or_else(|| env_file_name(Path::new(""), process_variables()));
    let (environment, _) = Environment::read(&path, process_variables()).map_err(ImportError::from)?;
    let template = settings.random_app();
    // For a file given on the command line, the settings have reported it already.
    for lost in environment.lost().iter().filter(|_| !is_named) {
        warn!("{}{lost}", path.display());
    }
    let plan = clairon_import::read(&arguments.source, &environment, &template).await?;
    let registry = open(&settings.database).await?;
    let present = registry.list().await?;
    let new: Vec<&PlannedApp> = plan.apps.iter().filter(|planned| taken(&planned.app, &present).is_none()).collect();
    print(describe(&plan, &present, &template)?);
    ensure!(!new.is_empty(), "there is nothing to create");
    let question = format_args!("Create {} app(s)?", new.len());
    ensure!(arguments.yes || confirm("import", question)?, "nothing was created");
    let apps: Vec<App> = new.into_iter().map(|planned| planned.app.clone()).collect();
    registry.create_all(&apps).await?;
    print(format_args!("created {} of {}\n", apps.len(), plan.apps.len()));
    Ok(())
}

/// The reason why an app cannot be created beside the existing ones.
fn taken(app: &App, present: &[App]) -> Option<&'static str> {
    let credential = app.credentials.newest();
    let with_key = |other: &App| other.credentials.find(credential.key.as_str()).cloned();
    match present.iter().find(|other| other.id == app.id) {
        Some(other) if with_key(other).is_some_and(|stored| stored.is_same_pair(credential)) => {
            Some("is there already")
        }
        Some(_) => Some("is there with other credentials, and stays as it is"),
        None => present.iter().any(|other| with_key(other).is_some()).then_some("has the key of another app"),
    }
}

/// The apps that will be created, and what is not imported. No secret is shown.
fn describe(plan: &Plan, present: &[App], template: &App) -> serde_json::Result<String> {
    let mut text = format!("{}\n", plan.source);
    for PlannedApp { app, notes } in &plan.apps {
        let App { id, name, .. } = app;
        let key = &app.credentials.newest().key;
        let _ = match taken(app, present) {
            None => writeln!(text, "  create  {id}  {name:?}  key {key}{}", deviations(app, template)?),
            Some(why) => writeln!(text, "  leave   {id}  {name:?}: {why}"),
        };
        for note in notes {
            let _ = writeln!(text, "          {note}");
        }
    }
    for note in &plan.notes {
        let _ = writeln!(text, "  note    {note}");
    }
    Ok(text)
}

/// The fields of an app that differ from the defaults, and the key that identifies it.
fn deviations(app: &App, template: &App) -> serde_json::Result<String> {
    let told = |difference: &Difference| difference.field != "name";
    let text = |Difference { field, to, .. }| match to {
        Value::Array(entries) => {
            // A webhook endpoint is an object.
            let text = |entry: &'_ Value| entry.as_str().or_else(|| entry["url"].as_str()).map(str::to_owned);
            let entries: Vec<String> = entries.iter().filter_map(text).collect();
            format!(", {field} {}", entries.join(" "))
        }
        other => format!(", {field} {other}"),
    };
    Ok(differences(template, app)?.into_iter().filter(told).map(text).collect())
}
