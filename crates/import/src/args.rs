//! What can be asked for on the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Where apps are taken from.
#[derive(Debug, Args)]
pub struct SourceArgs {
    /// Whose configuration it is
    #[arg(value_enum)]
    pub format: Format,
    /// Its file; without one, that of the Laravel project in this folder, or the environment and `.env`
    pub file: Option<PathBuf>,
}

/// A server whose configuration can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// `config/websockets.php`
    LaravelWebsockets,
    /// Its JSON file, or `SOKETI_*` variables
    Soketi,
    /// `config/reverb.php`, or `REVERB_*` variables
    Reverb,
}
