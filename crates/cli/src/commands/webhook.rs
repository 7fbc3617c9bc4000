//! `clairon webhook`: the delivery log.

mod line;
mod log;
mod replay;

use crate::{
    cli::{DeliveryCommand, WebhookArguments},
    commands::open_existing,
    config::{Problems, Settings},
};

/// # Errors
/// When the settings are wrong, the registry fails, or the output cannot be written.
pub(crate) async fn run(arguments: WebhookArguments) -> anyhow::Result<()> {
    let WebhookArguments { command, place, json } = arguments;
    let settings = Settings::load(place.sources())?;
    let _log = settings.log.start()?;
    settings.remarks.log();
    let registry = open_existing(&settings.database).await?;
    match command {
        DeliveryCommand::Log(arguments) => log::run(&*registry, arguments, json).await,
        DeliveryCommand::Replay(arguments) => replay::run(&*registry, arguments, json).await,
    }
}

fn wrong_since(error: &'static str) -> Problems {
    Problems::one(format_args!("--since: {error}"))
}
