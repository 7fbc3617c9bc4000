//! `clairon app webhook`: the endpoints of an app.

mod add;
mod list;
mod patch;
mod remove;
mod send_sample;
mod update;

use anyhow::anyhow;
use clairon_protocol::AppId;
use clairon_registry::{App, Webhook, WebhookId};

use super::Context;
use crate::{cli::WebhookCommand, config::app_flag};

pub(super) async fn run(context: &Context, command: WebhookCommand) -> anyhow::Result<()> {
    match command {
        WebhookCommand::Add(arguments) => add::run(context, arguments).await,
        WebhookCommand::List { id, show_secret } => list::run(context, &id, show_secret).await,
        WebhookCommand::Update { endpoint, url, fields } => update::run(context, endpoint, url, fields).await,
        WebhookCommand::Remove { endpoint } => remove::run(context, endpoint).await,
        WebhookCommand::Test { endpoint } => send_sample::run(context, endpoint).await,
    }
}

/// The endpoint of the app with this id. The error does not repeat `typed`, which may be a secret typed by mistake.
fn find<'a>(app: &'a App, typed: &str) -> anyhow::Result<&'a Webhook> {
    let webhook = WebhookId::parse(typed).and_then(|id| app.webhooks.find(&id));
    webhook.ok_or_else(|| unknown(&app.id))
}

fn unknown(app: &AppId) -> anyhow::Error {
    anyhow!("the app {app} has no such endpoint: `clairon app webhook list {app}` lists those that it has")
}

/// Warns about kinds of events that the endpoint lists, but that a switch of the app turns off.
fn warn_of_switches(app: &App, webhook: &Webhook) {
    for (kind, switch) in app.kinds_switched_off(webhook) {
        let (id, flag) = (&app.id, app_flag(switch));
        eprintln!("note: there is no {kind} while {switch} of the app is off: `clairon app update {id} --{flag} true`");
    }
}

/// Warns that the next server start undoes the change, if the settings of this command declare the endpoint.
fn warn_if_declared(context: &Context, webhook: &Webhook) {
    let declared = context.settings.apps.iter().any(|app| app.webhooks.find(&webhook.id).is_some());
    if declared {
        let id = &webhook.id;
        eprintln!("note: these settings declare the endpoint {id}: a server that starts with them undoes the change");
    }
}
