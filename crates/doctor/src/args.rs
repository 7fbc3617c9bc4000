//! The arguments of `clairon doctor`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Check the broadcasting of the Laravel project in this folder, and say what to change
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The project's .env file; the default is the one in this folder
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// The server for both Laravel and the page, instead of the project's own settings:
    /// `http(s)://HOST[:PORT][/PREFIX]`
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Also check that the site authorizes private channels: the full URL of its `/broadcasting/auth`
    #[arg(long, value_name = "URL")]
    pub(crate) auth_url: Option<String>,
    /// Whether Laravel runs in a container
    #[arg(long, value_enum, value_name = "WHETHER", default_value_t = Container::Auto)]
    pub(crate) container: Container,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Container {
    /// Yes if this command does
    Auto,
    Yes,
    No,
}
