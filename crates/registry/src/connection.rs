//! A connection of the pool for one task.

use std::ops::{Deref, DerefMut};

use crate::{
    dialect::Dialect,
    engine::{Answer, Session, SqlValue},
    error::RegistryError,
    queries,
    row::Row,
};

/// A connection of the pool for one task. It returns to the pool once the task is [done](Self::done).
///
/// If it is dropped earlier, because the task failed or was cancelled, it is closed: the database may have ended a
/// transaction that the driver still considers open, or the reverse, and an answer may still arrive.
pub(crate) struct Connection {
    session: Box<dyn Session>,
    /// True if the connection is closed unless the task is done.
    is_at_risk: bool,
}

impl Connection {
    /// With `is_only`, the connection is the whole database (SQLite in memory) and is never closed.
    pub(crate) fn new(session: Box<dyn Session>, is_only: bool) -> Self {
        Self { session, is_at_risk: !is_only }
    }

    /// The SQL that only the engine of this database has.
    pub(crate) fn dialect(&self) -> &'static Dialect {
        self.session.dialect()
    }

    /// Runs a statement and returns its rows.
    pub(crate) fn run<'a>(&'a mut self, statement: &'static str, values: &'a [SqlValue<'a>]) -> Answer<'a, Vec<Row>> {
        self.session.run(statement, values)
    }

    /// Runs a statement and reads the number in the first column of its first row.
    pub(crate) async fn number(&mut self, statement: &'static str) -> Result<i64, sqlx::Error> {
        self.run(statement, &[]).await?.first().ok_or(sqlx::Error::RowNotFound)?.number()
    }

    /// Runs a statement without result rows. Returns the number of rows that it inserted, deleted, or matched for an
    /// update.
    pub(crate) fn execute<'a>(&'a mut self, statement: &'static str, values: &'a [SqlValue<'a>]) -> Answer<'a, u64> {
        self.session.execute(statement, values)
    }

    /// Notes that the task was successful.
    pub(crate) fn done(mut self) {
        self.is_at_risk = false;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.is_at_risk {
            self.session.close_on_drop();
        }
    }
}

/// A write transaction. Only one exists at a time, over all processes. If it is dropped before its [end](Self::end), it
/// has no effect.
pub(crate) struct Write(Connection);

impl Write {
    /// Begins a transaction, and waits for all others that begin with the statement `lock`. So what it reads does not
    /// change until it ends. Returns the rows of that statement too.
    pub(crate) async fn begin(
        mut connection: Connection,
        lock: &'static str,
    ) -> Result<(Self, Vec<Row>), RegistryError> {
        let begin = connection.dialect().begin;
        connection.session.control(begin).await?;
        let rows = connection.run(lock, &[]).await?;
        Ok((Self(connection), rows))
    }

    /// Does the same with one command that contains both statements.
    pub(crate) async fn begin_at_once(
        mut connection: Connection,
        statements: &'static str,
    ) -> Result<(Self, Vec<Row>), RegistryError> {
        let rows = connection.run(statements, &[]).await?;
        Ok((Self(connection), rows))
    }

    /// Runs a command whose last statement commits.
    pub(crate) async fn end_with(
        mut self,
        statements: &'static str,
        values: &[SqlValue<'_>],
    ) -> Result<(), RegistryError> {
        self.0.execute(statements, values).await?;
        self.0.done();
        Ok(())
    }

    /// Commits if `is_kept`, otherwise rolls back.
    pub(crate) async fn end(mut self, is_kept: bool) -> Result<(), RegistryError> {
        self.0.session.control(if is_kept { queries::COMMIT } else { queries::ROLLBACK }).await?;
        self.0.done();
        Ok(())
    }
}

impl Deref for Write {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}
