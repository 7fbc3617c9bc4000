//! `clairon man`: writes the man pages, for packages.

use std::fs;

use anyhow::Context;
use clap::CommandFactory;

use crate::cli::{Cli, ManArguments};

/// Writes a man page for `clairon` and for each of its commands.
///
/// # Errors
/// When the folder cannot be made or written to.
pub(crate) fn run(arguments: &ManArguments) -> anyhow::Result<()> {
    let folder = &arguments.folder;
    fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), folder))
        .with_context(|| format!("the man pages cannot be written to {}", folder.display()))
}
