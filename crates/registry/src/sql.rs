//! The registry over SQL, the same code for every engine.

use std::{collections::HashMap, fmt, num::NonZeroU32, slice, sync::Arc};

use async_trait::async_trait;
use clairon_protocol::AppId;
use jiff::Timestamp;
use sqlx::{Database, Pool};

use crate::{
    app::App,
    connection::{Connection, Write},
    credential::{Credential, Credentials},
    database_file::DatabaseFile,
    engine::{Engine, SqlValue},
    error::RegistryError,
    queries,
    registry::{AppEdit, AppRegistry, Declared, KeyUse, Update},
    row,
    statistics::{self, FORGET_ROWS, Statistics, StatisticsQuery, StatisticsRow, TotalStatistics},
    webhook_store::OwnWrites,
};

/// A registry in the database that `pool` connects to.
pub(crate) struct SqlRegistry<E: Database> {
    /// The location of the database, without user and password.
    pub(crate) name: String,
    pub(crate) pool: Pool<E>,
    /// The connections for writes. In SQLite one write runs at a time, so there is one: the others wait for it, and it
    /// keeps the pages that it has written in memory.
    pub(crate) writers: Pool<E>,
    /// True if the pool has one connection, which is the whole database.
    pub(crate) is_one_connection: bool,
    /// The file, for a SQLite database on disk.
    pub(crate) file: Option<DatabaseFile>,
    /// The writes of this process to the tables of webhooks.
    pub(crate) own_webhook_writes: Arc<OwnWrites>,
}

impl<E: Database> fmt::Debug for SqlRegistry<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqlRegistry({})", self.name)
    }
}

#[async_trait]
impl<E: Engine> AppRegistry for SqlRegistry<E> {
    async fn revision(&self) -> Result<i64, RegistryError> {
        let mut connection = self.connection().await?;
        let revision = number::<E>(&mut connection, queries::REVISION).await?;
        connection.done();
        Ok(revision)
    }

    async fn list(&self) -> Result<Vec<App>, RegistryError> {
        let mut connection = self.connection().await?;
        let rows = E::run(&mut connection, &queries::LIST, &[]).await?;
        connection.done();
        let usable = |rows| match E::app(rows) {
            Ok(app) => Some(app),
            Err(error) => {
                tracing::error!(database = self.name, %error, "an app is left out");
                None
            }
        };
        Ok(rows.chunk_by(is_same_app::<E>).filter_map(usable).collect())
    }

    async fn find(&self, id: &AppId) -> Result<Option<App>, RegistryError> {
        let mut connection = self.connection().await?;
        let found = find::<E>(&mut connection, id).await?;
        connection.done();
        Ok(found)
    }

    async fn create(&self, app: &App) -> Result<(), RegistryError> {
        self.create_all(slice::from_ref(app)).await
    }

    async fn create_all(&self, apps: &[App]) -> Result<(), RegistryError> {
        apps.iter().try_for_each(App::validate)?;
        let mut write = self.begin().await?;
        for app in apps {
            match find::<E>(&mut write, &app.id).await {
                Ok(None) => add::<E>(&mut write, app).await?,
                Ok(Some(_)) | Err(RegistryError::BadRow { .. }) => {
                    return Err(RegistryError::IdTaken { id: app.id.clone() });
                }
                Err(error) => return Err(error),
            }
        }
        write.end(true).await
    }

    async fn declare(&self, apps: &[App]) -> Result<Vec<Declared>, RegistryError> {
        let fail = |app: &App, cause| RegistryError::Declaration { app: app.id.clone(), cause: Box::new(cause) };
        apps.iter().try_for_each(|app| app.validate().map_err(|error| fail(app, error)))?;
        let mut write = self.begin().await?;
        // All apps are read in one query, because there may be thousands. After the first start nearly all are
        // unchanged.
        let rows = E::run(&mut write, &queries::LIST, &[]).await?;
        let stored = |rows: &[E::Row]| Some((E::text(rows.first()?).ok()?, E::app(rows)));
        let mut stored: HashMap<String, _> = rows.chunk_by(is_same_app::<E>).filter_map(stored).collect();
        let mut outcomes = Vec::with_capacity(apps.len());
        for app in apps {
            let stored = stored.remove(app.id.as_str());
            outcomes.push(declare::<E>(&mut write, app, stored).await.map_err(|error| fail(app, error))?);
        }
        write.end(outcomes.iter().any(|outcome| *outcome != Declared::Unchanged)).await?;
        Ok(outcomes)
    }

    async fn update(&self, id: &AppId, change: &AppEdit<'_>) -> Result<Option<Update>, RegistryError> {
        let mut write = self.begin().await?;
        let Some(before) = find::<E>(&mut write, id).await? else {
            write.end(false).await?;
            return Ok(None);
        };
        let mut after = before.clone();
        change(&mut after);
        after.id.clone_from(&before.id);
        after.credentials.clone_from(&before.credentials);
        after.recovery_life = life_of_logs::<E>(&mut write, &after, Some(&before)).await?;
        after.validate()?;
        if after != before {
            put::<E>(&mut write, &after).await?;
        }
        write.end(after != before).await?;
        Ok(Some(Update { before, after }))
    }

    async fn rotate(&self, id: &AppId, credential: &Credential) -> Result<Option<App>, RegistryError> {
        let mut write = self.begin().await?;
        let Some(mut app) = find::<E>(&mut write, id).await? else {
            write.end(false).await?;
            return Ok(None);
        };
        if app.credentials.find(credential.key.as_str()).is_some() {
            return Err(RegistryError::KeyTaken { key: credential.key.clone(), owner: id.to_string() });
        }
        app.credentials.add(credential.clone())?;
        put::<E>(&mut write, &app).await?;
        write.end(true).await?;
        Ok(Some(app))
    }

    async fn retire(&self, id: &AppId, key: &str) -> Result<Option<App>, RegistryError> {
        let mut write = self.begin().await?;
        let Some(mut app) = find::<E>(&mut write, id).await? else {
            write.end(false).await?;
            return Ok(None);
        };
        if app.credentials.find(key).is_none() {
            return Err(RegistryError::UnknownKey { app: id.clone(), size: key.chars().count() });
        }
        let others = app.credentials.iter().filter(|credential| !credential.key.matches(key)).cloned();
        app.credentials =
            Credentials::from_newest_first(others).ok_or_else(|| RegistryError::LastKey { app: id.clone() })?;
        put::<E>(&mut write, &app).await?;
        write.end(true).await?;
        Ok(Some(app))
    }

    async fn note_used(&self, uses: &[KeyUse]) -> Result<(), RegistryError> {
        let mut write = self.begin().await?;
        for KeyUse { key, at } in uses {
            let values = [SqlValue::Text(key.as_str()), SqlValue::Number(Some(at.as_second()))];
            E::execute(&mut write, queries::NOTE_USE, &values).await?;
        }
        write.end(true).await
    }

    async fn create_first(&self, app: &App) -> Result<bool, RegistryError> {
        app.validate()?;
        let mut write = self.begin().await?;
        let is_first = number::<E>(&mut write, queries::COUNT).await? == 0;
        if is_first {
            add::<E>(&mut write, app).await?;
        }
        write.end(is_first).await?;
        Ok(is_first)
    }

    async fn delete(&self, id: &AppId) -> Result<bool, RegistryError> {
        let mut write = self.begin().await?;
        let deleted = E::execute(&mut write, queries::DELETE, &[SqlValue::Text(id.as_str())]).await? > 0;
        if deleted {
            note_change::<E>(&mut write).await?;
        }
        write.end(deleted).await?;
        Ok(deleted)
    }

    async fn record_statistics(&self, statistics: &[Statistics]) -> Result<(), RegistryError> {
        let mut write = self.begin().await?;
        for entry in statistics {
            let values = statistics::values(entry);
            if E::execute(&mut write, E::STATISTICS.add, &values).await? == 0 {
                E::execute(&mut write, E::STATISTICS.insert, &values).await?;
            }
        }
        write.end(true).await
    }

    async fn statistics(&self, query: &StatisticsQuery) -> Result<Vec<Statistics>, RegistryError> {
        let mut connection = self.connection().await?;
        let rows = E::run(&mut connection, E::STATISTICS.read, &statistics::query_values(query)).await?;
        connection.done();
        Ok(self.usable_statistics(&rows).filter_map(statistics::parse).collect())
    }

    async fn total_statistics(
        &self,
        since: Timestamp,
        step_seconds: NonZeroU32,
    ) -> Result<Vec<TotalStatistics>, RegistryError> {
        let mut connection = self.connection().await?;
        let values = [SqlValue::Number(Some(since.as_second())), SqlValue::Number(Some(step_seconds.get().into()))];
        let rows = E::run(&mut connection, E::STATISTICS.read_total, &values).await?;
        connection.done();
        Ok(self.usable_statistics(&rows).filter_map(statistics::parse_total).collect())
    }

    async fn latest_statistics(&self, time: Timestamp) -> Result<Option<Timestamp>, RegistryError> {
        let mut connection = self.connection().await?;
        let values = [SqlValue::Number(Some(time.as_second()))];
        let rows = E::run(&mut connection, E::STATISTICS.latest, &values).await?;
        connection.done();
        let second = rows.first().map(E::number).transpose()?;
        Ok(second.and_then(|second| Timestamp::from_second(second).ok()))
    }

    async fn forget_statistics(&self, limit: Timestamp) -> Result<usize, RegistryError> {
        let mut removed = 0;
        loop {
            let mut write = self.begin().await?;
            let values = [SqlValue::Number(Some(limit.as_second()))];
            let rows = E::execute(&mut write, E::STATISTICS.forget, &values).await?;
            write.end(rows > 0).await?;
            removed += rows;
            if rows < FORGET_ROWS {
                return Ok(usize::try_from(removed).unwrap_or(usize::MAX));
            }
        }
    }

    async fn check_writes(&self) -> Result<(), RegistryError> {
        let mut write = self.begin().await?;
        // SQLite and MySQL do not write for an update that changes no value.
        E::execute(&mut write, queries::NEXT_REVISION, &[]).await?;
        write.end(true).await
    }
}

impl<E: Engine> SqlRegistry<E> {
    /// The rows of statistics that are readable. The others are logged.
    fn usable_statistics<'r>(&self, rows: &'r [E::Row]) -> impl Iterator<Item = StatisticsRow> + use<'r, '_, E> {
        rows.iter().filter_map(|row| match E::statistics(row) {
            Ok(row) => Some(row),
            Err(error) => {
                tracing::error!(database = self.name, %error, "statistics are left out");
                None
            }
        })
    }

    /// A connection for reads.
    pub(crate) async fn connection(&self) -> Result<Connection<E>, RegistryError> {
        self.connection_of(&self.pool).await
    }

    async fn connection_of(&self, pool: &Pool<E>) -> Result<Connection<E>, RegistryError> {
        match &self.file {
            Some(file) if !file.is_there() => Err(RegistryError::FileGone { database: self.name.clone() }),
            _ => Ok(Connection::new(pool.acquire().await?, self.is_one_connection)),
        }
    }

    /// Begins a write that first runs the statement `lock`, for which all such writes wait. Its connection leaves the
    /// pool unless the write is completed. Returns the rows of the statement too.
    pub(crate) async fn begin_with(&self, lock: &'static str) -> Result<(Write<E>, Vec<E::Row>), RegistryError> {
        Write::begin(self.connection_of(&self.writers).await?, lock).await
    }

    /// Begins such a write with one command that contains both statements.
    pub(crate) async fn begin_at_once(
        &self,
        statements: &'static str,
    ) -> Result<(Write<E>, Vec<E::Row>), RegistryError> {
        Write::begin_at_once(self.connection_of(&self.writers).await?, statements).await
    }

    /// Begins a write to the apps and what belongs to them.
    pub(crate) async fn begin(&self) -> Result<Write<E>, RegistryError> {
        Ok(self.begin_with(queries::LOCK).await?.0)
    }
}

/// True if both rows belong to the same app.
fn is_same_app<E: Engine>(one: &E::Row, next: &E::Row) -> bool {
    matches!((E::text(one), E::text(next)), (Ok(one), Ok(next)) if one == next)
}

/// Declares an app. `stored` is the present one with its id.
async fn declare<E: Engine>(
    write: &mut E::Connection,
    app: &App,
    stored: Option<Result<App, RegistryError>>,
) -> Result<Declared, RegistryError> {
    let stored = match stored {
        Some(Ok(stored)) => stored,
        None => {
            add::<E>(write, app).await?;
            return Ok(Declared::Created);
        }
        Some(Err(RegistryError::BadRow { .. })) => {
            add::<E>(write, app).await?;
            return Ok(Declared::Updated);
        }
        Some(Err(error)) => return Err(error),
    };
    let has = |declared: &Credential| {
        stored.credentials.find(declared.key.as_str()).is_some_and(|stored| stored.is_same_pair(declared))
    };
    let mut app = app.clone();
    if app.credentials.iter().all(has) {
        app.credentials = stored.credentials.clone();
    }
    app.recovery_life = life_of_logs::<E>(write, &app, Some(&stored)).await?;
    app.webhooks.keep_undeclared(&stored.webhooks);
    app.webhooks.validate()?;
    if app == stored {
        return Ok(Declared::Unchanged);
    }
    put::<E>(write, &app).await?;
    Ok(Declared::Updated)
}

async fn find<E: Engine>(connection: &mut E::Connection, id: &AppId) -> Result<Option<App>, RegistryError> {
    let rows = E::run(connection, &queries::FIND, &[SqlValue::Text(id.as_str())]).await?;
    if rows.is_empty() { Ok(None) } else { E::app(&rows).map(Some) }
}

/// Adds a new app, or replaces the invalid row with its id.
async fn add<E: Engine>(write: &mut E::Connection, app: &App) -> Result<(), RegistryError> {
    let recovery_life = life_of_logs::<E>(write, app, None).await?;
    put::<E>(write, &App { recovery_life, ..app.clone() }).await
}

/// The life of the logs of an app that is being written; `before` is its present row. A life that begins is larger than
/// all earlier ones, because every write of an app increments the revision.
async fn life_of_logs<E: Engine>(
    write: &mut E::Connection,
    app: &App,
    before: Option<&App>,
) -> Result<u64, RegistryError> {
    if app.recovery && before.is_none_or(|before| !before.recovery) {
        Ok(number::<E>(write, queries::REVISION).await?.cast_unsigned() + 1)
    } else {
        Ok(before.map_or(0, |before| before.recovery_life))
    }
}

/// Adds the app, or replaces the one with its id. Fails if another app has one of its keys.
async fn put<E: Engine>(write: &mut E::Connection, app: &App) -> Result<(), RegistryError> {
    let lists = row::Lists::of(app).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    E::execute(write, E::upsert(), &row::values(app, &lists)).await?;
    E::execute(write, queries::DELETE_KEYS, &[SqlValue::Text(app.id.as_str())]).await?;
    for (position, credential) in (1..).zip(app.credentials.iter().rev()) {
        let key = &credential.key;
        if let Some(owner) = E::run(write, queries::OWNER_OF_KEY, &[SqlValue::Text(key.as_str())]).await?.first() {
            return Err(RegistryError::KeyTaken { key: key.clone(), owner: E::text(owner)? });
        }
        E::execute(write, queries::INSERT_KEY, &row::key_values(app, credential, position)).await?;
    }
    note_change::<E>(write).await
}

/// Increments the revision, unless triggers do so.
async fn note_change<E: Engine>(write: &mut E::Connection) -> Result<(), RegistryError> {
    if let Some(statement) = E::NEXT_REVISION {
        E::execute(write, statement, &[]).await?;
    }
    Ok(())
}

async fn number<E: Engine>(connection: &mut E::Connection, statement: &'static str) -> Result<i64, RegistryError> {
    let rows = E::run(connection, statement, &[]).await?;
    let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    Ok(E::number(row)?)
}
