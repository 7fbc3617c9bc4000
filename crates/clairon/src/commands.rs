//! The commands, one file each.

pub(crate) mod app;
pub(crate) mod config;
pub(crate) mod import;
pub(crate) mod serve;
pub(crate) mod stats;

use std::{
    fmt::Display,
    io::{self, Write},
    sync::Arc,
};

use clairon_registry::{AppRegistry, RegistryError};

use crate::config::Database;

async fn open(database: &Database) -> Result<Arc<dyn AppRegistry>, RegistryError> {
    clairon_registry::open(database.url.expose(), database.max_connections).await
}

/// Prints to stdout. A reader that has gone away, such as `head`, is no reason to fail.
fn print(text: impl Display) {
    let mut out = io::stdout().lock();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}
