//! What can be asked for on the command line.

use std::{fmt, path::PathBuf};

use clap::{Args, ValueEnum};

/// Where apps are taken from.
#[derive(Debug, Args)]
pub struct SourceArgs {
    /// Whose configuration it is
    #[arg(value_enum)]
    pub format: Format,
    /// Its file; without one, that of the Laravel project in this folder, or the environment and `.env`
    pub file: Option<PathBuf>,
    /// Its database in place of its file: `sqlite://FILE`, `mysql://…` or `postgres://…`
    #[arg(long, value_name = "URL", conflicts_with = "file")]
    pub from_database: Option<DatabaseUrl>,
    /// The table of the apps, if it is not called `websockets_apps` or, of soketi, `apps`
    #[arg(long, value_name = "TABLE", requires = "from_database", value_parser = table_name)]
    pub from_table: Option<String>,
}

/// The URL of a database. It may hold a password and is not printed.
#[derive(Clone)]
pub struct DatabaseUrl(pub(crate) String);

impl From<String> for DatabaseUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(…)")
    }
}

/// The longest name of a table in Postgres, in bytes; in `MySQL` one more is allowed.
const TABLE_BYTES: usize = 63;

fn table_name(text: &str) -> Result<String, String> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if (1..=TABLE_BYTES).contains(&text.len()) && text.bytes().all(is_name) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "a table's name has 1 to {TABLE_BYTES} characters of A-Z a-z 0-9 _ (this one has {} bytes)",
            text.len()
        ))
    }
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
