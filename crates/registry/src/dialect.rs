//! The SQL that differs between engines.

use sqlx::Database;

use crate::{statistics::Statements, webhook_store::Upsert};

/// The SQL of an engine that differs from the others'. Each engine has it in one file.
pub(crate) trait Dialect: Database {
    /// True if `$1` refers to a value by number; false if each `?` takes the next value.
    const NUMBERS_VALUES: bool;
    /// The statement that begins a write.
    const BEGIN: &'static str;
    /// The statement that increments the revision after an app was changed. `None` if the schema's triggers do this for
    /// every statement.
    const NEXT_REVISION: Option<&'static str>;
    /// The statements about statistics.
    const STATISTICS: Statements;

    /// Answers with the time by the database's clock, in milliseconds since 1970.
    const NOW: &'static str;

    /// Adds an app, or replaces the one with its id. Takes what [`row::values`](crate::row::values) gives.
    fn upsert() -> &'static str;

    /// Stores what endpoints know, or replaces it.
    fn upsert_announced() -> &'static Upsert;

    /// How many rows a statement inserted, deleted, or found to update.
    fn rows_affected(result: &Self::QueryResult) -> u64;
}
