//! What can go wrong with the registry.

use std::{path::PathBuf, time::Duration};

use clairon_protocol::{AppId, AppKey, OutOfRange};

use crate::{
    origins::InvalidOrigin,
    row_fault::RowFault,
    webhooks::{InvalidWebhook, WebhookId},
};

/// Why the registry did not do as asked. No text holds a secret, or the password of a database URL.
///
/// Every message is complete by itself: causes are part of it, not chained behind it.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A field has too few or too many bytes or entries.
    #[error("{field} has {size} {unit}, allowed are {min} to {max}")]
    Size {
        /// Its name.
        field: &'static str,
        /// How many it has.
        size: usize,
        /// Of what: bytes or entries.
        unit: &'static str,
        /// The least it may have.
        min: usize,
        /// The most it may have.
        max: usize,
    },
    /// A text has a control character.
    #[error("{field} ({size} bytes) has a control character at byte {position}")]
    Character {
        /// Its name.
        field: &'static str,
        /// Its length in bytes.
        size: usize,
        /// Where the character stands, in bytes from the start.
        position: usize,
    },
    /// An entry of `allowed_origins` matches nothing.
    #[error("entry {position} of allowed_origins {invalid}")]
    Origin {
        /// Which entry, from 1.
        position: usize,
        /// Why.
        invalid: InvalidOrigin,
    },
    /// An endpoint of webhooks is not valid.
    #[error("{0}")]
    Webhook(Box<InvalidWebhook>),
    /// An app has an endpoint twice.
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
        /// The id of the app that has it, as it is stored.
        owner: String,
    },
    /// An app has a key twice.
    #[error("the app has the key {key} twice")]
    KeyTwice {
        /// The key.
        key: AppKey,
    },
    /// An app has no such key. It is not repeated: whoever mistakes a secret for a key would find it in a log.
    #[error("the app {app} has no such key (the one given has {size} characters)")]
    UnknownKey {
        /// The app.
        app: AppId,
        /// The length of what was taken for a key.
        size: usize,
    },
    /// The only key of an app is to be retired.
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
        /// Why.
        cause: Box<RegistryError>,
    },
    /// A stored app cannot be used: somebody edited its row by hand, most often.
    #[error("the row of {} cannot be used: {fault}", .app.as_ref().map_or("an app without a valid id", AppId::as_str))]
    BadRow {
        /// The app, if its id is readable.
        app: Option<AppId>,
        /// What is wrong with it.
        fault: Box<RowFault>,
    },
    /// The URL names no database that this program can open.
    #[error("the database URL {problem}")]
    Url {
        /// What is wrong with it, without repeating it.
        problem: String,
    },
    /// The database cannot be opened, reached or migrated.
    #[error("cannot {act} {database}: {cause}")]
    Open {
        /// What was tried.
        act: &'static str,
        /// Which one, without user and password.
        database: String,
        /// What the driver or the system says.
        cause: String,
    },
    /// There is no such SQLite file, and none was to be made.
    #[error("there is no database {}", path.display())]
    Missing {
        /// Its full path, as far as that can be told.
        path: PathBuf,
    },
    /// The file of an open SQLite database is not where it was.
    #[error("the file of {database} was deleted or replaced while it was open: a restart takes what is there now")]
    FileGone {
        /// Which one.
        database: String,
    },
    /// The database does not answer.
    #[error("the database did not answer within {} seconds", limit.as_secs_f32())]
    TimedOut {
        /// How long it was given.
        limit: Duration,
    },
    /// A query failed.
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
}

impl RegistryError {
    /// True where the database cannot be used, whatever it was asked.
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
