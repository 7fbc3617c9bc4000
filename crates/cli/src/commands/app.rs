//! `clairon app`: the apps of the registry. A running server notices a change within two seconds.

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
mod webhook;
mod webhook_tables;

use std::sync::Arc;

use clairon_protocol::AppId;
use clairon_registry::{Credentials, Registry};
use serde::Serialize;

use super::{address::Address, open_existing, print};
use crate::{
    cli::{AppArguments, AppCommand},
    config::Settings,
};

/// # Errors
/// When the settings are invalid, the registry fails, or there is no such app.
pub(crate) async fn run(arguments: AppArguments) -> anyhow::Result<()> {
    let settings = Settings::load(arguments.place.sources())?;
    let _log = settings.log.start()?;
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
        AppCommand::Webhook(command) => webhook::run(&context, command).await,
        AppCommand::Delete { id, yes } => delete::run(&context, &id, yes).await,
    }
}

/// The context of each command.
struct Context {
    settings: Settings,
    json: bool,
}

impl Context {
    /// Opens the existing registry.
    async fn registry(&self) -> anyhow::Result<Arc<dyn Registry>> {
        open_existing(&self.settings.database).await
    }

    /// The address of a server with the present settings.
    fn address(&self) -> Address {
        Address::configured(&self.settings)
    }

    /// Prints the text, or the JSON if that was requested.
    fn tell(&self, text: &str, json: &impl Serialize) -> anyhow::Result<()> {
        if self.json {
            print(format_args!("{}\n", serde_json::to_string_pretty(json)?));
        } else {
            print(text);
        }
        Ok(())
    }

    /// Warns that the next start of a server reverts a change, if the settings of this command declare the app.
    fn warn_if_declared(&self, id: &AppId) {
        if self.declared(id).is_some() {
            eprintln!(
                "note: these settings declare the app {id}: the next start of a server with them undoes this change"
            );
        }
    }

    /// The credentials in the settings' declaration of this app.
    fn declared(&self, id: &AppId) -> Option<&Credentials> {
        self.settings.apps.iter().find(|app| app.id == *id).map(|app| &app.credentials)
    }
}

/// The message that there is no such app.
fn unknown(id: &AppId) -> String {
    format!("no app has the id {id}")
}
