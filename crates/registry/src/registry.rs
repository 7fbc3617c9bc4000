//! The contract of the registry, and the way to one.

use std::{fmt::Debug, sync::Arc, time::Duration};

use async_trait::async_trait;
use clairon_protocol::{AppId, AppKey};
use jiff::Timestamp;
use tokio::time::timeout;

use crate::{
    app::App,
    credential::Credential,
    database_url::DatabaseUrl,
    error::RegistryError,
    mysql, postgres, sqlite,
    statistics::{Statistics, StatisticsQuery},
    webhook_store::WebhookStore,
};

/// Where apps are kept. Any number of processes may share one.
///
/// Every write is one transaction, and writes of all processes happen one after the other. A write that has returned is
/// seen by every later read of every process. An app is [validated](App::validate) before it is written.
#[async_trait]
pub trait AppRegistry: Send + Sync + Debug {
    /// A number that grows with every write that changed an app, by any process.
    ///
    /// # Errors
    /// When the database fails.
    async fn revision(&self) -> Result<i64, RegistryError>;

    /// All apps, by id. A row that cannot be used is logged as an error and left out, so that it harms no other app.
    ///
    /// # Errors
    /// When the database fails.
    async fn list(&self) -> Result<Vec<App>, RegistryError>;

    /// The app with this id.
    ///
    /// # Errors
    /// When the database fails, or the app's row cannot be used.
    async fn find(&self, id: &AppId) -> Result<Option<App>, RegistryError>;

    /// Adds an app.
    ///
    /// # Errors
    /// When it is not valid, its id or its key is taken, or the database fails.
    async fn create(&self, app: &App) -> Result<(), RegistryError>;

    /// Adds all of these apps, or none of them.
    ///
    /// # Errors
    /// Those of [`create`](Self::create) for the first app that has one; nothing is written then.
    async fn create_all(&self, apps: &[App]) -> Result<(), RegistryError>;

    /// Makes the registry hold each of these apps, whose ids differ, under its id, whatever was there: also a row that
    /// cannot be used. Returns what was done for each, in their order.
    ///
    /// Where a stored app has the declared credentials among its own, those that it has got by [`rotate`](Self::rotate)
    /// stay beside them; otherwise the declared ones replace them all. Endpoints that no settings declared stay too.
    ///
    /// # Errors
    /// [`RegistryError::Declaration`] for the first that is not valid, or whose key another app has; or when the
    /// database fails. Nothing is written then.
    async fn declare(&self, apps: &[App]) -> Result<Vec<Declared>, RegistryError>;

    /// Lets `change` act on the stored app, and keeps what has become of it; `None`: there is no such app. No other
    /// write comes between reading and writing. Its id and its credentials stay as they are.
    ///
    /// # Errors
    /// When the app is then not valid, its row cannot be used, or the database fails.
    async fn update(&self, id: &AppId, change: &AppEdit<'_>) -> Result<Option<Update>, RegistryError>;

    /// Adds a credential to an app as its newest, and returns the app; `None`: there is no such app. The older ones
    /// stay.
    ///
    /// # Errors
    /// When some app has its key, the app has as many keys as it may have, its row cannot be used, or the database
    /// fails.
    async fn rotate(&self, id: &AppId, credential: &Credential) -> Result<Option<App>, RegistryError>;

    /// Takes a key from an app, and returns the app; `None`: there is no such app.
    ///
    /// # Errors
    /// When the app has no such key, or no other; when its row cannot be used, or the database fails.
    async fn retire(&self, id: &AppId, key: &str) -> Result<Option<App>, RegistryError>;

    /// Records when keys were used. Keys that are gone are passed over, and a time that is known to be later stays.
    /// This changes no app, and so not the [`revision`](Self::revision).
    ///
    /// # Errors
    /// When the database fails; then none of them is recorded.
    async fn note_used(&self, uses: &[KeyUse]) -> Result<(), RegistryError>;

    /// Adds an app if there is none at all; false: there is one. Of many callers at once, on any number of nodes, one
    /// adds its app.
    ///
    /// # Errors
    /// When it is not valid, or the database fails.
    async fn create_first(&self, app: &App) -> Result<bool, RegistryError>;

    /// Removes an app; false: there was none.
    ///
    /// # Errors
    /// When the database fails.
    async fn delete(&self, id: &AppId) -> Result<bool, RegistryError>;

    /// Adds to the statistics of intervals, each of an app and a start. What several nodes record of one interval adds
    /// up, their peaks too. This is no change of an app.
    ///
    /// # Errors
    /// When the database fails; then nothing is recorded.
    async fn record_statistics(&self, statistics: &[Statistics]) -> Result<(), RegistryError>;

    /// What was recorded, by app and then by time. The peak of a span is the highest of its intervals; spans of which
    /// nothing was recorded are left out.
    ///
    /// # Errors
    /// When the database fails.
    async fn statistics(&self, query: &StatisticsQuery) -> Result<Vec<Statistics>, RegistryError>;

    /// When the latest interval began of which anything was recorded, among those that began by `time`.
    ///
    /// # Errors
    /// When the database fails.
    async fn latest_statistics(&self, time: Timestamp) -> Result<Option<Timestamp>, RegistryError>;

    /// Removes the statistics of intervals that began before `limit`, and returns how many rows that were.
    ///
    /// # Errors
    /// When the database fails; some are removed then.
    async fn forget_statistics(&self, limit: Timestamp) -> Result<usize, RegistryError>;

    /// Writes as any change does, and changes nothing: finds out whether the database takes writes.
    ///
    /// # Errors
    /// When it does not.
    async fn check_writes(&self) -> Result<(), RegistryError>;
}

/// A database with the apps and the events for their endpoints.
pub trait Registry: AppRegistry + WebhookStore {}

impl<R: AppRegistry + WebhookStore> Registry for R {}

/// The answer of a registry that is given so much time for it.
///
/// # Errors
/// That of the question, or [`RegistryError::TimedOut`].
pub async fn within<T>(
    limit: Duration,
    question: impl Future<Output = Result<T, RegistryError>>,
) -> Result<T, RegistryError> {
    timeout(limit, question).await.unwrap_or(Err(RegistryError::TimedOut { limit }))
}

/// What is to become of an app: the argument of [`AppRegistry::update`].
pub type AppEdit<'a> = dyn Fn(&mut App) + Send + Sync + 'a;

/// What [`AppRegistry::update`] did. Both are the same where it changed nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The app as it was.
    pub before: App,
    /// The app as it is now.
    pub after: App,
}

/// That a key was used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyUse {
    /// The key.
    pub key: AppKey,
    /// When it was used last.
    pub at: Timestamp,
}

/// What [`AppRegistry::declare`] did for an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    /// There was no such app.
    Created,
    /// There was one that differed.
    Updated,
    /// It was there already.
    Unchanged,
}

/// Opens the database that `url` names, with at most `max_connections` (0 counts as 1), and migrates it. Nodes that
/// open a fresh database at once wait for each other.
///
/// - `sqlite://FILE`: created if it is not there, readable by its owner alone, for it holds secrets;
/// - `sqlite::memory:`: one database for each call, gone with its handle; always a single connection;
/// - `postgres://…` or `postgresql://…`: parameters as libpq has them;
/// - `mysql://…` or `mariadb://…`: parameters as the command line of MySQL has them.
///
/// # Errors
/// When the URL is none of these, or the database cannot be opened, reached or migrated.
pub async fn open(url: &str, max_connections: u32) -> Result<Arc<dyn Registry>, RegistryError> {
    Ok(match url.parse()? {
        DatabaseUrl::Memory => Arc::new(sqlite::open_memory().await?),
        DatabaseUrl::File(path) => Arc::new(sqlite::open_file(&path, max_connections).await?),
        DatabaseUrl::Postgres(options) => Arc::new(postgres::open(*options, max_connections).await?),
        DatabaseUrl::MySql(options) => Arc::new(mysql::open(*options, max_connections).await?),
    })
}

/// Does the same as [`open`] for a server. The log warns where others may read a SQLite file, with the command that
/// mends that, and where another server uses it. It also says if a MySQL server lets the user make no triggers.
///
/// # Errors
/// Those of [`open`].
pub async fn open_for_server(url: &str, max_connections: u32) -> Result<Arc<dyn Registry>, RegistryError> {
    match url.parse()? {
        DatabaseUrl::File(path) => Ok(Arc::new(sqlite::open_file_for_server(&path, max_connections).await?)),
        DatabaseUrl::MySql(options) => Ok(Arc::new(mysql::open_for_server(*options, max_connections).await?)),
        _ => open(url, max_connections).await,
    }
}

/// Does the same as [`open`] where there is a database; a file that is not there is not made.
///
/// # Errors
/// Those of [`open`], and [`RegistryError::Missing`].
pub async fn open_existing(url: &str, max_connections: u32) -> Result<Arc<dyn Registry>, RegistryError> {
    match url.parse()? {
        DatabaseUrl::File(path) if !path.exists() => {
            Err(RegistryError::Missing { path: std::path::absolute(&path).unwrap_or(path) })
        }
        _ => open(url, max_connections).await,
    }
}
