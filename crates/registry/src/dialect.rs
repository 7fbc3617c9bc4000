//! The SQL that differs between engines.

use std::sync::LazyLock;

use sqlx::Database;

use crate::{
    queries,
    statistics::Statements,
    webhook_store::{self, Upsert},
};

/// The SQL of an engine that differs from the others'. Each engine has it in one file.
pub(crate) trait Dialect: Database {
    /// True if `$1` refers to a value by number; false if each `?` takes the next value.
    const NUMBERS_VALUES: bool;
    /// True if statements that begin and end transactions are prepared once. False if they are sent as text: MySQL
    /// cannot prepare all of them, and Postgres needs one round trip for either.
    const PREPARES_TRANSACTIONS: bool;
    /// The statement that begins a write.
    const BEGIN: &'static str;
    /// The statement that increments the revision after an app was changed. `None` if the schema's triggers do this for
    /// every statement.
    const NEXT_REVISION: Option<&'static str>;
    /// The statements about statistics.
    const STATISTICS: Statements;

    /// The query for the time of the database's clock, in milliseconds since 1970.
    const NOW: &'static str;
    /// The query that locks the row for which all writers to the tables of webhooks wait. It returns the last id, and
    /// the time like [`NOW`](Self::NOW).
    const LOCK_WEBHOOKS: &'static str;
    /// The statements that begin a write to the tables of webhooks: [`BEGIN`](Self::BEGIN) and
    /// [`LOCK_WEBHOOKS`](Self::LOCK_WEBHOOKS). `None` if the engine runs only one statement at a time.
    const BEGIN_WEBHOOKS: Option<&'static str>;
    /// The statements that store the last id and end such a write. `None` likewise.
    const END_WEBHOOKS: Option<&'static str>;
    /// True if an update can return a value (`RETURNING`).
    const UPDATES_RETURN: bool;

    /// The statement that adds an app, or replaces the one with its id. Its values are those of
    /// [`row::values`](crate::row::values). The default is the syntax of SQLite and Postgres.
    fn upsert() -> &'static str {
        static UPSERT: LazyLock<String> = LazyLock::new(|| queries::upsert("ON CONFLICT (id) DO UPDATE SET", excluded));
        &UPSERT
    }

    /// The statement that inserts or replaces announced states. The default is the syntax of SQLite and Postgres.
    fn upsert_announced() -> &'static Upsert {
        static UPSERT: LazyLock<Upsert> =
            LazyLock::new(|| webhook_store::upsert_announced("ON CONFLICT (app_id, subject) DO UPDATE SET", excluded));
        &UPSERT
    }

    /// The number of rows that a statement inserted, deleted, or matched for an update.
    fn rows_affected(result: &Self::QueryResult) -> u64;
}

fn excluded(column: &str) -> String {
    format!("excluded.{column}")
}
