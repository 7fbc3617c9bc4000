//! The errors of an import.

use std::{path::PathBuf, string::FromUtf8Error};

use clairon_laravel::LaravelError;
use clairon_protocol::{OutOfRange, error::InvalidId};
use clairon_registry::RegistryError;

/// Why a source gives no app. The messages show no text of the source, which may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] LaravelError),
    /// The file does not exist.
    #[error("there is no {}: run this command in the folder of the project, or name the file", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// No variable configures an app.
    #[error("{name} is not set, neither in the environment nor in .env: there is no app to import")]
    NoVariable {
        /// The variable with the app's id.
        name: &'static str,
    },
    /// The PHP file returns no array.
    #[error("{}:{line}: {what} where an array is expected", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u32,
        /// The code in place of the array.
        what: String,
    },
    /// The file is not JSON.
    #[error("{}:{line}:{column}: not JSON", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// The database cannot be reached or read.
    #[error("the database of --from-database: {}", reason(.0))]
    Database(sqlx::Error),
    /// The database does not answer.
    #[error("the database of --from-database did not answer within {seconds} seconds")]
    Silent {
        /// The time limit.
        seconds: u64,
    },
    /// The URL has an unknown form.
    #[error("--from-database: expected sqlite://, mysql:// or postgres://, got {size} bytes of another form")]
    DatabaseUrl {
        /// The length of the URL in bytes.
        size: usize,
    },
    /// Reverb has no table of apps.
    #[error("--from-database: Reverb keeps its apps in config/reverb.php")]
    NoTable,
    /// The table does not exist, or has no column for an id, key or secret.
    #[error("the table {table} of --from-database has no column {column}")]
    Column {
        /// The table.
        table: String,
        /// The column.
        column: &'static str,
    },
    /// The source was read and has no usable app.
    #[error("{place} has no usable app{}", lines(notes))]
    NoApp {
        /// The source.
        place: String,
        /// Why its records are not usable.
        notes: Vec<String>,
    },
}

impl ImportError {
    /// True if the command line is wrong. Nothing was read then.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::DatabaseUrl { .. } | Self::NoTable)
    }
}

impl From<sqlx::Error> for ImportError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// The message of the database itself, if there is one. It is part of this error's message, so the error is not given
/// as a source too.
fn reason(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

fn lines(notes: &[String]) -> String {
    notes.iter().fold(String::new(), |text, note| text + "\n  " + note)
}

/// Why a record of a source is no usable app.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("not an app")]
    NotAnApp,
    #[error("it has no {name}")]
    Missing { name: &'static str },
    /// Code computes the field, so only the program knows it.
    #[error("its {name} is {what} (line {line}), which cannot be read")]
    Unread { name: &'static str, what: String, line: u32 },
    #[error(transparent)]
    Credential(#[from] InvalidId),
    #[error(transparent)]
    App(#[from] RegistryError),
    #[error("its {column} cannot be read: {error}")]
    Column { column: &'static str, error: sqlx::Error },
    /// SQLite stores any bytes as text.
    #[error("its {column} is {} bytes that are not UTF-8", error.as_bytes().len())]
    NotUtf8 { column: &'static str, error: FromUtf8Error },
}

/// Why a value does not fit its field. `kind` describes the value without showing it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FieldError {
    #[error("an app has no field {name}")]
    UnknownField { name: String },
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    #[error("{kind} is neither true nor false")]
    NotAFlag { kind: String },
    #[error("{kind} is no number")]
    NotANumber { kind: String },
    #[error("{kind} is no text")]
    NotAText { kind: String },
    #[error("{kind} is no list of origins")]
    NotOrigins { kind: String },
    #[error("{kind} is no list of webhooks")]
    NotWebhooks { kind: String },
}
