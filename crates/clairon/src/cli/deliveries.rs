//! The command line of `clairon webhook`.

use clairon_protocol::AppId;
use clairon_registry::{DeliveryId, WebhookId};
use clap::{Args, Subcommand};

use super::RegistryPlace;
use crate::commands::since::Since;

#[derive(Debug, Args)]
pub(crate) struct WebhookArguments {
    #[command(subcommand)]
    pub(crate) command: DeliveryCommand,
    #[command(flatten)]
    pub(crate) place: RegistryPlace,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeliveryCommand {
    /// Print what was sent to endpoints and what came of it, the latest last
    Log(LogArguments),
    /// Deliver again what has ended, each as a new delivery that names the old one
    Replay(ReplayArguments),
}

/// Of which app and endpoint.
#[derive(Debug, Args)]
pub(crate) struct Whose {
    /// Of this app alone
    #[arg(long, value_name = "ID", value_parser = AppId::parse)]
    pub(crate) app: Option<AppId>,
    /// Of this endpoint alone
    #[arg(long, value_name = "WEBHOOK", value_parser = parse_webhook)]
    pub(crate) endpoint: Option<WebhookId>,
}

#[derive(Debug, Args)]
pub(crate) struct LogArguments {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// Only what the endpoint did not take
    #[arg(long)]
    pub(crate) failed: bool,
    /// From when on: `90m`, `24h`, `7d` ago, a date or a time
    #[arg(long, value_name = "SINCE")]
    pub(crate) since: Option<Since>,
    /// How many at most, the latest
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
    /// Go on with what is sent from now on
    #[arg(long)]
    pub(crate) follow: bool,
}

#[derive(Debug, Args)]
#[group(id = "which", required = true, multiple = false, args = ["deliveries", "failed", "since"])]
pub(crate) struct ReplayArguments {
    /// Ids of deliveries, as the log shows them
    #[arg(value_name = "DELIVERY", value_parser = parse_delivery)]
    pub(crate) deliveries: Vec<DeliveryId>,
    /// What was given up and not replayed since
    #[arg(long)]
    pub(crate) failed: bool,
    /// What happened since then, delivered or not: `90m`, `24h`, `7d` ago, a date or a time
    #[arg(long, value_name = "SINCE")]
    pub(crate) since: Option<Since>,
    #[command(flatten)]
    pub(crate) whose: Whose,
}

fn parse_webhook(text: &str) -> Result<WebhookId, &'static str> {
    WebhookId::parse(text).ok_or("the id of an endpoint has 12 hexadecimal digits in lower case")
}

fn parse_delivery(text: &str) -> Result<DeliveryId, &'static str> {
    DeliveryId::parse(text).ok_or("the id of a delivery has 24 hexadecimal digits in lower case")
}
