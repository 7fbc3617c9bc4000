//! Statements typed by a person that deadlock with a write.

use clairon_registry::open;
use clairon_test_servers::MariaDb;
use sqlx::{Connection, MySqlConnection};

use super::app;
use crate::support::{eventually, turn_to_read_transactions};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_loses_in_a_deadlock_is_done_again() {
    let server = MariaDb::shared();
    let database = server.create_database();
    let url = server.url(&database);
    let registry = open(&url, 1).await.unwrap();
    registry.create(&app("a")).await.unwrap();

    let mut typed = MySqlConnection::connect(&url).await.unwrap();
    // Many rows: the database rolls back the transaction with the fewest changes.
    let rows = "INSERT INTO websockets_statistics_entries (app_id, peak_connection_count, websocket_message_count, \
                api_message_count) SELECT 'b', 1, 1, 1 FROM information_schema.columns LIMIT 100";
    for statement in ["START TRANSACTION", rows, "SELECT id FROM apps FOR UPDATE"] {
        sqlx::raw_sql(statement).execute(&mut typed).await.unwrap();
    }
    let write = tokio::spawn({
        let registry = registry.clone();
        async move { registry.update(&app("a").id, &|app| app.name += "+").await }
    });
    let waiting = "SELECT COUNT(*) FROM information_schema.innodb_trx JOIN information_schema.processlist \
                   ON trx_mysql_thread_id = processlist.id WHERE trx_state = 'LOCK WAIT' AND db = ";
    let is_waiting = async || {
        let _turn = turn_to_read_transactions().await;
        server.select(&format!("{waiting}'{database}'")) == "1\n"
    };
    eventually("the write waits for the app", is_waiting).await;
    sqlx::raw_sql("UPDATE apps SET name = 'typed'; UPDATE registry_revision SET revision = revision + 1; COMMIT")
        .execute(&mut typed)
        .await
        .unwrap();
    let update = write.await.unwrap().unwrap().unwrap();
    assert_eq!((update.before.name.as_str(), update.after.name.as_str()), ("typed", "typed+"));
}
