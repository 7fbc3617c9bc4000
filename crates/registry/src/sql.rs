//! The registry over SQL, the same for every engine.

use std::{fmt, slice};

use async_trait::async_trait;
use clairon_protocol::AppId;
use jiff::Timestamp;
use sqlx::{Database, Pool, Transaction, pool::PoolConnection};

use crate::{
    app::App,
    credential::{Credential, Credentials},
    database_file::DatabaseFile,
    engine::{Engine, Value},
    error::RegistryError,
    queries,
    registry::{AppRegistry, Change, Declared, KeyUse, Update},
    row,
    statistics::{self, FORGET_ROWS, Statements, Statistics, StatisticsQuery},
};

/// A registry in the database that `pool` connects to.
pub(crate) struct SqlRegistry<E: Database> {
    /// Which database this is, without user and password.
    pub(crate) name: String,
    pub(crate) pool: Pool<E>,
    /// Where it is one file.
    pub(crate) file: Option<DatabaseFile>,
    pub(crate) dialect: Dialect,
}

/// What the engines have no common words for.
#[derive(Clone, Copy)]
pub(crate) struct Dialect {
    /// Begins a write.
    pub(crate) begin: &'static str,
    pub(crate) statistics: Statements,
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
        number::<E>(&mut connection, queries::REVISION).await
    }

    async fn list(&self) -> Result<Vec<App>, RegistryError> {
        let mut connection = self.connection().await?;
        let rows = E::run(&mut connection, queries::LIST, &[]).await?;
        let usable = |rows| match E::app(rows) {
            Ok(app) => Some(app),
            Err(error) => {
                tracing::error!(database = self.name, %error, "an app is left out");
                None
            }
        };
        let is_same_app =
            |one: &_, next: &_| matches!((E::text(one), E::text(next)), (Ok(one), Ok(next)) if one == next);
        Ok(rows.chunk_by(is_same_app).filter_map(usable).collect())
    }

    async fn find(&self, id: &AppId) -> Result<Option<App>, RegistryError> {
        let mut connection = self.connection().await?;
        find::<E>(&mut connection, id).await
    }

    async fn create(&self, app: &App) -> Result<(), RegistryError> {
        self.create_all(slice::from_ref(app)).await
    }

    async fn create_all(&self, apps: &[App]) -> Result<(), RegistryError> {
        apps.iter().try_for_each(App::validate)?;
        let mut write = self.begin().await?;
        for app in apps {
            match find::<E>(&mut write, &app.id).await {
                Ok(None) => put::<E>(&mut write, app).await?,
                Ok(Some(_)) | Err(RegistryError::BadRow { .. }) => {
                    return Err(RegistryError::IdTaken { id: app.id.clone() });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(write.commit().await?)
    }

    async fn declare(&self, app: &App) -> Result<Declared, RegistryError> {
        app.validate()?;
        let mut write = self.begin().await?;
        let stored = match find::<E>(&mut write, &app.id).await {
            Ok(stored) => stored,
            Err(RegistryError::BadRow { .. }) => {
                put::<E>(&mut write, app).await?;
                write.commit().await?;
                return Ok(Declared::Updated);
            }
            Err(error) => return Err(error),
        };
        let Some(stored) = stored else {
            put::<E>(&mut write, app).await?;
            write.commit().await?;
            return Ok(Declared::Created);
        };
        let has = |declared: &Credential| {
            stored.credentials.find(declared.key.as_str()).is_some_and(|c| c.is_same_pair(declared))
        };
        let mut app = app.clone();
        if app.credentials.iter().all(has) {
            app.credentials = stored.credentials.clone();
        }
        if app == stored {
            return Ok(Declared::Unchanged);
        }
        put::<E>(&mut write, &app).await?;
        write.commit().await?;
        Ok(Declared::Updated)
    }

    async fn update(&self, id: &AppId, change: &Change<'_>) -> Result<Option<Update>, RegistryError> {
        let mut write = self.begin().await?;
        let Some(before) = find::<E>(&mut write, id).await? else { return Ok(None) };
        let mut after = before.clone();
        change(&mut after);
        after.id.clone_from(&before.id);
        after.credentials.clone_from(&before.credentials);
        after.validate()?;
        if after != before {
            put::<E>(&mut write, &after).await?;
            write.commit().await?;
        }
        Ok(Some(Update { before, after }))
    }

    async fn rotate(&self, id: &AppId, credential: &Credential) -> Result<Option<App>, RegistryError> {
        let mut write = self.begin().await?;
        let Some(mut app) = find::<E>(&mut write, id).await? else { return Ok(None) };
        if app.credentials.find(credential.key.as_str()).is_some() {
            return Err(RegistryError::KeyTaken { key: credential.key.clone(), owner: id.to_string() });
        }
        app.credentials.add(credential.clone())?;
        put::<E>(&mut write, &app).await?;
        write.commit().await?;
        Ok(Some(app))
    }

    async fn retire(&self, id: &AppId, key: &str) -> Result<Option<App>, RegistryError> {
        let mut write = self.begin().await?;
        let Some(mut app) = find::<E>(&mut write, id).await? else { return Ok(None) };
        if app.credentials.find(key).is_none() {
            return Err(RegistryError::UnknownKey { app: id.clone(), size: key.chars().count() });
        }
        let others = app.credentials.iter().filter(|credential| !credential.key.matches(key)).cloned();
        app.credentials =
            Credentials::from_newest_first(others).ok_or_else(|| RegistryError::LastKey { app: id.clone() })?;
        put::<E>(&mut write, &app).await?;
        write.commit().await?;
        Ok(Some(app))
    }

    async fn note_used(&self, uses: &[KeyUse]) -> Result<(), RegistryError> {
        let mut write = self.begin().await?;
        for KeyUse { key, at } in uses {
            let values = [Value::Text(key.as_str()), Value::Number(Some(at.as_second()))];
            E::run(&mut write, queries::NOTE_USE, &values).await?;
        }
        Ok(write.commit().await?)
    }

    async fn create_first(&self, app: &App) -> Result<bool, RegistryError> {
        app.validate()?;
        let mut write = self.begin().await?;
        if number::<E>(&mut write, queries::COUNT).await? > 0 {
            return Ok(false);
        }
        put::<E>(&mut write, app).await?;
        write.commit().await?;
        Ok(true)
    }

    async fn delete(&self, id: &AppId) -> Result<bool, RegistryError> {
        let mut write = self.begin().await?;
        let deleted = E::run(&mut write, queries::DELETE, &[Value::Text(id.as_str())]).await?;
        if deleted.is_empty() {
            return Ok(false);
        }
        write.commit().await?;
        Ok(true)
    }

    async fn record_statistics(&self, statistics: &[Statistics]) -> Result<(), RegistryError> {
        let mut write = self.begin().await?;
        for entry in statistics {
            let values = statistics::values(entry);
            if E::run(&mut write, self.dialect.statistics.add, &values).await?.is_empty() {
                E::run(&mut write, self.dialect.statistics.insert, &values).await?;
            }
        }
        Ok(write.commit().await?)
    }

    async fn statistics(&self, query: &StatisticsQuery) -> Result<Vec<Statistics>, RegistryError> {
        let mut connection = self.connection().await?;
        let rows = E::run(&mut connection, self.dialect.statistics.read, &statistics::query_values(query)).await?;
        let usable = |row| match E::statistics(row) {
            Ok(row) => Some(row),
            Err(error) => {
                tracing::error!(database = self.name, %error, "statistics are left out");
                None
            }
        };
        Ok(rows.iter().filter_map(usable).filter_map(statistics::parse).collect())
    }

    async fn forget_statistics(&self, limit: Timestamp) -> Result<usize, RegistryError> {
        let mut removed = 0;
        loop {
            let mut write = self.begin().await?;
            let values = [Value::Number(Some(limit.as_second()))];
            let rows = E::run(&mut write, self.dialect.statistics.forget, &values).await?.len();
            write.commit().await?;
            removed += rows;
            if rows < FORGET_ROWS {
                return Ok(removed);
            }
        }
    }
}

impl<E: Engine> SqlRegistry<E> {
    async fn connection(&self) -> Result<PoolConnection<E>, RegistryError> {
        self.check_file()?;
        Ok(self.pool.acquire().await?)
    }

    fn check_file(&self) -> Result<(), RegistryError> {
        match &self.file {
            Some(file) if !file.is_there() => Err(RegistryError::FileGone { database: self.name.clone() }),
            _ => Ok(()),
        }
    }

    /// Begins a write and waits until it is the only one, so that what it reads stays true until it commits. Dropped
    /// before that, it has done nothing.
    async fn begin(&self) -> Result<Transaction<'static, E>, RegistryError> {
        self.check_file()?;
        let mut write = self.pool.begin_with(self.dialect.begin).await?;
        E::run(&mut write, queries::LOCK, &[]).await?;
        Ok(write)
    }
}

async fn find<E: Engine>(connection: &mut E::Connection, id: &AppId) -> Result<Option<App>, RegistryError> {
    let rows = E::run(connection, queries::FIND, &[Value::Text(id.as_str())]).await?;
    if rows.is_empty() { Ok(None) } else { E::app(&rows).map(Some) }
}

/// Adds the app, or replaces the one with its id, unless another app has one of its keys.
async fn put<E: Engine>(write: &mut E::Connection, app: &App) -> Result<(), RegistryError> {
    let origins = row::encode_origins(app);
    E::run(write, queries::UPSERT, &row::values(app, &origins)).await?;
    E::run(write, queries::DELETE_KEYS, &[Value::Text(app.id.as_str())]).await?;
    for (position, credential) in (1..).zip(app.credentials.iter().rev()) {
        let key = &credential.key;
        if let Some(owner) = E::run(write, queries::OWNER_OF_KEY, &[Value::Text(key.as_str())]).await?.first() {
            return Err(RegistryError::KeyTaken { key: key.clone(), owner: E::text(owner)? });
        }
        E::run(write, queries::INSERT_KEY, &row::key_values(app, credential, position)).await?;
    }
    Ok(())
}

async fn number<E: Engine>(connection: &mut E::Connection, statement: &'static str) -> Result<i64, RegistryError> {
    let rows = E::run(connection, statement, &[]).await?;
    let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    Ok(E::number(row)?)
}
