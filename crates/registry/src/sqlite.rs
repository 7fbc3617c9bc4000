//! SQLite, in a file or in memory.

use std::{
    fs::OpenOptions,
    io::{self, ErrorKind},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::{Arc, LazyLock},
    time::Duration,
};

use sqlx::{
    Connection, Sqlite, SqlitePool,
    migrate::MigrateError,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep},
};
use tracing::warn;

use crate::{
    database_file::DatabaseFile,
    dialect::{self, Dialect},
    engine::Engine,
    error::RegistryError,
    migrations::{self, migrator},
    queries,
    server_lock::ServerLock,
    sql::SqlRegistry,
    statistics::statements,
};

/// The time that a statement waits for a lock of another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause between two attempts to turn WAL on.
const BUSY_PAUSE: Duration = Duration::from_millis(20);
/// `SQLITE_BUSY`: the low byte of every code of that error.
const SQLITE_BUSY: u32 = 5;
/// Takes the write lock immediately. A transaction that reads first may fail to get it later.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// The SQL of SQLite.
static DIALECT: Dialect = Dialect {
    begin: BEGIN,
    next_revision: None,
    statistics: statements! {
        time: "datetime($2, 'unixepoch')",
        limit: "datetime($1, 'unixepoch')",
        zero: "datetime(0, 'unixepoch')",
        seconds: "unixepoch(created_at)"
    },

    now: "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    // The transaction has the lock of the whole database already.
    lock_webhooks: "SELECT last_id, CAST(unixepoch('subsec') * 1000 AS INTEGER) FROM webhook_sequence",
    begin_webhooks: Some(
        "BEGIN IMMEDIATE; SELECT last_id, CAST(unixepoch('subsec') * 1000 AS INTEGER) FROM webhook_sequence",
    ),
    end_webhooks: Some("UPDATE webhook_sequence SET last_id = $1; COMMIT"),
    updates_return: true,

    upsert: LazyLock::new(dialect::upsert),
    upsert_announced: LazyLock::new(dialect::upsert_announced),
};

impl Engine for Sqlite {
    const NUMBERS_VALUES: bool = false;
    const PREPARES_TRANSACTIONS: bool = true;

    fn dialect() -> &'static Dialect {
        &DIALECT
    }

    fn rows_affected(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
    }
}

/// Opens a database in memory. Its only connection is the database, so the connection is never closed.
pub(crate) async fn open_memory() -> Result<SqlRegistry, RegistryError> {
    let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        // The connection is not closed when a transaction fails or is cancelled, so the transaction is rolled back
        // here. Without a transaction the rollback fails, which has no consequence.
        .after_release(|connection, _| {
            Box::pin(async move {
                let _ = sqlx::query(queries::ROLLBACK).execute(connection).await;
                Ok(true)
            })
        })
        .connect_lazy_with(options);
    let name = "sqlite::memory:".to_owned();
    let own_webhook_writes = Arc::default();
    migrate(&pool, &name).await?;
    let pool = Arc::new(pool);
    let writers = pool.clone();
    Ok(SqlRegistry { name, pool, writers, is_one_connection: true, file: None, own_webhook_writes })
}

/// Opens the file at `path`, or creates it.
pub(crate) async fn open_file(path: &Path, max_connections: u32) -> Result<SqlRegistry, RegistryError> {
    let name = format!("sqlite://{}", path.display());
    create(path).map_err(|error| open_error("create", &name, &error))?;
    let file = DatabaseFile::at(path).map_err(|error| open_error("open", &name, &error))?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT);
    // A connection to a file does not break by itself.
    let pool_of = |connections| SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false);
    let writers = pool_of(1).connect_lazy_with(options.clone());
    let pool = pool_of(max_connections.max(1)).connect_lazy_with(options);
    migrate(&pool, &name).await?;
    let (pool, writers) = (Arc::new(pool), Arc::new(writers));
    let (file, own_webhook_writes) = (Some(file), Arc::default());
    Ok(SqlRegistry { name, pool, writers, is_one_connection: false, file, own_webhook_writes })
}

/// Does the same for a server, and logs warnings about the file.
pub(crate) async fn open_file_for_server(path: &Path, max_connections: u32) -> Result<SqlRegistry, RegistryError> {
    let mut registry = open_file(path, max_connections).await?;
    if let Some(file) = registry.file.take() {
        warn_if_exposed(&registry.name, &file);
        registry.file = Some(lock(&registry.name, path, file).await);
    }
    Ok(registry)
}

fn warn_if_exposed(database: &str, file: &DatabaseFile) {
    let exposed: Vec<String> = file.exposed().iter().map(|path| shell_word(path)).collect();
    if !exposed.is_empty() {
        let mend = format!("chmod 600 {}", exposed.join(" "));
        warn!(database, "other users can read this database, which contains the secrets of all apps: run {mend}");
    }
}

async fn lock(database: &str, path: &Path, file: DatabaseFile) -> DatabaseFile {
    let path = path.to_owned();
    match spawn_blocking(move || ServerLock::take(&path)).await.map_err(io::Error::other).flatten() {
        Ok((lock, others)) => {
            if others {
                warn!(
                    database,
                    "another server uses this SQLite file too. This is right while one replaces the other; \
                     otherwise stop one of them, or give both the same redis.url"
                );
            }
            file.holding(lock)
        }
        Err(error) => {
            warn!(database, %error, "cannot find out whether another server uses this SQLite file");
            file
        }
    }
}

/// Quotes a path for a shell.
fn shell_word(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// Creates the file with access only for its owner. SQLite gives the files beside it the same mode.
///
/// An existing file is not opened: closing it again would drop the locks that this process has on it.
fn create(path: &Path) -> std::io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        result => result.map(drop),
    }
}

/// Migrates in one transaction that holds the write lock, so a second node waits and then has nothing to do.
async fn migrate(pool: &SqlitePool, name: &str) -> Result<(), RegistryError> {
    let mut connection = connect(pool).await.map_err(|error| open_error("open", name, &error))?;
    let migrated = async {
        let mut transaction = connection.begin_with(BEGIN).await?;
        // Not `run`: it borrows a connection, which makes its future impossible to move between threads.
        migrator(migrations::SQLITE).run_direct(None, &mut *transaction, false).await?;
        transaction.commit().await?;
        Ok::<_, MigrateError>(())
    };
    migrated.await.map_err(|error| open_error("migrate", name, &error))
}

/// Connects, and retries while the file is busy: SQLite does not wait for the lock that turning WAL on needs.
async fn connect(pool: &SqlitePool) -> Result<PoolConnection<Sqlite>, sqlx::Error> {
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        match pool.acquire().await {
            Err(error) if is_busy(&error) && Instant::now() < deadline => sleep(BUSY_PAUSE).await,
            result => return result,
        }
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == SQLITE_BUSY)
}

fn open_error(act: &'static str, database: &str, cause: &dyn std::error::Error) -> RegistryError {
    RegistryError::Open { act, database: database.to_owned(), cause: cause.to_string() }
}
