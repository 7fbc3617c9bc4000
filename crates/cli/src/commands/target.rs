//! The server and the app that a command is for.

use std::env;

use anyhow::Context;
use clairon_client::{AppTarget, Endpoint};
use clairon_laravel::{BackendAddress, BroadcastConnection, Environment, Project, process_variables};
use clairon_protocol::{AppCredentials, AppId};

use super::{address::Address, open_existing};
use crate::{
    cli::{Hidden, RegistryPlace, TargetArguments},
    config::{Problems, Settings},
};

/// The app of `--app` or `--url`, or else of the Laravel project in the current folder.
///
/// # Errors
/// When no app is named, or the registry does not have it.
pub(super) async fn app_target(arguments: TargetArguments) -> anyhow::Result<AppTarget> {
    let TargetArguments { url, app, place } = arguments;
    let url = url.map(Hidden::into_inner);
    match (app, url) {
        (Some(id), url) => of_registry(&id, url.as_deref(), place).await,
        (None, Some(url)) => Ok(of_url(&url)?),
        (None, None) => Ok(of_current_project(&place)?),
    }
}

/// The server at `url`, or else the server of this machine that has these settings.
///
/// # Errors
/// When the URL has another form, or the settings leave the port to the system.
pub(super) fn server(url: Option<&str>, settings: &Settings) -> Result<Endpoint, Problems> {
    match url {
        Some(url) => parse_server_url(url, ""),
        None => Address::configured(settings).endpoint().map_err(Problems::one),
    }
}

/// Parses the URL of a server. `condition` precedes the form in the error.
pub(super) fn parse_server_url(url: &str, condition: &str) -> Result<Endpoint, Problems> {
    Endpoint::parse(url).ok_or_else(|| {
        let size = url.len();
        let form = "http(s)://HOST[:PORT][/PREFIX]";
        Problems::one(format_args!("--url: {condition}expected {form}, got {size} bytes of another form"))
    })
}

fn of_url(url: &str) -> Result<AppTarget, Problems> {
    AppTarget::parse(url).map_err(|error| match Endpoint::parse(url) {
        Some(_) => Problems::one(
            "--url names a server and no app: add --app ID for an app of this machine's registry, or give the form \
             http(s)://KEY:SECRET@HOST[:PORT][/PREFIX]/apps/ID",
        ),
        None => Problems::one(format_args!("--url: {error}")),
    })
}

fn of_current_project(place: &RegistryPlace) -> Result<AppTarget, Problems> {
    let folder = env::current_dir().map_err(|error| Problems::one(format_args!("the current folder: {error}")))?;
    let project = Project::read(&folder, place.env_file(), process_variables()).map_err(Problems::one)?;
    let file = project.env_file.as_ref().map_or_else(|| "no .env here".to_owned(), |file| file.display().to_string());
    for lost in project.environment.lost() {
        eprintln!("warning: {file}{lost}");
    }
    let connection = project.pusher_connection();
    if let Some(choice) = connection.and_then(|connection| project.credential_choice(connection)) {
        eprintln!("note: {choice}");
    }
    of_project(&project.environment, connection).map_err(|problem| {
        Problems::one(format_args!("{file}: {problem}; name the server with --url, --env-file or --app"))
    })
}

/// The server and app that a project sends events to. `PUSHER_URL`, a variable of other frameworks, wins if it is set.
fn of_project(environment: &Environment, connection: Option<&BroadcastConnection>) -> anyhow::Result<AppTarget> {
    if let Some(url) = environment.filled("PUSHER_URL") {
        return AppTarget::parse(url).map_err(|error| anyhow::anyhow!("PUSHER_URL: {error}"));
    }
    let connection = connection.context("no PUSHER_APP_KEY and no REVERB_APP_KEY is set")?;
    let BackendAddress { host, port, tls, path } = BackendAddress::of(connection)?;
    let credentials = connection.credentials().with_context(|| credentials_fault(environment, connection))?;
    Ok(AppTarget::new(Endpoint::new(&host, port, tls, &path), credentials))
}

/// The missing variables of the app, or that one of them is malformed.
fn credentials_fault(environment: &Environment, connection: &BroadcastConnection) -> String {
    let set = connection.credential_set();
    let missing = set.missing(environment);
    if missing.is_empty() {
        format!("{} are not all well formed", set.variables().join(", "))
    } else {
        format!("{} is not set", missing.join(" and "))
    }
}

async fn of_registry(id: &AppId, url: Option<&str>, place: RegistryPlace) -> anyhow::Result<AppTarget> {
    let settings = Settings::load(place.sources())?;
    settings.remarks.print();
    let endpoint = match url {
        Some(url) => parse_server_url(url, "with --app, ")?,
        None => server(None, &settings)?,
    };
    let registry = open_existing(&settings.database).await?;
    let app = registry.find(id).await?;
    let app = app.with_context(|| format!("no app has the id {id}: `clairon app list` has them"))?;
    let newest = app.credentials.newest();
    let credentials = AppCredentials { id: app.id.clone(), key: newest.key.clone(), secret: newest.secret.clone() };
    Ok(AppTarget::new(endpoint, credentials))
}
