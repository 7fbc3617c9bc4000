//! Postgres, for more than one node.

use std::{
    fmt::Display,
    sync::{Arc, LazyLock},
    time::Duration,
};

use sqlx::{
    Connection, Executor, PgConnection, Postgres,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::timeout;

use crate::{
    deadlock::Repeating,
    dialect::{self, Dialect},
    engine::Engine,
    error::RegistryError,
    migrations::{self, migrator},
    sql::SqlRegistry,
    statistics::statements,
};

/// The timeout for the first connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The time that a query waits for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// The transaction of a process that is suspended (SIGSTOP, a paused machine) ends after this time, because all other
/// nodes wait for its lock.
const SESSION: &str = "SET idle_in_transaction_session_timeout = '10s'";
/// Every statement must see what the previous writer committed, so the isolation level does not depend on the server's
/// default.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// The SQL of Postgres.
static DIALECT: Dialect = Dialect {
    begin: BEGIN,
    next_revision: None,
    statistics: statements! {
        time: "to_timestamp($2) AT TIME ZONE 'UTC'",
        limit: "to_timestamp($1) AT TIME ZONE 'UTC'",
        zero: "to_timestamp(0) AT TIME ZONE 'UTC'",
        seconds: "CAST(EXTRACT(EPOCH FROM created_at) AS BIGINT)"
    },

    now: "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    lock_webhooks: "SELECT last_id, CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) \
         FROM webhook_sequence FOR UPDATE",
    begin_webhooks: None,
    end_webhooks: None,
    updates_return: true,

    upsert: LazyLock::new(dialect::upsert),
    upsert_announced: LazyLock::new(dialect::upsert_announced),
};

impl Engine for Postgres {
    const NUMBERS_VALUES: bool = true;
    const PREPARES_TRANSACTIONS: bool = false;

    fn dialect() -> &'static Dialect {
        &DIALECT
    }

    fn rows_affected(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
    }
}

/// Connects and migrates.
pub(crate) async fn open(options: PgConnectOptions, max_connections: u32) -> Result<Repeating, RegistryError> {
    let name = display_name(&options);
    let fail = |act, cause: &dyn Display| RegistryError::Open { act, database: name.clone(), cause: cause.to_string() };

    // Not from the pool, which would retry until its timeout and hide the reason of the failure.
    let mut connection = timeout(CONNECT_TIMEOUT, PgConnection::connect_with(&options))
        .await
        .map_err(|_| fail("connect to", &format_args!("no answer within {} seconds", CONNECT_TIMEOUT.as_secs())))?
        .map_err(|error| fail("connect to", &error))?;
    // The migrator holds an advisory lock, for which nodes that start at the same time wait. Not `run`: it borrows a
    // connection, which makes its future impossible to move between threads.
    let migrated = migrator(migrations::POSTGRES).run_direct(None, &mut connection, false).await;
    migrated.map_err(|error| fail("migrate", &error))?;
    connection.close().await?;

    let pool = PgPoolOptions::new()
        .max_connections(max_connections.max(1))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| Box::pin(async move { connection.execute(SESSION).await.map(drop) }))
        .connect_lazy_with(options);
    Ok(Repeating(SqlRegistry::at_server(name, Arc::new(pool))))
}

/// The location of the database, without user and password.
fn display_name(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or_default();
    match options.get_socket() {
        Some(socket) => format!("postgres://{}/{database}", socket.display()),
        None => format!("postgres://{}:{}/{database}", options.get_host(), options.get_port()),
    }
}
