//! Deadlocks of a write with statements of another session.

use clairon_protocol::AppId;
use clairon_registry::{App, open};
use clairon_test_servers::Postgres;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::support::eventually;

/// A connection that runs these statements.
async fn session(url: &str, statements: &str) -> PgConnection {
    let mut connection = PgConnection::connect(url).await.unwrap();
    run(&mut connection, statements).await;
    connection
}

async fn run(connection: &mut PgConnection, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await.unwrap();
}

/// Waits until this many sessions wait for a lock.
async fn wait_for_waiters(url: &str, count: i64) {
    let mut watcher = session(url, "").await;
    let waiters =
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let has_them = async || sqlx::query_scalar::<_, i64>(waiters).fetch_one(&mut watcher).await.unwrap() == count;
    eventually("a session waits for a lock", has_them).await;
}

/// Postgres checks for a deadlock once in each wait, so the write has to be the last to wait. A gate before its
/// statement holds it until the other session waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_loses_in_a_deadlock_is_done_again() {
    let server = Postgres::shared();
    let database = server.create_database();
    let url = server.url(&database);
    let app = App { id: AppId::parse("a").unwrap(), ..App::random() };
    open(&url, 1).await.unwrap().create(&app).await.unwrap();
    let setup = format!(
        "CREATE FUNCTION gate() RETURNS TRIGGER LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NULL; END $$; \
         CREATE TRIGGER gate BEFORE UPDATE ON apps FOR EACH STATEMENT EXECUTE FUNCTION gate(); \
         ALTER DATABASE {database} SET deadlock_timeout = '10ms'"
    );
    let mut gate = session(&url, &setup).await;
    run(&mut gate, "SELECT pg_advisory_lock(7)").await;
    let typed = "SET deadlock_timeout = '1h'; BEGIN; SELECT id FROM apps FOR UPDATE";
    let mut typed = session(&url, typed).await;

    let registry = open(&url, 1).await.unwrap();
    let write = tokio::spawn(async move { registry.update(&app.id, &|app| app.name += "+").await });
    wait_for_waiters(&url, 1).await;
    let typing = tokio::spawn(async move {
        run(&mut typed, "UPDATE registry_revision SET revision = revision + 1").await;
        run(&mut typed, "UPDATE apps SET name = 'typed'; COMMIT").await;
    });
    wait_for_waiters(&url, 2).await;
    run(&mut gate, "SELECT pg_advisory_unlock(7)").await;

    let update = write.await.unwrap().unwrap().unwrap();
    assert_eq!((update.before.name.as_str(), update.after.name.as_str()), ("typed", "typed+"));
    typing.await.unwrap();
}
