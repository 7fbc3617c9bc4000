//! A connection of the pool for one task.

use std::ops::{Deref, DerefMut};

use sqlx::{Database, pool::PoolConnection};

use crate::{
    engine::{Engine, SqlValue},
    error::RegistryError,
    queries,
};

/// A connection of the pool for one task. It returns to the pool once the task is [done](Self::done).
///
/// If it is dropped earlier, because the task failed or was cancelled, it is closed: the database may have ended a
/// transaction that the driver still considers open, or the reverse, and an answer may still arrive.
pub(crate) struct Connection<E: Database> {
    connection: PoolConnection<E>,
    /// True if the connection is closed unless the task is done.
    is_at_risk: bool,
}

impl<E: Database> Connection<E> {
    /// With `is_only`, the connection is the whole database (SQLite in memory) and is never closed.
    pub(crate) fn new(connection: PoolConnection<E>, is_only: bool) -> Self {
        Self { connection, is_at_risk: !is_only }
    }

    /// Notes that the task was successful.
    pub(crate) fn done(mut self) {
        self.is_at_risk = false;
    }
}

impl<E: Database> Deref for Connection<E> {
    type Target = E::Connection;

    fn deref(&self) -> &E::Connection {
        &self.connection
    }
}

impl<E: Database> DerefMut for Connection<E> {
    fn deref_mut(&mut self) -> &mut E::Connection {
        &mut self.connection
    }
}

impl<E: Database> Drop for Connection<E> {
    fn drop(&mut self) {
        if self.is_at_risk {
            self.connection.close_on_drop();
        }
    }
}

/// A write transaction. Only one exists at a time, over all processes. If it is dropped before its [end](Self::end), it
/// has no effect.
pub(crate) struct Write<E: Database>(Connection<E>);

impl<E: Engine> Write<E> {
    /// Begins a transaction, and waits for all others that begin with the statement `lock`. So what it reads does not
    /// change until it ends. Returns the rows of that statement too.
    pub(crate) async fn begin(
        mut connection: Connection<E>,
        lock: &'static str,
    ) -> Result<(Self, Vec<E::Row>), RegistryError> {
        E::control(&mut connection, E::BEGIN).await?;
        let rows = E::run(&mut connection, lock, &[]).await?;
        Ok((Self(connection), rows))
    }

    /// Does the same with one command that contains both statements.
    pub(crate) async fn begin_at_once(
        mut connection: Connection<E>,
        statements: &'static str,
    ) -> Result<(Self, Vec<E::Row>), RegistryError> {
        let rows = E::run(&mut connection, statements, &[]).await?;
        Ok((Self(connection), rows))
    }

    /// Runs a command whose last statement commits.
    pub(crate) async fn end_with(
        mut self,
        statements: &'static str,
        values: &[SqlValue<'_>],
    ) -> Result<(), RegistryError> {
        E::execute(&mut self.0, statements, values).await?;
        self.0.done();
        Ok(())
    }

    /// Commits if `is_kept`, otherwise rolls back.
    pub(crate) async fn end(mut self, is_kept: bool) -> Result<(), RegistryError> {
        E::control(&mut self.0, if is_kept { queries::COMMIT } else { queries::ROLLBACK }).await?;
        self.0.done();
        Ok(())
    }
}

impl<E: Database> Deref for Write<E> {
    type Target = E::Connection;

    fn deref(&self) -> &E::Connection {
        &self.0
    }
}

impl<E: Database> DerefMut for Write<E> {
    fn deref_mut(&mut self) -> &mut E::Connection {
        &mut self.0
    }
}
