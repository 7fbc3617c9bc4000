//! Serialized writes to the webhook tables.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use super::{
    own_writes::{Added, OwnWrites},
    statements,
};
use crate::{
    connection::{Connection, Write},
    engine::SqlValue,
    error::RegistryError,
    sql::SqlRegistry,
};

/// A write to the webhook tables. Only one write runs at a time among all nodes, so the ids that it assigns grow.
pub(super) struct OrderedWrite {
    write: Write,
    own_writes: Arc<OwnWrites>,
    first_id: i64,
    last_id: i64,
    added: Added,
    /// The time of the database's clock, in milliseconds.
    pub(super) now: i64,
}

impl OrderedWrite {
    /// Begins the write, after waiting for the others.
    pub(super) async fn begin(registry: &SqlRegistry) -> Result<Self, RegistryError> {
        let connection = registry.writer().await?;
        let dialect = connection.dialect();
        let (write, rows) = match dialect.begin_webhooks {
            Some(statements) => Write::begin_at_once(connection, statements).await?,
            None => Write::begin(connection, dialect.lock_webhooks).await?,
        };
        let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        let (last_id, now) = (row.number_at(0)?, row.number_at(1)?);
        let own_writes = registry.own_webhook_writes.clone();
        Ok(Self { write, own_writes, first_id: last_id, last_id, added: Added::Nothing, now })
    }

    pub(super) const fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// Notes which events it makes pending.
    pub(super) const fn note_added(&mut self, added: Added) {
        self.added = added;
    }

    /// Commits the write. True if no other events were added since the previous record of this process.
    pub(super) async fn end(mut self) -> Result<bool, RegistryError> {
        if self.last_id == self.first_id {
            self.write.end(true).await?;
            return Ok(false);
        }
        let values = [SqlValue::Number(Some(self.last_id))];
        if let Some(statements) = self.write.dialect().end_webhooks {
            self.write.end_with(statements, &values).await?;
        } else {
            self.write.execute(statements::SET_LAST_ID, &values).await?;
            self.write.end(true).await?;
        }
        Ok(self.own_writes.note(self.first_id, self.last_id, self.added))
    }
}

impl Deref for OrderedWrite {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.write
    }
}

impl DerefMut for OrderedWrite {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.write
    }
}
