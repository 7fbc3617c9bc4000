//! `clairon serve`: everything, on one port.

mod apps;
mod listener;
mod open_files;
mod shutdown;
mod welcome;

use std::io::{self, IsTerminal};

use clairon_registry::App;
use clairon_server::{Listeners, MetricsSettings, Server};
use tracing::info;

use self::{apps::Apps, welcome::Welcome};
use super::{address::Address, open, print};
use crate::{cli::ServeArguments, config::Settings, logging};

/// Serves until SIGTERM or ctrl-C.
///
/// # Errors
/// When the settings are wrong, the port is taken, or the registry fails.
pub(crate) async fn run(arguments: ServeArguments) -> anyhow::Result<()> {
    let settings = Settings::load(arguments.sources())?;
    let _log = logging::start(&settings.log)?;
    let max_connections = open_files::raise_limit();
    // The port comes first: a start that fails for it leaves no app behind whose secret nobody has seen.
    let listener = listener::bind(&settings.listen, "--port").await?;
    let metrics_listener = match &settings.metrics_listen {
        Some(listen) => Some(listener::bind(listen, "metrics.listen").await?),
        None => None,
    };
    let address = Address::of(listener.local_addr()?, &settings.server.path_prefix);
    let registry = open(&settings.database).await?;
    let apps = Apps::prepare(registry.as_ref(), &settings).await?;
    let shutdown = shutdown::signal()?;
    print(welcome(&apps, &settings.apps, &address));
    let port = listener.local_addr()?.port();
    let metrics = MetricsSettings { port, ..settings.server.metrics };
    let server = clairon_server::Settings { max_connections, metrics, ..settings.server };
    let server = Server::new(registry, server).await?;
    info!(
        version = env!("CARGO_PKG_VERSION"),
        http = address.http(),
        ws = address.websocket("{key}"),
        network = address.network(),
        database = %settings.database.url,
        apps = apps.count,
        metrics = metrics_listener.as_ref().and_then(|listener| listener.local_addr().ok()).map(tracing::field::display),
        "ready"
    );
    server.serve(Listeners { all: listener, metrics: metrics_listener }, shutdown).await?;
    info!("stopped");
    Ok(())
}

/// Whoever declared the apps has their credentials. Otherwise this is where they are told: to a person, and at least
/// once, but not to a log at every start.
fn welcome<'a>(apps: &'a Apps, declared: &'a [App], address: &'a Address) -> Welcome<'a> {
    match &apps.first {
        Some(app) if declared.is_empty() => {
            Welcome::App { app, address, show_secret: apps.is_new || io::stdout().is_terminal() }
        }
        _ => Welcome::Declared { apps: declared, address },
    }
}
