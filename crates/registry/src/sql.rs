//! The registry over SQL, the same code for every engine.

use std::{collections::HashMap, fmt, num::NonZeroU32, slice, sync::Arc};

use async_trait::async_trait;
use clairon_protocol::AppId;
use jiff::Timestamp;

use crate::{
    app::App,
    app_row,
    connection::{Connection, Write},
    credential::{Credential, Credentials},
    database_file::DatabaseFile,
    engine::{Pool, SqlValue},
    error::RegistryError,
    queries,
    registry::{AppEdit, AppRegistry, Declared, KeyUse, Update},
    row::Row,
    statistics::{self, FORGET_ROWS, Statements, Statistics, StatisticsQuery, StatisticsRow, TotalStatistics},
    webhook_store::OwnWrites,
};

/// A registry in the database that `pool` connects to.
pub(crate) struct SqlRegistry {
    /// The location of the database, without user and password.
    pub(crate) name: String,
    pub(crate) pool: Arc<dyn Pool>,
    /// The connections for writes. In SQLite one write runs at a time, so there is one: the others wait for it, and it
    /// keeps the pages that it has written in memory.
    pub(crate) writers: Arc<dyn Pool>,
    /// True if the pool has one connection, which is the whole database.
    pub(crate) is_one_connection: bool,
    /// The file, for a SQLite database on disk.
    pub(crate) file: Option<DatabaseFile>,
    /// The writes of this process to the tables of webhooks.
    pub(crate) own_webhook_writes: Arc<OwnWrites>,
}

impl fmt::Debug for SqlRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqlRegistry({})", self.name)
    }
}

#[async_trait]
impl AppRegistry for SqlRegistry {
    async fn revision(&self) -> Result<i64, RegistryError> {
        let mut connection = self.connection().await?;
        let revision = connection.number(queries::REVISION).await?;
        connection.done();
        Ok(revision)
    }

    async fn list(&self) -> Result<Vec<App>, RegistryError> {
        let mut connection = self.connection().await?;
        let rows = connection.run(&queries::LIST, &[]).await?;
        connection.done();
        let usable = |rows| match app_row::app(rows) {
            Ok(app) => Some(app),
            Err(error) => {
                tracing::error!(database = self.name, %error, "an app is left out");
                None
            }
        };
        Ok(rows.chunk_by(is_same_app).filter_map(usable).collect())
    }

    async fn find(&self, id: &AppId) -> Result<Option<App>, RegistryError> {
        let mut connection = self.connection().await?;
        let found = find(&mut connection, id).await?;
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
            match find(&mut write, &app.id).await {
                Ok(None) => add(&mut write, app).await?,
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
        let rows = write.run(&queries::LIST, &[]).await?;
        let stored = |rows: &[Row]| Some((rows.first()?.text().ok()?, app_row::app(rows)));
        let mut stored: HashMap<String, _> = rows.chunk_by(is_same_app).filter_map(stored).collect();
        let mut outcomes = Vec::with_capacity(apps.len());
        for app in apps {
            let stored = stored.remove(app.id.as_str());
            outcomes.push(declare(&mut write, app, stored).await.map_err(|error| fail(app, error))?);
        }
        write.end(outcomes.iter().any(|outcome| *outcome != Declared::Unchanged)).await?;
        Ok(outcomes)
    }

    async fn update(&self, id: &AppId, change: &AppEdit<'_>) -> Result<Option<Update>, RegistryError> {
        let mut write = self.begin().await?;
        let Some(before) = find(&mut write, id).await? else {
            write.end(false).await?;
            return Ok(None);
        };
        let mut after = before.clone();
        change(&mut after);
        after.id.clone_from(&before.id);
        after.credentials.clone_from(&before.credentials);
        after.recovery_life = life_of_logs(&mut write, &after, Some(&before)).await?;
        after.validate()?;
        if after != before {
            put(&mut write, &after).await?;
        }
        write.end(after != before).await?;
        Ok(Some(Update { before, after }))
    }

    async fn rotate(&self, id: &AppId, credential: &Credential) -> Result<Option<App>, RegistryError> {
        let mut write = self.begin().await?;
        let Some(mut app) = find(&mut write, id).await? else {
            write.end(false).await?;
            return Ok(None);
        };
        if app.credentials.find(credential.key.as_str()).is_some() {
            return Err(RegistryError::KeyTaken { key: credential.key.clone(), owner: id.to_string() });
        }
        app.credentials.add(credential.clone())?;
        put(&mut write, &app).await?;
        write.end(true).await?;
        Ok(Some(app))
    }

    async fn retire(&self, id: &AppId, key: &str) -> Result<Option<App>, RegistryError> {
        let mut write = self.begin().await?;
        let Some(mut app) = find(&mut write, id).await? else {
            write.end(false).await?;
            return Ok(None);
        };
        if app.credentials.find(key).is_none() {
            return Err(RegistryError::UnknownKey { app: id.clone(), size: key.chars().count() });
        }
        let others = app.credentials.iter().filter(|credential| !credential.key.matches(key)).cloned();
        app.credentials =
            Credentials::from_newest_first(others).ok_or_else(|| RegistryError::LastKey { app: id.clone() })?;
        put(&mut write, &app).await?;
        write.end(true).await?;
        Ok(Some(app))
    }

    async fn note_used(&self, uses: &[KeyUse]) -> Result<(), RegistryError> {
        let mut write = self.begin().await?;
        for KeyUse { key, at } in uses {
            let values = [SqlValue::Text(key.as_str()), SqlValue::Number(Some(at.as_second()))];
            write.execute(queries::NOTE_USE, &values).await?;
        }
        write.end(true).await
    }

    async fn create_first(&self, app: &App) -> Result<bool, RegistryError> {
        app.validate()?;
        let mut write = self.begin().await?;
        let is_first = write.number(queries::COUNT).await? == 0;
        if is_first {
            add(&mut write, app).await?;
        }
        write.end(is_first).await?;
        Ok(is_first)
    }

    async fn delete(&self, id: &AppId) -> Result<bool, RegistryError> {
        let mut write = self.begin().await?;
        let deleted = write.execute(queries::DELETE, &[SqlValue::Text(id.as_str())]).await? > 0;
        if deleted {
            note_change(&mut write).await?;
        }
        write.end(deleted).await?;
        Ok(deleted)
    }

    async fn record_statistics(&self, statistics: &[Statistics]) -> Result<(), RegistryError> {
        let mut write = self.begin().await?;
        let Statements { add, insert, .. } = write.dialect().statistics;
        for entry in statistics {
            let values = statistics::values(entry);
            if write.execute(add, &values).await? == 0 {
                write.execute(insert, &values).await?;
            }
        }
        write.end(true).await
    }

    async fn statistics(&self, query: &StatisticsQuery) -> Result<Vec<Statistics>, RegistryError> {
        let mut connection = self.connection().await?;
        let statement = connection.dialect().statistics.read;
        let rows = connection.run(statement, &statistics::query_values(query)).await?;
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
        let statement = connection.dialect().statistics.read_total;
        let rows = connection.run(statement, &values).await?;
        connection.done();
        Ok(self.usable_statistics(&rows).filter_map(statistics::parse_total).collect())
    }

    async fn latest_statistics(&self, time: Timestamp) -> Result<Option<Timestamp>, RegistryError> {
        let mut connection = self.connection().await?;
        let values = [SqlValue::Number(Some(time.as_second()))];
        let statement = connection.dialect().statistics.latest;
        let rows = connection.run(statement, &values).await?;
        connection.done();
        let second = rows.first().map(Row::number).transpose()?;
        Ok(second.and_then(|second| Timestamp::from_second(second).ok()))
    }

    async fn forget_statistics(&self, limit: Timestamp) -> Result<usize, RegistryError> {
        let mut removed = 0;
        loop {
            let mut write = self.begin().await?;
            let values = [SqlValue::Number(Some(limit.as_second()))];
            let statement = write.dialect().statistics.forget;
            let rows = write.execute(statement, &values).await?;
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
        write.execute(queries::NEXT_REVISION, &[]).await?;
        write.end(true).await
    }
}

impl SqlRegistry {
    /// The registry in the database of a server. Reads and writes share its connections.
    pub(crate) fn at_server(name: String, pool: Arc<dyn Pool>) -> Self {
        let (writers, own_webhook_writes) = (pool.clone(), Arc::default());
        Self { name, pool, writers, is_one_connection: false, file: None, own_webhook_writes }
    }

    /// The rows of statistics that are readable. The others are logged.
    fn usable_statistics<'r>(&self, rows: &'r [Row]) -> impl Iterator<Item = StatisticsRow> + use<'r, '_> {
        rows.iter().filter_map(|row| match statistics::read(row) {
            Ok(row) => Some(row),
            Err(error) => {
                tracing::error!(database = self.name, %error, "statistics are left out");
                None
            }
        })
    }

    /// A connection for reads.
    pub(crate) async fn connection(&self) -> Result<Connection, RegistryError> {
        self.connection_of(&*self.pool).await
    }

    async fn connection_of(&self, pool: &dyn Pool) -> Result<Connection, RegistryError> {
        match &self.file {
            Some(file) if !file.is_there() => Err(RegistryError::FileGone { database: self.name.clone() }),
            _ => Ok(Connection::new(pool.acquire().await?, self.is_one_connection)),
        }
    }

    /// A connection for a write.
    pub(crate) async fn writer(&self) -> Result<Connection, RegistryError> {
        self.connection_of(&*self.writers).await
    }

    /// Begins a write that first runs the statement `lock`, for which all such writes wait. Its connection leaves the
    /// pool unless the write is completed.
    pub(crate) async fn begin_with(&self, lock: &'static str) -> Result<Write, RegistryError> {
        Ok(Write::begin(self.writer().await?, lock).await?.0)
    }

    /// Begins a write to the apps and what belongs to them.
    pub(crate) async fn begin(&self) -> Result<Write, RegistryError> {
        self.begin_with(queries::LOCK).await
    }
}

/// True if both rows belong to the same app.
fn is_same_app(one: &Row, next: &Row) -> bool {
    matches!((one.text(), next.text()), (Ok(one), Ok(next)) if one == next)
}

/// Declares an app. `stored` is the present one with its id.
async fn declare(
    write: &mut Connection,
    app: &App,
    stored: Option<Result<App, RegistryError>>,
) -> Result<Declared, RegistryError> {
    let stored = match stored {
        Some(Ok(stored)) => stored,
        None => {
            add(write, app).await?;
            return Ok(Declared::Created);
        }
        Some(Err(RegistryError::BadRow { .. })) => {
            add(write, app).await?;
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
    app.recovery_life = life_of_logs(write, &app, Some(&stored)).await?;
    app.webhooks.keep_undeclared(&stored.webhooks);
    app.webhooks.validate()?;
    if app == stored {
        return Ok(Declared::Unchanged);
    }
    put(write, &app).await?;
    Ok(Declared::Updated)
}

async fn find(connection: &mut Connection, id: &AppId) -> Result<Option<App>, RegistryError> {
    let rows = connection.run(&queries::FIND, &[SqlValue::Text(id.as_str())]).await?;
    if rows.is_empty() { Ok(None) } else { app_row::app(&rows).map(Some) }
}

/// Adds a new app, or replaces the invalid row with its id.
async fn add(write: &mut Connection, app: &App) -> Result<(), RegistryError> {
    let recovery_life = life_of_logs(write, app, None).await?;
    put(write, &App { recovery_life, ..app.clone() }).await
}

/// The life of the logs of an app that is being written; `before` is its present row. A life that begins is larger than
/// all earlier ones, because every write of an app increments the revision.
async fn life_of_logs(write: &mut Connection, app: &App, before: Option<&App>) -> Result<u64, RegistryError> {
    if app.recovery && before.is_none_or(|before| !before.recovery) {
        Ok(write.number(queries::REVISION).await?.cast_unsigned() + 1)
    } else {
        Ok(before.map_or(0, |before| before.recovery_life))
    }
}

/// Adds the app, or replaces the one with its id. Fails if another app has one of its keys.
async fn put(write: &mut Connection, app: &App) -> Result<(), RegistryError> {
    let lists = app_row::Lists::of(app).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let upsert = &write.dialect().upsert;
    write.execute(upsert, &app_row::values(app, &lists)).await?;
    write.execute(queries::DELETE_KEYS, &[SqlValue::Text(app.id.as_str())]).await?;
    for (position, credential) in (1..).zip(app.credentials.iter().rev()) {
        let key = &credential.key;
        if let Some(owner) = write.run(queries::OWNER_OF_KEY, &[SqlValue::Text(key.as_str())]).await?.first() {
            return Err(RegistryError::KeyTaken { key: key.clone(), owner: owner.text()? });
        }
        write.execute(queries::INSERT_KEY, &app_row::key_values(app, credential, position)).await?;
    }
    note_change(write).await
}

/// Increments the revision, unless triggers do so.
async fn note_change(write: &mut Connection) -> Result<(), RegistryError> {
    if let Some(statement) = write.dialect().next_revision {
        write.execute(statement, &[]).await?;
    }
    Ok(())
}
