//! `clairon app`: the apps of the registry. A running server takes up a change within two seconds.

mod create;
mod delete;
mod list;
mod show;
mod view;

use super::open;
use crate::{
    cli::{AppArguments, AppCommand},
    config::Settings,
    logging,
};

/// # Errors
/// When the settings are wrong, the registry fails, or there is no such app.
pub(crate) async fn run(arguments: AppArguments) -> anyhow::Result<()> {
    let settings = Settings::load(arguments.place.sources())?;
    let _log = logging::start(&settings.log)?;
    let registry = open(&settings.database).await?;
    let registry = registry.as_ref();
    match arguments.command {
        AppCommand::Create(app) => create::run(registry, app, settings.app_defaults, arguments.json).await,
        AppCommand::List => list::run(registry, arguments.json).await,
        AppCommand::Show { id, show_secret } => show::run(registry, &id, show_secret, arguments.json).await,
        AppCommand::Delete { id, yes } => delete::run(registry, &id, yes, arguments.json).await,
    }
}
