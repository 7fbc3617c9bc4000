//! The command line of `clairon app webhook`.

use clairon_protocol::AppId;
use clap::{Args, Subcommand};

use super::Hidden;

#[derive(Debug, Subcommand)]
pub(crate) enum WebhookCommand {
    /// Add an endpoint
    Add(AddArguments),
    /// List the endpoints of an app
    List {
        /// The app's id
        #[arg(value_parser = AppId::parse)]
        id: AppId,
        /// Show secrets, values of headers and whole URLs too
        #[arg(long)]
        show_secret: bool,
    },
    /// Change an endpoint
    Update {
        #[command(flatten)]
        endpoint: EndpointArguments,
        /// Where deliveries go: `http://…` or `https://…`
        #[arg(long)]
        url: Option<Hidden>,
        #[command(flatten)]
        fields: WebhookFields,
    },
    /// Remove an endpoint; what is pending for it is not sent
    Remove {
        #[command(flatten)]
        endpoint: EndpointArguments,
    },
    /// Send a signed sample to an endpoint, and print what came back
    Test {
        #[command(flatten)]
        endpoint: EndpointArguments,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AddArguments {
    /// The app's id
    #[arg(value_parser = AppId::parse)]
    pub(crate) id: AppId,
    /// Where deliveries go: `http://…` or `https://…`
    #[arg(long)]
    pub(crate) url: Hidden,
    #[command(flatten)]
    pub(crate) fields: WebhookFields,
}

/// Which endpoint.
#[derive(Debug, Args)]
pub(crate) struct EndpointArguments {
    /// The app's id
    #[arg(value_parser = AppId::parse)]
    pub(crate) id: AppId,
    /// The endpoint's id, as `list` shows it
    #[arg(value_name = "WEBHOOK")]
    pub(crate) webhook: Hidden,
}

/// What can be said of an endpoint beside its URL.
#[derive(Debug, Args)]
pub(crate) struct WebhookFields {
    /// The kinds of events that it gets, with commas between; empty for all
    #[arg(long, value_name = "KIND,…")]
    pub(crate) events: Option<String>,
    /// The channels of which it hears, with commas between; * stands for any text; empty for all
    #[arg(long, value_name = "GLOB,…")]
    pub(crate) channels: Option<String>,
    /// A header for it; may be given several times. Together they replace those it had; '' for none
    #[arg(long = "header", value_name = "NAME: VALUE")]
    pub(crate) headers: Option<Vec<Hidden>>,
    /// Whether it gets anything
    #[arg(long, value_name = "true|false", action = clap::ArgAction::Set)]
    pub(crate) enabled: Option<bool>,
    /// What deliveries are signed with; empty for the newest secret of the app
    #[arg(long)]
    pub(crate) secret: Option<Hidden>,
}
