//! `clairon app`: the apps of the registry. A running server takes up a change within two seconds.

mod create;
mod delete;
pub(super) mod difference;
mod enable;
mod from_env;
mod list;
mod rotate;
mod show;
mod time_ago;
mod update;
mod view;
mod webhook_tables;

use std::sync::Arc;

use clairon_protocol::AppId;
use clairon_registry::{Credentials, Registry};
use serde_json::Value;

use super::{address::Address, open_existing, print};
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
    settings.remarks.log();
    let context = Context { settings, json: arguments.json };
    match arguments.command {
        AppCommand::Create(app) => create::run(&context, app).await,
        AppCommand::List => list::run(&context).await,
        AppCommand::Show(app) => show::run(&context, &app).await,
        AppCommand::Update { id, fields } => update::run(&context, &id, fields).await,
        AppCommand::Enable { id } => enable::run(&context, &id, true).await,
        AppCommand::Disable { id } => enable::run(&context, &id, false).await,
        AppCommand::Rotate(app) => rotate::run(&context, app).await,
        AppCommand::Delete { id, yes } => delete::run(&context, &id, yes).await,
    }
}

/// What every command works with.
struct Context {
    settings: Settings,
    json: bool,
}

impl Context {
    /// Opens the registry that is there.
    async fn registry(&self) -> anyhow::Result<Arc<dyn Registry>> {
        open_existing(&self.settings.database).await
    }

    /// Where a server with the present settings is.
    fn address(&self) -> Address {
        Address::configured(&self.settings)
    }

    /// Prints the text, or the JSON where that was asked for.
    fn tell(&self, text: &str, json: &Value) {
        if self.json { print(format_args!("{json:#}\n")) } else { print(text) }
    }

    /// Warns of a change that does not outlive the next start, as far as the settings of this command tell.
    fn warn_if_declared(&self, id: &AppId) {
        if self.declared(id).is_some() {
            eprintln!("note: these settings declare the app {id}: a server that starts with them sets it back");
        }
    }

    /// The credentials that the settings declare this app with.
    fn declared(&self, id: &AppId) -> Option<&Credentials> {
        self.settings.apps.iter().find(|app| app.id == *id).map(|app| &app.credentials)
    }
}

/// Says that there is no such app.
fn unknown(id: &AppId) -> String {
    format!("no app has the id {id}")
}
