//! Serialized writes to the webhook tables.

use std::ops::{Deref, DerefMut};

use super::statements;
use crate::{
    connection::Write,
    engine::{Engine, SqlValue},
    error::RegistryError,
    sql::SqlRegistry,
};

/// A write to the webhook tables. Only one write runs at a time among all nodes, so the ids that it assigns grow.
pub(super) struct OrderedWrite<E: Engine> {
    write: Write<E>,
    first_id: i64,
    last_id: i64,
    /// The time of the database's clock, in milliseconds.
    pub(super) now: i64,
}

impl<E: Engine> OrderedWrite<E> {
    /// Begins the write, after waiting for the others.
    pub(super) async fn begin(registry: &SqlRegistry<E>) -> Result<Self, RegistryError> {
        let (write, rows) = match E::BEGIN_WEBHOOKS {
            Some(statements) => registry.begin_at_once(statements).await?,
            None => registry.begin_with(E::LOCK_WEBHOOKS).await?,
        };
        let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        let (last_id, now) = (E::number_at(row, 0)?, E::number_at(row, 1)?);
        Ok(Self { write, first_id: last_id, last_id, now })
    }

    pub(super) const fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// Commits the write.
    pub(super) async fn end(mut self) -> Result<(), RegistryError> {
        if self.last_id != self.first_id {
            let values = [SqlValue::Number(Some(self.last_id))];
            if let Some(statements) = E::END_WEBHOOKS {
                return self.write.end_with(statements, &values).await;
            }
            E::execute(&mut self.write, statements::SET_LAST_ID, &values).await?;
        }
        self.write.end(true).await
    }
}

impl<E: Engine> Deref for OrderedWrite<E> {
    type Target = E::Connection;

    fn deref(&self) -> &E::Connection {
        &self.write
    }
}

impl<E: Engine> DerefMut for OrderedWrite<E> {
    fn deref_mut(&mut self) -> &mut E::Connection {
        &mut self.write
    }
}
