//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::{Problems, Settings, Sources};

/// A broadcasting server that speaks the Pusher Channels protocol.
#[derive(Debug, Parser)]
#[command(version, about, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the server
    Serve(ServeArguments),
    /// Create, list, show and delete apps
    App(AppArguments),
    /// Print every setting with its default, or check the present ones
    Config(ConfigArguments),
}

/// Where settings come from besides the environment.
#[derive(Debug, Args)]
pub(crate) struct SettingsFiles {
    /// A TOML file with settings; `clairon config` prints one with all defaults
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A Laravel .env file with PUSHER_APP_* and CLAIRON_*; the environment wins over it
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// The address or host name to listen on
    #[arg(long)]
    host: Option<String>,
    /// The port to listen on; 0 takes any free port
    #[arg(long)]
    port: Option<String>,
    #[command(flatten)]
    database: DatabaseFlag,
    /// Must be empty: this version runs a single node
    #[arg(long, value_name = "URL")]
    redis: Option<Hidden>,
    #[command(flatten)]
    files: SettingsFiles,
    /// human or json
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DatabaseFlag {
    /// Where apps are kept: sqlite://FILE, sqlite::memory: or postgres://…
    #[arg(long, value_name = "URL", global = true)]
    database: Option<Hidden>,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArguments {
    /// Say what is wrong with the present settings, or "ok"
    #[arg(long)]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) files: SettingsFiles,
}

#[derive(Debug, Args)]
pub(crate) struct AppArguments {
    #[command(subcommand)]
    pub(crate) command: AppCommand,
    #[command(flatten)]
    pub(crate) place: RegistryPlace,
}

/// Where the apps are, and how to print them.
#[derive(Debug, Args)]
pub(crate) struct RegistryPlace {
    #[command(flatten)]
    database: DatabaseFlag,
    /// A TOML file with settings
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// A Laravel .env file with CLAIRON_*; the environment wins over it
    #[arg(long, value_name = "FILE", global = true)]
    env_file: Option<PathBuf>,
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
    Show {
        /// The app's id
        id: String,
        /// Show its secret too
        #[arg(long)]
        show_secret: bool,
    },
    /// Delete an app
    Delete {
        /// The app's id
        id: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CreateArguments {
    /// What people call it
    #[arg(long, default_value = "")]
    pub(crate) name: String,
    /// Its id; random if left out
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Its key; random if left out
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// Its secret; random if left out
    #[arg(long)]
    pub(crate) secret: Option<Hidden>,
}

/// A text that may hold a secret and is not printed.
#[derive(Clone)]
pub(crate) struct Hidden(String);

impl Hidden {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}
