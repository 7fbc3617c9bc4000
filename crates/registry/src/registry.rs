//! The contract of the registry, and the functions that open one.

use std::{fmt::Debug, num::NonZeroU32, pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use clairon_protocol::{AppId, AppKey};
use jiff::Timestamp;
use tokio::time::timeout;

use crate::{
    acme_store::AcmeStore,
    app::App,
    credential::Credential,
    database_url::DatabaseUrl,
    error::RegistryError,
    mysql, postgres,
    recovery_store::RecoveryStore,
    sqlite,
    statistics::{Statistics, StatisticsQuery, TotalStatistics},
    webhook_store::WebhookStore,
};

/// The store of apps. Any number of processes may share one.
///
/// Every write is one transaction, and the writes of all processes happen one after the other. Once a write has
/// returned, every later read of every process sees it. An app is [validated](App::validate) before it is written.
#[async_trait]
pub trait AppRegistry: Send + Sync + Debug {
    /// A number that grows with each write that changes an app, by any process.
    ///
    /// # Errors
    /// When the database fails.
    async fn revision(&self) -> Result<i64, RegistryError>;

    /// All apps, sorted by id. An invalid row is logged as an error and skipped, so that it affects no other app.
    ///
    /// # Errors
    /// When the database fails.
    async fn list(&self) -> Result<Vec<App>, RegistryError>;

    /// The app with this id.
    ///
    /// # Errors
    /// When the database fails, or the row of the app is invalid.
    async fn find(&self, id: &AppId) -> Result<Option<App>, RegistryError>;

    /// Adds an app.
    ///
    /// # Errors
    /// When the app is invalid, its id or its key is taken, or the database fails.
    async fn create(&self, app: &App) -> Result<(), RegistryError>;

    /// Adds all of these apps or none.
    ///
    /// # Errors
    /// Those of [`create`](Self::create), for the first app that fails. Then nothing is written.
    async fn create_all(&self, apps: &[App]) -> Result<(), RegistryError>;

    /// Stores each of these apps under its id, whatever was there, even an invalid row. Their ids must differ. Returns
    /// what was done for each, in their order.
    ///
    /// Where a stored app has the declared credentials among its own, those that it has got by [`rotate`](Self::rotate)
    /// stay beside them; otherwise the declared ones replace them all. Endpoints that no settings declared stay too.
    ///
    /// # Errors
    /// [`RegistryError::Declaration`] for the first app that is invalid or has a key of another app. Also when the
    /// database fails. Then nothing is written.
    async fn declare(&self, apps: &[App]) -> Result<Vec<Declared>, RegistryError>;

    /// Calls `change` with the stored app and stores the result. `None` if there is no such app. No other write happens
    /// between reading and writing. The id and the credentials are kept.
    ///
    /// # Errors
    /// When the changed app is invalid, its row is invalid, or the database fails.
    async fn update(&self, id: &AppId, change: &AppEdit<'_>) -> Result<Option<Update>, RegistryError>;

    /// Adds a credential to an app as its newest, and returns the app. `None` if there is no such app. Older
    /// credentials are kept.
    ///
    /// # Errors
    /// When an app has this key already, the app has the largest number of keys, its row is invalid, or the database
    /// fails.
    async fn rotate(&self, id: &AppId, credential: &Credential) -> Result<Option<App>, RegistryError>;

    /// Removes a key from an app, and returns the app. `None` if there is no such app.
    ///
    /// # Errors
    /// When the app does not have the key or has no other one, its row is invalid, or the database fails.
    async fn retire(&self, id: &AppId, key: &str) -> Result<Option<App>, RegistryError>;

    /// Stores the times at which keys were used. Deleted keys are skipped, and a later stored time is kept. This is not
    /// a change of an app, so the [`revision`](Self::revision) stays.
    ///
    /// # Errors
    /// When the database fails. Then none of them is stored.
    async fn note_used(&self, uses: &[KeyUse]) -> Result<(), RegistryError>;

    /// Adds an app if there is none at all. Returns false if there is one. Of many callers at the same time, on any
    /// number of nodes, only one adds its app.
    ///
    /// # Errors
    /// When the app is invalid, or the database fails.
    async fn create_first(&self, app: &App) -> Result<bool, RegistryError>;

    /// Deletes an app. Returns false if there is no such app.
    ///
    /// # Errors
    /// When the database fails.
    async fn delete(&self, id: &AppId) -> Result<bool, RegistryError>;

    /// Adds to the statistics of intervals, each identified by an app and a start time. The figures of several nodes
    /// for one interval are added, peaks too. This is not a change of an app.
    ///
    /// # Errors
    /// When the database fails. Then nothing is recorded.
    async fn record_statistics(&self, statistics: &[Statistics]) -> Result<(), RegistryError>;

    /// The recorded statistics, sorted by app and then by time. The peak of a span is the largest of its intervals.
    /// Spans without records are omitted.
    ///
    /// # Errors
    /// When the database fails.
    async fn statistics(&self, query: &StatisticsQuery) -> Result<Vec<Statistics>, RegistryError>;

    /// The recorded statistics of all apps together, also of deleted ones, sorted by time. Intervals that began before
    /// `since` are omitted, and spans without records. Spans are as in [`StatisticsQuery::step_seconds`]. The database
    /// adds up, so the answer does not grow with the number of apps.
    ///
    /// # Errors
    /// When the database fails.
    async fn total_statistics(
        &self,
        since: Timestamp,
        step_seconds: NonZeroU32,
    ) -> Result<Vec<TotalStatistics>, RegistryError>;

    /// The start of the latest recorded interval, among those that began by `time`.
    ///
    /// # Errors
    /// When the database fails.
    async fn latest_statistics(&self, time: Timestamp) -> Result<Option<Timestamp>, RegistryError>;

    /// Deletes the statistics of intervals that began before `limit`. Returns the number of rows.
    ///
    /// # Errors
    /// When the database fails. Some rows may be deleted already.
    async fn forget_statistics(&self, limit: Timestamp) -> Result<usize, RegistryError>;

    /// Checks that the database accepts writes: increments the revision, and changes no app.
    ///
    /// # Errors
    /// It accepts none.
    async fn check_writes(&self) -> Result<(), RegistryError>;
}

/// A database with the apps, the events for their endpoints, the server's own certificates, and what outlives a server
/// for recovery.
pub trait Registry: AppRegistry + WebhookStore + AcmeStore + RecoveryStore {}

impl<R: AppRegistry + WebhookStore + AcmeStore + RecoveryStore> Registry for R {}

/// Awaits the answer of a registry for at most `limit`.
///
/// # Errors
/// The error of the registry, or [`RegistryError::TimedOut`].
pub async fn within<T>(
    limit: Duration,
    question: impl Future<Output = Result<T, RegistryError>>,
) -> Result<T, RegistryError> {
    timeout(limit, question).await.unwrap_or(Err(RegistryError::TimedOut { limit }))
}

/// A change of an app: the argument of [`AppRegistry::update`].
pub type AppEdit<'a> = dyn Fn(&mut App) + Send + Sync + 'a;

/// The result of [`AppRegistry::update`]. Both apps are equal if nothing has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The app before the change.
    pub before: App,
    /// The app after the change.
    pub after: App,
}

/// A use of a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyUse {
    /// The key.
    pub key: AppKey,
    /// The time of the last use.
    pub at: Timestamp,
}

/// The result of [`AppRegistry::declare`] for an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    /// The app did not exist.
    Created,
    /// The app existed with other values.
    Updated,
    /// The app existed with the same values.
    Unchanged,
}

/// A database that is being opened. It is boxed, so that the code of the drivers is compiled with this crate, and not
/// with each crate that opens a database.
pub type Opening<'a> = Pin<Box<dyn Future<Output = Result<Arc<dyn Registry>, RegistryError>> + Send + 'a>>;

/// Opens the database at `url`, with at most `max_connections` connections (0 counts as 1), and migrates it. Nodes that
/// open an empty database at the same time wait for each other.
///
/// - `sqlite://FILE`: created if it does not exist, readable only by its owner, because it contains secrets;
/// - `sqlite::memory:`: a new database for each call, which ends with its handle; always one connection;
/// - `postgres://…` or `postgresql://…`: with libpq's parameters;
/// - `mysql://…` or `mariadb://…`: with the parameters of the `mysql` command.
///
/// # Errors
/// When the URL is none of these, or the database cannot be opened, reached or migrated.
#[must_use]
pub fn open(url: &str, max_connections: u32) -> Opening<'_> {
    Box::pin(async move {
        let registry: Arc<dyn Registry> = match url.parse()? {
            DatabaseUrl::Memory => Arc::new(sqlite::open_memory().await?),
            DatabaseUrl::File(path) => Arc::new(sqlite::open_file(&path, max_connections).await?),
            DatabaseUrl::Postgres(options) => Arc::new(postgres::open(*options, max_connections).await?),
            DatabaseUrl::MySql(options) => Arc::new(mysql::open(*options, max_connections).await?),
        };
        Ok(registry)
    })
}

/// Does the same as [`open`] for a server. It logs a warning if other users can read the SQLite file, with the command
/// that fixes this, and if another server uses the file. It also logs if a MySQL server forbids triggers.
///
/// # Errors
/// Those of [`open`].
#[must_use]
pub fn open_for_server(url: &str, max_connections: u32) -> Opening<'_> {
    Box::pin(async move {
        let registry: Arc<dyn Registry> = match url.parse()? {
            DatabaseUrl::File(path) => Arc::new(sqlite::open_file_for_server(&path, max_connections).await?),
            DatabaseUrl::MySql(options) => Arc::new(mysql::open_for_server(*options, max_connections).await?),
            _ => open(url, max_connections).await?,
        };
        Ok(registry)
    })
}

/// Does the same as [`open`] for an existing database. It does not create a file.
///
/// # Errors
/// Those of [`open`], and [`RegistryError::Missing`].
#[must_use]
pub fn open_existing(url: &str, max_connections: u32) -> Opening<'_> {
    Box::pin(async move {
        match url.parse()? {
            DatabaseUrl::File(path) if !path.exists() => {
                Err(RegistryError::Missing { path: std::path::absolute(&path).unwrap_or(path) })
            }
            _ => open(url, max_connections).await,
        }
    })
}
