//! Why there is nothing to import.

use std::path::PathBuf;

use clairon_laravel::LaravelError;

/// Why a source gives no app. The messages show no text of it, which may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] LaravelError),
    /// There is no such file.
    #[error("there is no {}: run this in the folder of the project, or name the file", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// No variable names an app.
    #[error("{name} is not set, in the environment or in .env: there is no app to take over")]
    NoVariable {
        /// The variable with an app's id.
        name: &'static str,
    },
    /// A PHP file that returns no array.
    #[error("{}:{line}: {what} where an array is expected", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u32,
        /// What stands there.
        what: String,
    },
    /// A file that is not JSON.
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
    /// It does not answer.
    #[error("the database of --from-database did not answer within {seconds} seconds")]
    Silent {
        /// How long it had.
        seconds: u64,
    },
    /// The URL is none that could be read.
    #[error("--from-database: expected sqlite://, mysql:// or postgres://, got {size} bytes of another form")]
    DatabaseUrl {
        /// Its length in bytes.
        size: usize,
    },
    /// Reverb has no table of apps.
    #[error("--from-database: Reverb keeps its apps in config/reverb.php")]
    NoTable,
    /// There is no such table, or it lacks what an app cannot be without.
    #[error("the table {table} of --from-database has no column {column}")]
    Column {
        /// The table.
        table: String,
        /// The column.
        column: &'static str,
    },
    /// It was read and names no app.
    #[error("{place} names no app that can be used{}", lines(notes))]
    NoApp {
        /// What was read.
        place: String,
        /// Why what looks like an app is none.
        notes: Vec<String>,
    },
}

impl ImportError {
    /// True where the command line is wrong and nothing was read.
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

/// What the database itself says, where it says something. It is in the message, hence not a source beside it.
fn reason(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

fn lines(notes: &[String]) -> String {
    notes.iter().fold(String::new(), |text, note| text + "\n  " + note)
}
