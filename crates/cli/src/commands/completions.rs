//! `clairon completions`: prints the completions of a shell.

use clap::CommandFactory;

use super::print;
use crate::cli::{Cli, CompletionsArguments};

/// Prints the script that completes command lines of `clairon` in a shell.
pub(crate) fn run(arguments: &CompletionsArguments) {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "clairon", &mut script);
    print(String::from_utf8_lossy(&script));
}
