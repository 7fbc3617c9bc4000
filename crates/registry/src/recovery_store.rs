//! What outlives a server so that clients can recover missed events.

use async_trait::async_trait;
use clairon_protocol::RecoveryKey;
use rand::{RngExt, rand_core::UnwrapErr, rngs::SysRng};

use crate::{
    deadlock::{Repeating, repeat},
    engine::SqlValue,
    error::RegistryError,
    row::Row,
    sql::SqlRegistry,
};

const KEY: &str = "SELECT secret FROM recovery_key";
const INSERT_KEY: &str = "INSERT INTO recovery_key (secret) VALUES ($1)";
const SERVER: &str = "SELECT name FROM recovery_server";
const SET_SERVER: &str = "UPDATE recovery_server SET name = $1";
const PIECES: &str = "SELECT piece FROM recovery_logs ORDER BY position";
const DELETE_PIECES: &str = "DELETE FROM recovery_logs";
const INSERT_PIECE: &str = "INSERT INTO recovery_logs (position, piece) VALUES ($1, $2)";

/// The store of the key of tokens, and of logs of channels while the server restarts.
#[async_trait]
pub trait RecoveryStore: Send + Sync {
    /// The key of the tokens, the same for all servers with this database. The first call creates it.
    ///
    /// # Errors
    /// When the database fails.
    async fn recovery_key(&self) -> Result<RecoveryKey, RegistryError>;

    /// Stores the logs of channels of `server` as a text in pieces, in the place of those before. False if another
    /// server has taken logs since `server` did. Then nothing is stored, because these logs lack the events since.
    ///
    /// # Errors
    /// When the database fails. Then nothing is stored.
    async fn save_logs(&self, server: &str, pieces: &[String]) -> Result<bool, RegistryError>;

    /// Removes the stored logs for `server`, which has started, and returns their text. It is empty if there are none.
    /// `server` is at most 64 characters, and unique.
    ///
    /// # Errors
    /// When the database fails. Then they may still be there.
    async fn take_logs(&self, server: &str) -> Result<String, RegistryError>;
}

#[async_trait]
impl RecoveryStore for SqlRegistry {
    async fn recovery_key(&self) -> Result<RecoveryKey, RegistryError> {
        let mut write = self.begin().await?;
        let stored = write.run(KEY, &[]).await?;
        let stored = stored.first().map(Row::text).transpose()?;
        let is_new = stored.is_none();
        let text = stored.unwrap_or_else(|| hex::encode(UnwrapErr(SysRng).random::<[u8; 32]>()));
        if is_new {
            write.execute(INSERT_KEY, &[SqlValue::Text(&text)]).await?;
        }
        write.end(is_new).await?;
        Ok(RecoveryKey::parse(&text).map_err(|error| sqlx::Error::Decode(Box::new(error)))?)
    }

    async fn save_logs(&self, server: &str, pieces: &[String]) -> Result<bool, RegistryError> {
        let mut write = self.begin().await?;
        let last = write.run(SERVER, &[]).await?;
        if last.first().map(Row::text).transpose()?.as_deref() != Some(server) {
            write.end(false).await?;
            return Ok(false);
        }
        write.execute(DELETE_PIECES, &[]).await?;
        for (position, piece) in (1..).zip(pieces) {
            write.execute(INSERT_PIECE, &[SqlValue::Number(Some(position)), SqlValue::Text(piece)]).await?;
        }
        write.end(true).await?;
        Ok(true)
    }

    async fn take_logs(&self, server: &str) -> Result<String, RegistryError> {
        let mut write = self.begin().await?;
        write.execute(SET_SERVER, &[SqlValue::Text(server)]).await?;
        let rows = write.run(PIECES, &[]).await?;
        let text = rows.iter().map(Row::text).collect::<Result<String, _>>()?;
        if !rows.is_empty() {
            write.execute(DELETE_PIECES, &[]).await?;
        }
        write.end(true).await?;
        Ok(text)
    }
}

#[async_trait]
impl RecoveryStore for Repeating {
    async fn recovery_key(&self) -> Result<RecoveryKey, RegistryError> {
        repeat!(self.0.recovery_key())
    }

    async fn save_logs(&self, server: &str, pieces: &[String]) -> Result<bool, RegistryError> {
        repeat!(self.0.save_logs(server, pieces))
    }

    async fn take_logs(&self, server: &str) -> Result<String, RegistryError> {
        repeat!(self.0.take_logs(server))
    }
}
