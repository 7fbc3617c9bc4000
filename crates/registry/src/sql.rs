//! The registry over SQL, the same for every engine.

use std::{fmt, slice};

use async_trait::async_trait;
use clairon_protocol::AppId;
use sqlx::{Database, Pool, Transaction};

use crate::{
    app::App,
    engine::{Engine, Value},
    error::RegistryError,
    queries,
    registry::{AppRegistry, Declared},
    row,
};

/// A registry in the database that `pool` connects to.
pub(crate) struct SqlRegistry<E: Database> {
    /// Which database this is, without user and password.
    pub(crate) name: String,
    pub(crate) pool: Pool<E>,
    /// The statement that begins a write.
    pub(crate) begin: &'static str,
}

impl<E: Database> fmt::Debug for SqlRegistry<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqlRegistry({})", self.name)
    }
}

#[async_trait]
impl<E: Engine> AppRegistry for SqlRegistry<E> {
    async fn revision(&self) -> Result<i64, RegistryError> {
        let mut connection = self.pool.acquire().await?;
        number::<E>(&mut connection, queries::REVISION).await
    }

    async fn list(&self) -> Result<Vec<App>, RegistryError> {
        let mut connection = self.pool.acquire().await?;
        let rows = E::run(&mut connection, queries::LIST, &[]).await?;
        let usable = |row| match E::app(row) {
            Ok(app) => Some(app),
            Err(error) => {
                tracing::error!(database = self.name, %error, "an app is left out");
                None
            }
        };
        Ok(rows.iter().filter_map(usable).collect())
    }

    async fn find(&self, id: &AppId) -> Result<Option<App>, RegistryError> {
        let mut connection = self.pool.acquire().await?;
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
        let declared = match find::<E>(&mut write, &app.id).await {
            Ok(None) => Declared::Created,
            Ok(Some(stored)) if stored == *app => return Ok(Declared::Unchanged),
            Ok(Some(_)) | Err(RegistryError::BadRow { .. }) => Declared::Updated,
            Err(error) => return Err(error),
        };
        put::<E>(&mut write, app).await?;
        write.commit().await?;
        Ok(declared)
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
}

impl<E: Engine> SqlRegistry<E> {
    /// Begins a write and waits until it is the only one, so that what it reads stays true until it commits. Dropped
    /// before that, it has done nothing.
    async fn begin(&self) -> Result<Transaction<'static, E>, RegistryError> {
        let mut write = self.pool.begin_with(self.begin).await?;
        E::run(&mut write, queries::NEXT_REVISION, &[]).await?;
        Ok(write)
    }
}

async fn find<E: Engine>(connection: &mut E::Connection, id: &AppId) -> Result<Option<App>, RegistryError> {
    let rows = E::run(connection, queries::FIND, &[Value::Text(id.as_str())]).await?;
    rows.first().map(E::app).transpose()
}

/// Adds the app, or replaces the one with its id, unless another app has its key.
async fn put<E: Engine>(write: &mut E::Connection, app: &App) -> Result<(), RegistryError> {
    let others = [Value::Text(app.key.as_str()), Value::Text(app.id.as_str())];
    if let Some(owner) = E::run(write, queries::OTHER_WITH_KEY, &others).await?.first() {
        return Err(RegistryError::KeyTaken { key: app.key.clone(), owner: E::text(owner)? });
    }
    let origins = row::encode_origins(app);
    E::run(write, queries::UPSERT, &row::values(app, &origins)).await?;
    Ok(())
}

async fn number<E: Engine>(connection: &mut E::Connection, statement: &'static str) -> Result<i64, RegistryError> {
    let rows = E::run(connection, statement, &[]).await?;
    let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    Ok(E::number(row)?)
}
