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
        /// Show secrets, header values and whole URLs
        #[arg(long)]
        show_secret: bool,
    },
    /// Change an endpoint
    Update {
        #[command(flatten)]
        endpoint: EndpointArguments,
        /// The URL that receives deliveries: `http://…` or `https://…`
        #[arg(long)]
        url: Option<Hidden>,
        #[command(flatten)]
        fields: WebhookFields,
    },
    /// Remove an endpoint; its pending deliveries are discarded
    Remove {
        #[command(flatten)]
        endpoint: EndpointArguments,
    },
    /// Send a signed sample to an endpoint, and print the answer
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
    /// The URL that receives deliveries: `http://…` or `https://…`
    #[arg(long)]
    pub(crate) url: Hidden,
    #[command(flatten)]
    pub(crate) fields: WebhookFields,
}

/// An endpoint of an app.
#[derive(Debug, Args)]
pub(crate) struct EndpointArguments {
    /// The app's id
    #[arg(value_parser = AppId::parse)]
    pub(crate) id: AppId,
    /// The endpoint's id, as `list` shows it
    #[arg(value_name = "WEBHOOK")]
    pub(crate) webhook: Hidden,
}

/// The fields of an endpoint except its URL.
#[derive(Debug, Args)]
pub(crate) struct WebhookFields {
    /// The kinds of events that it receives, separated by commas; empty for all
    #[arg(long, value_name = "KIND,…")]
    pub(crate) events: Option<String>,
    /// Its channels as patterns, separated by commas; * matches any text; empty for all
    #[arg(long, value_name = "GLOB,…")]
    pub(crate) channels: Option<String>,
    /// A header of its requests; can be repeated. The given headers replace the old ones; '' removes them all
    #[arg(long = "header", value_name = "NAME: VALUE")]
    pub(crate) headers: Option<Vec<Hidden>>,
    /// Whether it receives events
    #[arg(long, value_name = "true|false", action = clap::ArgAction::Set)]
    pub(crate) enabled: Option<bool>,
    /// The secret that signs deliveries; empty for the newest secret of the app
    #[arg(long)]
    pub(crate) secret: Option<Hidden>,
}
