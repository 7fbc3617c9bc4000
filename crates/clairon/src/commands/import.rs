//! `clairon import`: the apps of another server, shown first and then created all at once.

use std::{env, fmt::Write, path::Path};

use anyhow::ensure;
use clairon_import::{ImportError, Plan, PlannedApp};
use clairon_laravel::Environment;
use clairon_registry::App;

use super::{confirm, open, print};
use crate::{cli::ImportArguments, config::Settings, logging};

/// # Errors
/// When the settings are wrong, the source gives no app, nobody agrees, or the registry fails. Nothing is written then.
pub(crate) async fn run(arguments: ImportArguments) -> anyhow::Result<()> {
    let path = arguments.place.env_file().unwrap_or(Path::new(".env")).to_owned();
    let settings = Settings::load(arguments.place.sources())?;
    let _log = logging::start(&settings.log)?;
    let process =
        env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let (environment, _) = Environment::read(&path, process).map_err(ImportError::from)?;
    let plan = clairon_import::read(&arguments.source, &environment).await?;
    let registry = open(&settings.database).await?;
    let present = registry.list().await?;
    let new: Vec<&PlannedApp> = plan.apps.iter().filter(|planned| taken(&planned.app, &present).is_none()).collect();
    print(describe(&plan, &present));
    ensure!(!new.is_empty(), "there is nothing to create");
    let question = format_args!("Create {} app(s)?", new.len());
    ensure!(arguments.yes || confirm("import", question)?, "nothing was created");
    let apps: Vec<App> = new.into_iter().map(|planned| planned.app.clone()).collect();
    registry.create_all(&apps).await?;
    print(format_args!("created {} of {}\n", apps.len(), plan.apps.len()));
    Ok(())
}

/// Why an app cannot be created beside those that are there.
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

/// What will be created and what is left behind. No secret is shown.
fn describe(plan: &Plan, present: &[App]) -> String {
    let mut text = format!("{}\n", plan.source);
    for PlannedApp { app, notes } in &plan.apps {
        let App { id, name, .. } = app;
        let key = &app.credentials.newest().key;
        let _ = match taken(app, present) {
            None => writeln!(text, "  create  {id}  {name:?}  key {key}{}", differences(app)),
            Some(why) => writeln!(text, "  leave   {id}  {name:?}: {why}"),
        };
        for note in notes {
            let _ = writeln!(text, "          no equivalent: {note}");
        }
    }
    for note in &plan.notes {
        let _ = writeln!(text, "  note    {note}");
    }
    text
}

/// What an app has that is not as the defaults have it.
fn differences(app: &App) -> String {
    let mut text = String::new();
    let defaults = App::new(app.id.clone(), app.credentials.newest().clone());
    let mut tell = |name: &str, differs: bool, value: String| {
        if differs {
            let _ = write!(text, ", {name} {value}");
        }
    };
    tell("enabled", !app.enabled, app.enabled.to_string());
    tell("client_messages", app.client_messages, app.client_messages.to_string());
    tell("statistics", !app.statistics, app.statistics.to_string());
    tell("user_authentication", !app.user_authentication, app.user_authentication.to_string());
    tell("capacity", app.capacity.is_some(), app.capacity.map_or(0, Into::into).to_string());
    tell("allowed_origins", !app.allowed_origins.is_empty(), app.allowed_origins.join(" "));
    for limit in clairon_registry::LIMITS {
        let value = (limit.get)(&app.limits);
        tell(limit.name, value != (limit.get)(&defaults.limits), value.to_string());
    }
    text
}
