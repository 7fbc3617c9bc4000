//! What can be asked for on the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Check the broadcasting of the Laravel project in this folder, and say what to change
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The project's .env file, if it is not the folder's
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// The server, for Laravel and the page alike, in place of what the project says: `http(s)://HOST[:PORT][/PREFIX]`
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Ask the site for access to a private channel too: the full URL of its `/broadcasting/auth`
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
    /// As this command does
    Auto,
    Yes,
    No,
}
