//! The commands, one file each.

pub(crate) mod app;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod health;
pub(crate) mod import;
pub(crate) mod listen;
pub(crate) mod man;
pub(crate) mod publish;
pub(crate) mod serve;
pub(crate) mod since;
pub(crate) mod stats;
pub(crate) mod tail;
pub(crate) mod webhook;

mod address;
mod connect_failure;
mod master_key;
mod setup;
mod target;
mod terminal;

use std::{
    fmt::Display,
    io::{self, BufRead, IsTerminal, Write},
    sync::Arc,
    time::Duration,
};

use clairon_registry::{Registry, RegistryError};
use tokio::{runtime::Handle, time::sleep};

use crate::config::{Database, Problems};

/// The context of an error on stdout, for commands that print until they are interrupted.
const CANNOT_PRINT: &str = "the output cannot be written";

/// Opens the database for a server, and creates it if it is missing.
async fn open_for_server(database: &Database) -> Result<Arc<dyn Registry>, RegistryError> {
    clairon_registry::open_for_server(database.url.expose(), database.max_connections).await
}

/// Opens the database, and creates it if it is missing.
async fn open(database: &Database) -> Result<Arc<dyn Registry>, RegistryError> {
    clairon_registry::open(database.url.expose(), database.max_connections).await
}

/// Opens an existing database. Creating one in the wrong folder would hide the mistake.
async fn open_existing(database: &Database) -> anyhow::Result<Arc<dyn Registry>> {
    let opened = clairon_registry::open_existing(database.url.expose(), database.max_connections).await;
    opened.map_err(|error| match &error {
        RegistryError::Missing { .. } => Problems::one(format_args!(
            "{error}: run this in the server's folder, or name its database with --database"
        ))
        .into(),
        _ => error.into(),
    })
}

/// Prints to stdout. A closed pipe, such as that of `head`, is not an error.
fn print(text: impl Display) {
    let mut out = io::stdout().lock();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}

/// Asks the person at the terminal. `what` names the command in the error.
///
/// # Errors
/// When stdin is not a terminal.
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

/// Sleeps, in a command that blocks its thread.
fn pause(time: Duration) {
    Handle::current().block_on(sleep(time));
}
