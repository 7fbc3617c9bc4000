//! The tables in MySQL, made by one node at a time.

use sqlx::{
    MySqlConnection,
    migrate::{Migrate, MigrateError, Migrator},
    mysql::MySqlDatabaseError,
};

/// How long a node waits for another one to migrate, in seconds.
const LOCK_SECONDS: i64 = 60;
/// The lock has a name for the whole server, of at most 64 characters. It belongs to the connection, and ends with it.
///
/// It replaces the migrator's own lock, which waits for a negative time. MySQL takes that as forever; MariaDB takes no
/// lock then, and the migrator does not check.
const LOCK: &str = "SELECT GET_LOCK(CONCAT('clairon.', SHA2(DATABASE(), 224)), ?)";
const UNLOCK: &str = "DO RELEASE_LOCK(CONCAT('clairon.', SHA2(DATABASE(), 224)))";
/// Finds a table that has one of our names and not our comment.
const FOREIGN_TABLE: &str = "SELECT CAST(table_name AS CHAR) FROM information_schema.tables \
     WHERE table_schema = DATABASE() AND table_name IN ('apps', 'app_keys', 'registry_revision', 'webhook_sequence', \
     'webhook_announced', 'webhook_events', 'webhook_leases', 'webhook_attempts') \
     AND table_comment NOT LIKE 'Clairon: %' ORDER BY table_name LIMIT 1";
const MIGRATIONS_TABLE: &str = "_sqlx_migrations";
/// Every change of a table commits, so a node that ends in the middle of a migration leaves a part of it. Each
/// migration can be run again over a part of itself.
const FORGET_PARTS: &str = "DELETE FROM _sqlx_migrations WHERE success = FALSE";

/// The triggers as they should be: all of them, and of a user that exists.
const TRIGGERS: &str = "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE() \
     AND event_object_table IN ('apps', 'app_keys') AND definer = CURRENT_USER()";
const TRIGGER_COUNT: i64 = 6;
const CREATE_TRIGGERS: &str = include_str!("../../../../migrations/mysql/triggers.sql");
/// The errors of a server that does not let the user make a trigger: no privilege for it on a table (1142) or on the
/// server (1227), or a binary log with `log_bin_trust_function_creators = 0` (1419), the defaults of MySQL 8.
const MAY_NOT: [u16; 3] = [1142, 1227, 1419];

/// Why there are no tables.
#[derive(Debug, thiserror::Error)]
pub(super) enum MigrationFault {
    #[error("another node has migrated it for {LOCK_SECONDS} seconds and is not ready")]
    Locked,
    #[error(
        "it has a table {table} that is not Clairon's: create a database for Clairon alone, and name that one in the URL"
    )]
    ForeignTable { table: String },
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Makes the tables, or brings them up to date. Returns why the server lets the user make no triggers, if it does not.
pub(super) async fn run(connection: &mut MySqlConnection) -> Result<Option<sqlx::Error>, MigrationFault> {
    let locked: Option<i64> = sqlx::query_scalar(LOCK).bind(LOCK_SECONDS).fetch_one(&mut *connection).await?;
    if locked != Some(1) {
        return Err(MigrationFault::Locked);
    }
    if let Some(table) = sqlx::query_scalar(FOREIGN_TABLE).fetch_optional(&mut *connection).await? {
        return Err(MigrationFault::ForeignTable { table });
    }
    connection.ensure_migrations_table(MIGRATIONS_TABLE).await?;
    sqlx::query(FORGET_PARTS).execute(&mut *connection).await?;
    let mut migrator: Migrator = sqlx::migrate!("../../migrations/mysql");
    // Not its `run`: borrowing a connection, that one's future cannot move between threads.
    migrator.set_locking(false).run_direct(None, &mut *connection, false).await?;
    let no_triggers = create_triggers(connection).await?;
    sqlx::query(UNLOCK).execute(connection).await?;
    Ok(no_triggers)
}

/// Makes the triggers that note what is typed by hand. Without them Clairon still notes its own changes.
async fn create_triggers(connection: &mut MySqlConnection) -> Result<Option<sqlx::Error>, sqlx::Error> {
    let present: i64 = sqlx::query_scalar(TRIGGERS).fetch_one(&mut *connection).await?;
    if present == TRIGGER_COUNT {
        return Ok(None);
    }
    match sqlx::raw_sql(CREATE_TRIGGERS).execute(connection).await {
        Err(error) if number(&error).is_some_and(|number| MAY_NOT.contains(&number)) => Ok(Some(error)),
        result => result.map(|_| None),
    }
}

fn number(error: &sqlx::Error) -> Option<u16> {
    Some(error.as_database_error()?.try_downcast_ref::<MySqlDatabaseError>()?.number())
}
