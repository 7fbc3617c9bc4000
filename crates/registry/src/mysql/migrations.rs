//! Creates the tables in MySQL. One node does so at a time.

use sqlx::{
    MySqlConnection,
    migrate::{Migrate, MigrateError},
    mysql::MySqlDatabaseError,
};

use crate::migrations::{self, migrator};

/// The time that a node waits for another one's migration, in seconds.
const LOCK_SECONDS: i64 = 60;
/// The lock's name is unique for the whole server and has at most 64 characters. The lock belongs to the connection and
/// ends with it.
///
/// It replaces the lock of sqlx's migrator, which waits for a negative time. For MySQL that means forever. MariaDB then
/// takes no lock, and the migrator does not check.
const LOCK: &str = "SELECT GET_LOCK(CONCAT('clairon.', SHA2(DATABASE(), 224)), ?)";
const UNLOCK: &str = "DO RELEASE_LOCK(CONCAT('clairon.', SHA2(DATABASE(), 224)))";
/// Finds a table with the name of one of ours but without our comment.
const FOREIGN_TABLE: &str = "SELECT CAST(table_name AS CHAR) FROM information_schema.tables \
     WHERE table_schema = DATABASE() AND table_name IN ('apps', 'app_keys', 'registry_revision', 'webhook_sequence', \
     'webhook_announced', 'webhook_events', 'webhook_leases', 'webhook_attempts', 'webhook_backlogs', 'acme_state', \
     'acme_accounts', 'acme_certificates', 'acme_challenges', 'recovery_key', 'recovery_logs', 'recovery_server') \
     AND table_comment NOT LIKE 'Clairon: %' ORDER BY table_name LIMIT 1";
const MIGRATIONS_TABLE: &str = "_sqlx_migrations";
/// MySQL commits after every DDL statement, so a node that ends during a migration leaves a part of it. Each migration
/// can be repeated over a part of itself.
const FORGET_PARTS: &str = "DELETE FROM _sqlx_migrations WHERE success = FALSE";

/// Counts the triggers whose definer still exists. All must be there.
const TRIGGERS: &str = "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE() \
     AND event_object_table IN ('apps', 'app_keys') AND definer = CURRENT_USER()";
const TRIGGER_COUNT: i64 = 6;
const CREATE_TRIGGERS: &str = include_str!("../../../../migrations/mysql/triggers.sql");
/// The errors of a server that forbids the user to create a trigger: no privilege for the table (1142) or the server
/// (1227), or a binary log with `log_bin_trust_function_creators = 0` (1419), the default of MySQL 8.
const MAY_NOT: [u16; 3] = [1142, 1227, 1419];

/// The reason why the tables cannot be created.
#[derive(Debug, thiserror::Error)]
pub(super) enum MigrationFault {
    #[error("another node has been migrating it for {LOCK_SECONDS} seconds: try again when it is done")]
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

/// Creates or updates the tables. If the server forbids triggers, returns its reason.
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
    // Not `run`: it borrows a connection, which makes its future impossible to move between threads.
    migrator(migrations::MYSQL).set_locking(false).run_direct(None, &mut *connection, false).await?;
    let no_triggers = create_triggers(connection).await?;
    sqlx::query(UNLOCK).execute(connection).await?;
    Ok(no_triggers)
}

/// Creates the triggers that notice changes typed in SQL. Without them Clairon still notices its own changes.
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
