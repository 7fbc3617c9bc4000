//! Fresh databases of each engine.

use std::{sync::Arc, time::Duration};

use clairon_registry::{Registry, open};
use clairon_test_servers::{DEADLINE, MariaDb};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection, SqliteConnection};
use tempfile::TempDir;
use tokio::{
    sync::{Mutex, MutexGuard},
    time::{sleep, timeout},
};

/// Waits until a condition holds. It is checked every 10 ms.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !holds().await {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(DEADLINE, wait).await.unwrap_or_else(|_| panic!("not within {DEADLINE:?}: {what}"));
}

/// MariaDB shows a copy of its transactions, which it renews only if nobody has read it for 100 ms. So the tests that
/// share a server read it one after the other. Returns when the next read gets a new copy.
pub(crate) async fn turn_to_read_transactions() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    let turn = TURN.lock().await;
    sleep(Duration::from_millis(150)).await;
    turn
}

/// A database that was never opened before.
pub(crate) trait Database: Sized {
    async fn start() -> Self;

    /// A handle to it.
    async fn open(&self) -> Arc<dyn Registry>;
}

/// A database that several handles can open.
pub(crate) trait Durable: Database {
    fn url(&self) -> String;

    /// Runs a statement directly, not through the registry.
    async fn execute(&self, statement: &str) -> Result<(), sqlx::Error>;

    /// Statements that put a value that is not text into the name of the app `bad`.
    fn spoil_name_of_bad(&self) -> &'static [&'static str];

    /// Statements after which the database ends each transaction that writes a key, like in a fault.
    fn fail_when_a_key_is_written(&self) -> &'static [&'static str];

    /// The statement that ends this.
    fn write_keys_again(&self) -> &'static str;

    /// The statement that Laravel generates from the migration of `laravel-websockets`.
    fn table_of_laravel_websockets(&self) -> &'static str;
}

/// A database in a server process.
pub(crate) trait Server: Durable {
    /// The processes that serve the database's connections, without the one that runs this query.
    async fn backends(&self) -> Vec<i64>;

    /// The number of transactions that have written and wait for their client.
    async fn idle_writers(&self) -> i64;
}

pub(crate) struct Memory(Arc<dyn Registry>);

impl Database for Memory {
    async fn start() -> Self {
        Self(open("sqlite::memory:", 4).await.unwrap())
    }

    async fn open(&self) -> Arc<dyn Registry> {
        Arc::clone(&self.0)
    }
}

pub(crate) struct SqliteFile(TempDir);

impl Database for SqliteFile {
    async fn start() -> Self {
        Self(TempDir::new().unwrap())
    }

    async fn open(&self) -> Arc<dyn Registry> {
        open(&self.url(), 4).await.unwrap()
    }
}

impl Durable for SqliteFile {
    fn url(&self) -> String {
        format!("sqlite://{}", self.0.path().join("apps.db").display())
    }

    async fn execute(&self, statement: &str) -> Result<(), sqlx::Error> {
        let mut connection = SqliteConnection::connect(&self.url()).await?;
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
        connection.close().await
    }

    fn spoil_name_of_bad(&self) -> &'static [&'static str] {
        &["UPDATE apps SET name = CAST(x'ff' AS TEXT) WHERE id = 'bad'"]
    }

    fn fail_when_a_key_is_written(&self) -> &'static [&'static str] {
        &["CREATE TRIGGER fault AFTER INSERT ON app_keys BEGIN SELECT RAISE(ROLLBACK, 'a fault'); END"]
    }

    fn write_keys_again(&self) -> &'static str {
        "DROP TRIGGER fault"
    }

    fn table_of_laravel_websockets(&self) -> &'static str {
        r#"CREATE TABLE "websockets_statistics_entries" ("id" integer primary key autoincrement not null,
        "app_id" varchar not null, "peak_connection_count" integer not null, "websocket_message_count" integer not null,
        "api_message_count" integer not null, "created_at" datetime, "updated_at" datetime)"#
    }
}

pub(crate) struct Postgres {
    server: Arc<clairon_test_servers::Postgres>,
    database: String,
}

impl Database for Postgres {
    async fn start() -> Self {
        let server = clairon_test_servers::Postgres::shared();
        let database = server.create_database();
        Self { server, database }
    }

    async fn open(&self) -> Arc<dyn Registry> {
        open(&self.url(), 4).await.unwrap()
    }
}

impl Server for Postgres {
    async fn backends(&self) -> Vec<i64> {
        let mut connection = PgConnection::connect(&self.url()).await.unwrap();
        let backends = sqlx::query_scalar(
            "SELECT CAST(pid AS BIGINT) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        let backends = backends.fetch_all(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        backends
    }

    async fn idle_writers(&self) -> i64 {
        let mut connection = PgConnection::connect(&self.url()).await.unwrap();
        let writers = sqlx::query_scalar(
            "SELECT COUNT(*) FROM pg_stat_activity \
             WHERE datname = current_database() AND backend_xid IS NOT NULL AND state = 'idle in transaction'",
        );
        let writers = writers.fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        writers
    }
}

impl Durable for Postgres {
    fn url(&self) -> String {
        self.server.url(&self.database)
    }

    async fn execute(&self, statement: &str) -> Result<(), sqlx::Error> {
        let mut connection = PgConnection::connect(&self.url()).await?;
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
        connection.close().await
    }

    fn spoil_name_of_bad(&self) -> &'static [&'static str] {
        &["ALTER TABLE apps ALTER COLUMN name DROP NOT NULL", "UPDATE apps SET name = NULL WHERE id = 'bad'"]
    }

    fn fail_when_a_key_is_written(&self) -> &'static [&'static str] {
        &[
            "CREATE FUNCTION fault() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN RAISE 'a fault'; END $$",
            "CREATE TRIGGER fault AFTER INSERT ON app_keys FOR EACH ROW EXECUTE FUNCTION fault()",
        ]
    }

    fn write_keys_again(&self) -> &'static str {
        "DROP TRIGGER fault ON app_keys"
    }

    fn table_of_laravel_websockets(&self) -> &'static str {
        r#"CREATE TABLE "websockets_statistics_entries" ("id" serial not null primary key, "app_id" varchar(255) not null,
        "peak_connection_count" integer not null, "websocket_message_count" integer not null,
        "api_message_count" integer not null, "created_at" timestamp(0) without time zone null,
        "updated_at" timestamp(0) without time zone null)"#
    }
}

pub(crate) struct MySql {
    server: Arc<MariaDb>,
    database: String,
}

impl Database for MySql {
    async fn start() -> Self {
        let server = MariaDb::shared();
        let database = server.create_database();
        Self { server, database }
    }

    async fn open(&self) -> Arc<dyn Registry> {
        open(&self.url(), 4).await.unwrap()
    }
}

impl Durable for MySql {
    fn url(&self) -> String {
        self.server.url(&self.database)
    }

    async fn execute(&self, statement: &str) -> Result<(), sqlx::Error> {
        let mut connection = MySqlConnection::connect(&self.url()).await?;
        let quotes = "SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')";
        sqlx::raw_sql(AssertSqlSafe(format!("{quotes}; {statement}"))).execute(&mut connection).await?;
        connection.close().await
    }

    fn spoil_name_of_bad(&self) -> &'static [&'static str] {
        &["ALTER TABLE apps MODIFY name TEXT NULL", "UPDATE apps SET name = NULL WHERE id = 'bad'"]
    }

    fn fail_when_a_key_is_written(&self) -> &'static [&'static str] {
        &["CREATE TRIGGER fault AFTER INSERT ON app_keys FOR EACH ROW SIGNAL SQLSTATE '45000'"]
    }

    fn write_keys_again(&self) -> &'static str {
        "DROP TRIGGER fault"
    }

    fn table_of_laravel_websockets(&self) -> &'static str {
        r#"CREATE TABLE "websockets_statistics_entries" ("id" int unsigned not null auto_increment primary key,
        "app_id" varchar(255) not null, "peak_connection_count" int not null, "websocket_message_count" int not null,
        "api_message_count" int not null, "created_at" timestamp null, "updated_at" timestamp null)
        default character set utf8mb4 collate 'utf8mb4_unicode_ci'"#
    }
}

impl Server for MySql {
    async fn backends(&self) -> Vec<i64> {
        let mut connection = MySqlConnection::connect(&self.url()).await.unwrap();
        let backends = sqlx::query_scalar(
            "SELECT CAST(id AS SIGNED) FROM information_schema.processlist \
             WHERE db = DATABASE() AND id <> CONNECTION_ID()",
        );
        let backends = backends.fetch_all(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        backends
    }

    async fn idle_writers(&self) -> i64 {
        let _turn = turn_to_read_transactions().await;
        let mut connection = MySqlConnection::connect(&self.url()).await.unwrap();
        let writers = sqlx::query_scalar(
            "SELECT COUNT(*) FROM information_schema.innodb_trx JOIN information_schema.processlist \
             ON id = trx_mysql_thread_id WHERE db = DATABASE() AND command = 'Sleep' AND trx_rows_locked > 0",
        );
        let writers = writers.fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        writers
    }
}
