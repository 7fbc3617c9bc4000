//! The arguments of `clairon import`.

use std::{fmt, path::PathBuf};

use clap::{Args, ValueEnum};

/// The source of the apps.
#[derive(Debug, Args)]
pub struct SourceArgs {
    /// The server that the apps come from
    #[arg(value_enum)]
    pub format: Format,
    /// Its configuration file; the default is the file of the Laravel project in this folder, or else the environment
    /// and `.env`
    pub file: Option<PathBuf>,
    /// Its database, instead of a file: `sqlite://FILE`, `mysql://…` or `postgres://…`
    #[arg(long, value_name = "URL", conflicts_with = "file")]
    pub from_database: Option<SourceUrl>,
    /// The table of the apps; the default is `websockets_apps`, and `apps` for soketi
    #[arg(long, value_name = "TABLE", requires = "from_database", value_parser = table_name)]
    pub from_table: Option<String>,
}

/// The URL of a database. `Debug` does not show it, because it may contain a password.
#[derive(Clone)]
pub struct SourceUrl(pub(crate) String);

impl From<String> for SourceUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl fmt::Debug for SourceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SourceUrl(…)")
    }
}

/// The longest name of a table in bytes: Postgres's limit, one below that of `MySQL`.
const TABLE_BYTES: usize = 63;

/// A name that no table can have.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a table's name has 1 to {TABLE_BYTES} characters of A-Z a-z 0-9 _ (this one has {size} bytes)")]
struct InvalidTableName {
    size: usize,
}

fn table_name(text: &str) -> Result<String, InvalidTableName> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if (1..=TABLE_BYTES).contains(&text.len()) && text.bytes().all(is_name) {
        Ok(text.to_owned())
    } else {
        Err(InvalidTableName { size: text.len() })
    }
}

/// A server whose configuration this crate reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// `config/websockets.php`
    LaravelWebsockets,
    /// Its JSON file, or `SOKETI_*` variables
    Soketi,
    /// `config/reverb.php`, or `REVERB_*` variables
    Reverb,
}
