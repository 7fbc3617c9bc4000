//! Repeats writes that the database has rolled back because of a deadlock.

use std::num::NonZeroU32;

use async_trait::async_trait;
use clairon_protocol::AppId;
use jiff::Timestamp;
use sqlx::error::DatabaseError;

use crate::{
    app::App,
    credential::Credential,
    error::RegistryError,
    registry::{AppEdit, AppRegistry, Declared, KeyUse, Update},
    sql::SqlRegistry,
    statistics::{Statistics, StatisticsQuery, TotalStatistics},
};

/// The largest number of attempts for a write.
pub(crate) const TRIES: u32 = 5;
/// The SQLSTATEs of a transaction that the database rolled back because of concurrent ones, and that succeeds when it
/// is repeated: `serialization_failure`, which MySQL and MariaDB use for deadlocks, and Postgres' `deadlock_detected`.
const DEADLOCK: [&str; 2] = ["40001", "40P01"];

/// A registry that repeats a write after a deadlock.
///
/// All writes of Clairon first lock the row of the revision, so they cannot deadlock each other. A statement that a
/// person types locks an app first and that row second. On a deadlock the database rolls back one of the two
/// transactions completely.
#[derive(Debug)]
pub(crate) struct Repeating(pub(crate) SqlRegistry);

/// Awaits the expression, and repeats it while it ends in a deadlock.
macro_rules! repeat {
    ($write:expr) => {{
        let mut tries = 1;
        loop {
            match $write.await {
                Err(error) if tries < $crate::deadlock::TRIES && $crate::deadlock::is_deadlock(&error) => tries += 1,
                result => break result,
            }
        }
    }};
}

pub(crate) use repeat;

/// True if a write was rolled back because of a deadlock.
pub(crate) fn is_deadlock(error: &RegistryError) -> bool {
    match error {
        RegistryError::Database(error) => {
            error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| DEADLOCK.contains(&&*code))
        }
        RegistryError::Declaration { cause, .. } => is_deadlock(cause),
        _ => false,
    }
}

#[async_trait]
impl AppRegistry for Repeating {
    async fn revision(&self) -> Result<i64, RegistryError> {
        self.0.revision().await
    }

    async fn list(&self) -> Result<Vec<App>, RegistryError> {
        self.0.list().await
    }

    async fn find(&self, id: &AppId) -> Result<Option<App>, RegistryError> {
        self.0.find(id).await
    }

    async fn create(&self, app: &App) -> Result<(), RegistryError> {
        repeat!(self.0.create(app))
    }

    async fn create_all(&self, apps: &[App]) -> Result<(), RegistryError> {
        repeat!(self.0.create_all(apps))
    }

    async fn declare(&self, apps: &[App]) -> Result<Vec<Declared>, RegistryError> {
        repeat!(self.0.declare(apps))
    }

    async fn update(&self, id: &AppId, change: &AppEdit<'_>) -> Result<Option<Update>, RegistryError> {
        repeat!(self.0.update(id, change))
    }

    async fn rotate(&self, id: &AppId, credential: &Credential) -> Result<Option<App>, RegistryError> {
        repeat!(self.0.rotate(id, credential))
    }

    async fn retire(&self, id: &AppId, key: &str) -> Result<Option<App>, RegistryError> {
        repeat!(self.0.retire(id, key))
    }

    async fn note_used(&self, uses: &[KeyUse]) -> Result<(), RegistryError> {
        repeat!(self.0.note_used(uses))
    }

    async fn create_first(&self, app: &App) -> Result<bool, RegistryError> {
        repeat!(self.0.create_first(app))
    }

    async fn delete(&self, id: &AppId) -> Result<bool, RegistryError> {
        repeat!(self.0.delete(id))
    }

    async fn record_statistics(&self, statistics: &[Statistics]) -> Result<(), RegistryError> {
        repeat!(self.0.record_statistics(statistics))
    }

    async fn statistics(&self, query: &StatisticsQuery) -> Result<Vec<Statistics>, RegistryError> {
        self.0.statistics(query).await
    }

    async fn total_statistics(
        &self,
        since: Timestamp,
        step_seconds: NonZeroU32,
    ) -> Result<Vec<TotalStatistics>, RegistryError> {
        self.0.total_statistics(since, step_seconds).await
    }

    async fn latest_statistics(&self, time: Timestamp) -> Result<Option<Timestamp>, RegistryError> {
        self.0.latest_statistics(time).await
    }

    async fn forget_statistics(&self, limit: Timestamp) -> Result<usize, RegistryError> {
        repeat!(self.0.forget_statistics(limit))
    }

    async fn check_writes(&self) -> Result<(), RegistryError> {
        repeat!(self.0.check_writes())
    }
}
