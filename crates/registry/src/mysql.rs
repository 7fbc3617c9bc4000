//! MySQL and MariaDB, for one node or many.

mod dialect;
mod migrations;

use std::{fmt::Display, sync::Arc, time::Duration};

use sqlx::{
    Connection, MySqlConnection,
    mysql::{MySqlConnectOptions, MySqlPoolOptions},
};
use tokio::time::timeout;

use crate::{deadlock::Repeating, error::RegistryError, sql::SqlRegistry};

/// The timeout for the first connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The time that a query waits for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// The time after which an unused connection is closed, before the server does it after `wait_timeout`.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// The statements at the start of every connection, so that the meaning of SQL does not depend on the server's
/// defaults.
///
/// With READ COMMITTED, every statement sees what the previous writer committed. A cancelled write that waits for a
/// lock ends after `innodb_lock_wait_timeout` seconds. The transaction of a suspended process (SIGSTOP, a paused
/// machine) ends after 10 s on MariaDB and 60 s on MySQL, because all other nodes wait for its lock.
const SESSION: &str = "SET SESSION sql_mode = 'ANSI_QUOTES,NO_ENGINE_SUBSTITUTION,STRICT_ALL_TABLES', \
     autocommit = 1, innodb_lock_wait_timeout = 10, wait_timeout = 60 /*M!100300 , idle_transaction_timeout = 10 */; \
     SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// Connects and migrates.
pub(crate) async fn open(options: MySqlConnectOptions, max_connections: u32) -> Result<Repeating, RegistryError> {
    migrate(options, max_connections).await.map(|(registry, _)| registry)
}

/// Does the same for a server. It logs if changes that people make in SQL will go unnoticed.
pub(crate) async fn open_for_server(
    options: MySqlConnectOptions,
    max_connections: u32,
) -> Result<Repeating, RegistryError> {
    let (registry, no_triggers) = migrate(options, max_connections).await?;
    if let Some(error) = no_triggers {
        tracing::info!(
            database = registry.0.name,
            %error,
            "the database user may not create triggers: after a change of an app that you type in SQL, also run \
             UPDATE registry_revision SET revision = revision + 1"
        );
    }
    Ok(registry)
}

/// Connects and migrates. If there are no triggers, it also returns the reason.
async fn migrate(
    options: MySqlConnectOptions,
    max_connections: u32,
) -> Result<(Repeating, Option<sqlx::Error>), RegistryError> {
    let name = display_name(&options);
    let fail = |act, cause: &dyn Display| RegistryError::Open { act, database: name.clone(), cause: cause.to_string() };
    // `SESSION` sets the SQL mode. The server's time zone is kept, because Laravel's tables depend on it.
    let options = options.pipes_as_concat(false).no_engine_substitution(false).timezone(None);

    // Not from the pool, which would retry until its timeout and hide the reason of the failure.
    let mut connection = timeout(CONNECT_TIMEOUT, connect(&options))
        .await
        .map_err(|_| fail("connect to", &format_args!("no answer within {} seconds", CONNECT_TIMEOUT.as_secs())))?
        .map_err(|error| fail("connect to", &explain(&error)))?;
    let no_triggers = migrations::run(&mut connection).await.map_err(|error| fail("migrate", &error))?;
    // The tables exist now, so an error is ignored: the server may close the connection before the TLS shutdown.
    let _ = connection.close().await;

    let pool = MySqlPoolOptions::new()
        .max_connections(max_connections.max(1))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(IDLE_TIMEOUT)
        .after_connect(|connection, _| Box::pin(begin_session(connection)))
        .connect_lazy_with(options);
    Ok((Repeating(SqlRegistry::at_server(name, Arc::new(pool))), no_triggers))
}

async fn connect(options: &MySqlConnectOptions) -> Result<MySqlConnection, sqlx::Error> {
    let mut connection = MySqlConnection::connect_with(options).await?;
    begin_session(&mut connection).await?;
    Ok(connection)
}

async fn begin_session(connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(SESSION).execute(connection).await.map(drop)
}

/// The reason why there is no connection.
///
/// The driver is built without RSA, which would encrypt a password without TLS, because the `rsa` crate has an open
/// advisory (RUSTSEC-2023-0071). The driver's message names a feature of its build, so it is replaced.
fn explain(error: &sqlx::Error) -> String {
    let text = error.to_string();
    if matches!(error, sqlx::Error::Configuration(_)) && text.contains("mysql-rsa") {
        "the server takes this user's password only over TLS (caching_sha2_password or sha256_password), and the \
         connection has none: turn TLS on in the server, and let the URL not have ssl-mode=DISABLED"
            .to_owned()
    } else {
        text
    }
}

/// The location of the database, without user and password.
fn display_name(options: &MySqlConnectOptions) -> String {
    let database = options.get_database().unwrap_or_default();
    match options.get_socket() {
        Some(socket) => format!("mysql://{}/{database}", socket.display()),
        None => format!("mysql://{}:{}/{database}", options.get_host(), options.get_port()),
    }
}
