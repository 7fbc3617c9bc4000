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
    /// Print the attempts to deliver and their results, the latest last
    Log(LogArguments),
    /// Deliver again: make a new delivery of each selected one that has ended
    Replay(ReplayArguments),
}

/// The selected app and endpoint.
#[derive(Debug, Args)]
pub(crate) struct Whose {
    /// Only this app
    #[arg(long, value_name = "ID", value_parser = AppId::parse)]
    pub(crate) app: Option<AppId>,
    /// Only this endpoint
    #[arg(long, value_name = "WEBHOOK", value_parser = parse_webhook)]
    pub(crate) endpoint: Option<WebhookId>,
}

#[derive(Debug, Args)]
pub(crate) struct LogArguments {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// Only failed attempts
    #[arg(long)]
    pub(crate) failed: bool,
    /// Only since: `90m`, `24h`, `7d` ago, a date or a time
    #[arg(long, value_name = "SINCE")]
    pub(crate) since: Option<Since>,
    /// The largest number of attempts to print; the latest are printed
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
    /// Keep printing new attempts as they are made
    #[arg(long)]
    pub(crate) follow: bool,
}

#[derive(Debug, Args)]
#[group(id = "which", required = true, multiple = false, args = ["deliveries", "failed", "since"])]
pub(crate) struct ReplayArguments {
    /// Ids of deliveries, as the log shows them
    #[arg(value_name = "DELIVERY", value_parser = parse_delivery)]
    pub(crate) deliveries: Vec<DeliveryId>,
    /// The deliveries that were given up and not replayed since
    #[arg(long)]
    pub(crate) failed: bool,
    /// The deliveries of events since then, delivered or not: `90m`, `24h`, `7d` ago, a date or a time
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
