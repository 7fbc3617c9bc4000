//! The SQL that differs between engines.

use std::sync::LazyLock;

use crate::{
    queries,
    statistics::Statements,
    webhook_store::{self, Upsert},
};

/// The SQL of an engine that differs from the others'. Each engine has it in one file.
pub(crate) struct Dialect {
    /// The statement that begins a write.
    pub(crate) begin: &'static str,
    /// The statement that increments the revision after an app was changed. `None` if the schema's triggers do this for
    /// every statement.
    pub(crate) next_revision: Option<&'static str>,
    /// The statements about statistics.
    pub(crate) statistics: Statements,

    /// The query for the time of the database's clock, in milliseconds since 1970.
    pub(crate) now: &'static str,
    /// The query that locks the row for which all writers to the tables of webhooks wait. It returns the last id, and
    /// the time like [`now`](Self::now).
    pub(crate) lock_webhooks: &'static str,
    /// The statements that begin a write to the tables of webhooks: [`begin`](Self::begin) and
    /// [`lock_webhooks`](Self::lock_webhooks). `None` if the engine runs only one statement at a time.
    pub(crate) begin_webhooks: Option<&'static str>,
    /// The statements that store the last id and end such a write. `None` likewise.
    pub(crate) end_webhooks: Option<&'static str>,
    /// True if an update can return a value (`RETURNING`).
    pub(crate) updates_return: bool,

    /// The statement that adds an app, or replaces the one with its id. Its values are those of
    /// [`app_row::values`](crate::app_row::values).
    pub(crate) upsert: LazyLock<String>,
    /// The statement that inserts or replaces announced states.
    pub(crate) upsert_announced: LazyLock<Upsert>,
}

/// [`Dialect::upsert`] in the syntax of SQLite and Postgres.
pub(crate) fn upsert() -> String {
    queries::upsert("ON CONFLICT (id) DO UPDATE SET", excluded)
}

/// [`Dialect::upsert_announced`] in the syntax of SQLite and Postgres.
pub(crate) fn upsert_announced() -> Upsert {
    webhook_store::upsert_announced("ON CONFLICT (app_id, subject) DO UPDATE SET", excluded)
}

fn excluded(column: &str) -> String {
    format!("excluded.{column}")
}
