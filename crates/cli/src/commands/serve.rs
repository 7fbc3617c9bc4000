//! `clairon serve`: the server.

mod apps;
mod dashboard;
mod listeners;
mod open_files;
mod reload;
mod signals;
mod welcome;

use std::{
    io::{self, IsTerminal},
    path::Path,
};

use clairon_laravel::{CredentialChoice, CredentialSet, Environment, env_file_name, process_variables};
use clairon_logging::{Failure, LogFormat, Logging};
use clairon_protocol::quote;
use clairon_server::{MetricsSettings, Server};
use clairon_webhooks::WebhookSettings;
use tracing::{info, warn};

use self::{
    apps::Apps, dashboard::DashboardLine, listeners::Bound, open_files::FileShares, reload::Reload, welcome::Welcome,
};
use super::{address::Address, open_for_server, print};

use crate::{
    cli::ServeArguments,
    config::{Adopted, Settings, Sources},
};

/// Serves until SIGTERM, SIGQUIT or ctrl-C.
///
/// # Errors
/// When the settings are invalid, the limit of open files is too low, the port is taken, or the registry fails.
pub(crate) async fn run(arguments: ServeArguments) -> anyhow::Result<()> {
    let sources = arguments.sources();
    let settings = Settings::load(sources.clone()).map_err(|problems| Failure::new(problems.log_format(), problems))?;
    serve(&settings, sources).await.map_err(|error| Failure::new(settings.log.format, error).into())
}

async fn serve(settings: &Settings, sources: Sources) -> anyhow::Result<()> {
    let Logging { filter, .. } = &settings.log.start()?;
    settings.remarks.log();
    settings.check_certificates()?;
    log_adopted(&settings.adopted);
    let hangup = signals::tame()?;
    let FileShares { connections, webhook_requests } = open_files::raise_limit(settings.database.max_connections)?;
    // The sockets and Redis come first: if they fail, no app has been created whose secret was never printed.
    let Bound { listeners, address, all, metrics: metrics_address, files } = listeners::bind(settings).await?;
    let registry = open_for_server(&settings.database).await?;
    let metrics = MetricsSettings { port: address.port(), ..settings.server.metrics.clone() };
    let webhooks = WebhookSettings { requests: webhook_requests, ..settings.server.webhooks.clone() };
    let server = clairon_server::Settings { connections, metrics, webhooks, ..settings.server.clone() };
    let server = Server::new(registry.clone(), server).await?;
    let apps = Apps::prepare(registry.as_ref(), settings).await?;
    if settings.apps.is_empty() {
        hint_at_env_file(&apps);
    }
    server.handle().refresh().await?;
    let shutdown = Box::pin(signals::stop()?);
    let welcome = welcome(&apps, settings, &address);
    let dashboard = DashboardLine::of(&server.handle(), settings, &apps, &address);
    match settings.log.format {
        LogFormat::Human => {
            print(welcome);
            dashboard.iter().for_each(print);
        }
        LogFormat::Json => {
            print(welcome.json());
            dashboard.iter().map(DashboardLine::json).for_each(print);
        }
    }
    info!(
        version = env!("CARGO_PKG_VERSION"),
        http = address.http(),
        ws = address.websocket("{key}"),
        network = address.network(),
        database = %settings.database.url,
        apps = apps.ids.len(),
        listen = all,
        metrics = metrics_address,
        "ready"
    );
    let reload = Reload { sources, running: settings.values.clone(), registry, server: server.handle(), filter };
    tokio::select! {
        ended = server.serve(listeners, clairon_admin::router, shutdown) => ended?,
        () = reload.run(hangup) => {}
    }
    drop(files);
    info!("stopped");
    Ok(())
}

/// Logs which variables of other servers are used and which are not.
fn log_adopted(adopted: &Adopted) {
    let Adopted { used, unused, notes } = adopted;
    if !used.is_empty() || !unused.is_empty() {
        info!(used = used.join(", "), without_effect = unused.join(", "), "variables of Reverb or soketi");
    }
    for note in notes {
        warn!("{}", quote(note));
    }
}

/// Warns about an app in the `.env` of the current folder that is not served: most likely the operator wants it.
fn hint_at_env_file(apps: &Apps) {
    let file = env_file_name(Path::new(""), process_variables());
    let Ok((environment, _)) = Environment::read(&file, process_variables()) else { return };
    let [id, ..] = CredentialChoice::of(&environment).map(|choice| choice.set.variables()).unwrap_or_default();
    let id = environment.env_text(id);
    if let Some(id) = id.filter(|id| !apps.ids.iter().any(|known| known.as_str() == *id)) {
        warn!(app = %quote(&id), "the {0} here names an app that is not served: --env-file {0} declares it", file.display());
    }
}

/// An operator that declares apps has their credentials. Otherwise they are printed: to a terminal at each start, to a
/// log only when the app was created.
fn welcome<'a>(apps: &'a Apps, settings: &'a Settings, address: &'a Address) -> Welcome<'a> {
    match &apps.first {
        Some(app) if settings.apps.is_empty() => {
            Welcome::App { app, address, show_secret: apps.is_new || io::stdout().is_terminal() }
        }
        _ => {
            let names = settings.credentials.unwrap_or(CredentialSet::Pusher).prefix();
            Welcome::Declared { apps: &settings.apps, address, names }
        }
    }
}
