//! The errors of the registry.

use std::{path::PathBuf, time::Duration};

use clairon_protocol::{AppId, AppKey, OutOfRange};

use crate::{
    origins::InvalidOrigin,
    row_fault::RowFault,
    webhooks::{InvalidWebhook, WebhookId},
    wrong_size::WrongSize,
};

/// An error of the registry. No message contains a secret, or the password of a database URL.
///
/// Every message is complete: it includes its cause, so sources are not chained.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A field has too few or too many bytes or entries.
    #[error(transparent)]
    Size(#[from] WrongSize),
    /// A text has a control character.
    #[error("{field} ({size} bytes) has a control character at byte {position}")]
    Character {
        /// The name of the field.
        field: &'static str,
        /// Its length in bytes.
        size: usize,
        /// The position of the character, in bytes from the start.
        position: usize,
    },
    /// An entry of `allowed_origins` cannot match any origin.
    #[error("entry {position} of allowed_origins {invalid}")]
    Origin {
        /// The position of the entry, from 1.
        position: usize,
        /// The reason.
        invalid: InvalidOrigin,
    },
    /// An endpoint of webhooks is not valid.
    #[error("{0}")]
    Webhook(Box<InvalidWebhook>),
    /// Two endpoints of an app have the same id.
    #[error("the app has the endpoint {id} twice")]
    WebhookTwice {
        /// The id of the endpoint.
        id: WebhookId,
    },
    /// A limit is out of its range.
    #[error("{0}")]
    Range(OutOfRange),
    /// An app with this id exists.
    #[error("an app with id {id} exists already")]
    IdTaken {
        /// The id.
        id: AppId,
    },
    /// Another app has this key.
    #[error("the key {key} belongs to the app {owner:?}")]
    KeyTaken {
        /// The key.
        key: AppKey,
        /// The id of that app, as it is stored.
        owner: String,
    },
    /// An app has the same key twice.
    #[error("the app has the key {key} twice")]
    KeyTwice {
        /// The key.
        key: AppKey,
    },
    /// An app has no such key. The message does not repeat it, because a secret entered as a key would get into a log.
    #[error("the app {app} has no such key (the one given has {size} characters)")]
    UnknownKey {
        /// The app.
        app: AppId,
        /// The length of the given key, in characters.
        size: usize,
    },
    /// The only key of an app cannot be retired.
    #[error("the key is the only one of the app {app}: add another one first")]
    LastKey {
        /// The app.
        app: AppId,
    },
    /// An app cannot be declared.
    #[error("cannot declare the app {app}: {cause}")]
    Declaration {
        /// The app.
        app: AppId,
        /// The reason.
        cause: Box<RegistryError>,
    },
    /// The row of an app is invalid, most often because a person has edited it.
    #[error("the row of {} cannot be used: {fault}", .app.as_ref().map_or("an app without a valid id", AppId::as_str))]
    BadRow {
        /// The app, if its id is readable.
        app: Option<AppId>,
        /// The problem.
        fault: Box<RowFault>,
    },
    /// The URL is not that of a database which this program can open.
    #[error("the database URL {problem}")]
    Url {
        /// The problem. It does not repeat the URL.
        problem: String,
    },
    /// The database cannot be opened, reached or migrated.
    #[error("cannot {act} {database}: {cause}")]
    Open {
        /// The operation that failed.
        act: &'static str,
        /// The database, without user and password.
        database: String,
        /// The message of the driver or the operating system.
        cause: String,
    },
    /// The SQLite file does not exist, and the caller did not want it created.
    #[error("there is no database {}", path.display())]
    Missing {
        /// The absolute path, if it can be determined.
        path: PathBuf,
    },
    /// The file of an open SQLite database was deleted or replaced.
    #[error(
        "the file of {database} was deleted or replaced while it was open: restart to use the file that is there now"
    )]
    FileGone {
        /// The database.
        database: String,
    },
    /// The database does not answer.
    #[error("the database did not answer within {} seconds", limit.as_secs_f32())]
    TimedOut {
        /// The timeout.
        limit: Duration,
    },
    /// A query failed.
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
}

impl RegistryError {
    /// True if the database as a whole cannot be used; false for errors of a single request.
    #[must_use]
    pub const fn is_outage(&self) -> bool {
        matches!(self, Self::Open { .. } | Self::FileGone { .. } | Self::TimedOut { .. } | Self::Database(_))
    }
}

impl From<OutOfRange> for RegistryError {
    fn from(error: OutOfRange) -> Self {
        Self::Range(error)
    }
}

impl From<InvalidWebhook> for RegistryError {
    fn from(error: InvalidWebhook) -> Self {
        Self::Webhook(Box::new(error))
    }
}

impl From<sqlx::Error> for RegistryError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}
