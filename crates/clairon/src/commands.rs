//! The commands, one file each.

pub(crate) mod app;
pub(crate) mod config;
pub(crate) mod import;
pub(crate) mod serve;
pub(crate) mod stats;

mod address;
mod setup;

use std::{
    fmt::Display,
    io::{self, BufRead, IsTerminal, Write},
    sync::Arc,
};

use clairon_registry::{AppRegistry, RegistryError};

use crate::config::{Database, Problems};

async fn open(database: &Database) -> Result<Arc<dyn AppRegistry>, RegistryError> {
    clairon_registry::open(database.url.expose(), database.max_connections).await
}

/// Prints to stdout. A reader that has gone away, such as `head`, is no reason to fail.
fn print(text: impl Display) {
    let mut out = io::stdout().lock();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}

/// Asks the person at the terminal. `what` names the command where there is none.
///
/// # Errors
/// Where nobody can be asked.
fn confirm(what: impl Display, question: impl Display) -> anyhow::Result<bool> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Err(Problems::one(format_args!("{what} needs --yes where nobody can be asked")).into());
    }
    eprint!("{question} [y/N] ");
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
