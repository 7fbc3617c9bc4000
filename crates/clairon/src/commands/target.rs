//! `clairon publish`, `clairon listen` and `clairon tail`: which server they are for.

use std::env;

use super::live_error::LiveError;
use anyhow::Context;
use clairon_client::{Credentials, Endpoint, Target, credential_choice, meant};
use clairon_laravel::{Project, process_variables};
use clairon_protocol::AppId;
use tokio::task;

use super::{
    address::{ANY_PORT, Address},
    open_existing,
};
use crate::{
    cli::{Hidden, ListenArguments, PublishArguments, RegistryPlace, TailArguments, TargetArguments},
    config::Settings,
};

/// # Errors
/// When no server is named, or it does not take the event.
pub(crate) async fn publish(arguments: PublishArguments) -> anyhow::Result<()> {
    let target = target(arguments.target).await?;
    Ok(task::block_in_place(|| super::publish::run(&target, &arguments.event))?)
}

/// # Errors
/// When no server is named, or it does not let us listen.
pub(crate) async fn listen(arguments: ListenArguments) -> anyhow::Result<()> {
    let target = target(arguments.target).await?;
    Ok(task::block_in_place(|| super::listen::run(&target, &arguments.what))?)
}

/// # Errors
/// When the server is not there, or does not let us watch.
pub(crate) fn tail(arguments: TailArguments) -> anyhow::Result<()> {
    let TailArguments { what, url, token, files } = arguments;
    let settings = Settings::load(files.sources([]))?;
    settings.remarks.print();
    let endpoint = match url.map(Hidden::into_inner) {
        Some(url) => given(&url, "")?,
        None => local(&settings)?,
    };
    let own = || settings.server.admin.as_ref().map(|admin| admin.token.expose().to_owned());
    let token = token.map(Hidden::into_inner).or_else(own).ok_or_else(|| {
        LiveError::Usage(
            "the server's token is needed: --token, or CLAIRON_ADMIN_TOKEN as the server has it".to_owned(),
        )
    })?;
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let problem = "a token has printable ASCII characters and no spaces";
        return Err(LiveError::Usage(format!("--token: {problem} (this one has {} bytes)", token.len())).into());
    }
    Ok(task::block_in_place(|| super::tail::run(&endpoint, &token, &what))?)
}

pub(super) fn given(url: &str, when: &str) -> Result<Endpoint, LiveError> {
    Endpoint::parse(url).ok_or_else(|| {
        let size = url.len();
        LiveError::Usage(format!(
            "--url: {when}expected http(s)://HOST[:PORT][/PREFIX], got {size} bytes of another form"
        ))
    })
}

async fn target(arguments: TargetArguments) -> anyhow::Result<Target> {
    let TargetArguments { url, app, place } = arguments;
    let url = url.map(Hidden::into_inner);
    if let Some(id) = app {
        return of_registry(&id, url.as_deref(), place).await;
    }
    let target = match url {
        Some(url) => Target::parse(&url).map_err(|error| match Endpoint::parse(&url) {
            Some(_) => {
                "--url names a server and no app: add --app ID for one of this machine's registry, or have the form \
                        http(s)://KEY:SECRET@HOST[:PORT][/PREFIX]/apps/ID"
                    .to_owned()
            }
            None => format!("--url: {error}"),
        }),
        None => of_project(&place),
    };
    Ok(target.map_err(LiveError::Usage)?)
}

fn of_project(place: &RegistryPlace) -> Result<Target, String> {
    let folder = env::current_dir().map_err(|error| format!("the present folder: {error}"))?;
    let project = Project::read(&folder, place.env_file(), process_variables()).map_err(|error| error.to_string())?;
    let file = project.env_file.as_ref().map_or_else(|| "no .env here".to_owned(), |file| file.display().to_string());
    for lost in project.environment.lost() {
        eprintln!("warning: {file}{lost}");
    }
    if let Some(choice) = meant(&project).and_then(|connection| credential_choice(&project, &connection)) {
        eprintln!("note: {choice}");
    }
    Target::of_project(&project)
        .map_err(|error| format!("{file}: {error}; name the server with --url, --env-file or --app"))
}

async fn of_registry(id: &AppId, url: Option<&str>, place: RegistryPlace) -> anyhow::Result<Target> {
    let settings = Settings::load(place.sources())?;
    settings.remarks.print();
    let endpoint = match url {
        Some(url) => given(url, "with --app, ")?,
        None => local(&settings)?,
    };
    let registry = open_existing(&settings.database).await?;
    let app = registry.find(id).await?;
    let app = app.with_context(|| format!("no app has the id {id}: `clairon app list` has them"))?;
    let newest = app.credentials.newest();
    let credentials = Credentials { id: app.id.clone(), key: newest.key.clone(), secret: newest.secret.clone() };
    Ok(Target::new(endpoint, credentials))
}

/// The server that has these settings, as it is reached from this machine.
fn local(settings: &Settings) -> Result<Endpoint, LiveError> {
    Address::configured(settings).endpoint().ok_or_else(|| LiveError::Usage(ANY_PORT.to_owned()))
}
