//! The command line of `clairon app`.

use std::path::PathBuf;

use clairon_protocol::{AppId, AppKey};
use clap::{Args, Subcommand};

use super::{AppFields, Hidden, RegistryPlace, WebhookCommand};

#[derive(Debug, Args)]
pub(crate) struct AppArguments {
    #[command(subcommand)]
    pub(crate) command: AppCommand,
    #[command(flatten)]
    pub(crate) place: RegistryPlace,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AppCommand {
    /// Create an app and print its credentials
    Create(CreateArguments),
    /// List all apps
    List,
    /// Show one app
    Show(ShowArguments),
    /// Change an app's switches and limits
    Update {
        /// The app's id
        #[arg(value_parser = AppId::parse)]
        id: AppId,
        #[command(flatten)]
        fields: AppFields,
    },
    /// Allow the clients and backends of an app
    Enable {
        /// The app's id
        #[arg(value_parser = AppId::parse)]
        id: AppId,
    },
    /// Disconnect the clients of an app, and refuse them and its backend
    Disable {
        /// The app's id
        #[arg(value_parser = AppId::parse)]
        id: AppId,
    },
    /// Add a key with a secret to an app, or remove a key
    Rotate(RotateArguments),
    /// Add, list, change, remove and test the webhook endpoints of an app
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// Delete an app and disconnect its clients
    Delete {
        /// The app's id
        #[arg(value_parser = AppId::parse)]
        id: AppId,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CreateArguments {
    /// Take id, key and secret from a Laravel .env file: its `PUSHER_APP_*`, or its `REVERB_APP_*`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["id", "key", "secret"])]
    pub(crate) from_env: Option<PathBuf>,
    /// Its id; random by default
    #[arg(long, value_parser = AppId::parse)]
    pub(crate) id: Option<AppId>,
    /// Its key; random by default
    #[arg(long, value_parser = AppKey::parse)]
    pub(crate) key: Option<AppKey>,
    /// Its secret; random by default
    #[arg(long)]
    pub(crate) secret: Option<Hidden>,
    #[command(flatten)]
    pub(crate) fields: AppFields,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// The app's id
    #[arg(value_parser = AppId::parse)]
    pub(crate) id: AppId,
    /// Show its secrets too
    #[arg(long)]
    pub(crate) show_secret: bool,
    /// Show the lines for Laravel's .env and for the page
    #[arg(long)]
    pub(crate) env: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RotateArguments {
    /// The app's id
    #[arg(value_parser = AppId::parse)]
    pub(crate) id: AppId,
    /// Do not add a key but remove this one: it cannot be used any more, and present connections stay
    #[arg(long, value_name = "KEY")]
    pub(crate) retire: Option<Hidden>,
}
