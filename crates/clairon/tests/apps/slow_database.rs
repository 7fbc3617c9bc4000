//! A database that takes seconds for an answer.

use clairon_test_servers::Postgres;
use clairon_tests::app::App;
use clairon_tests::server::Server;

/// A running server asks for changes every second, and gives up early. At its start it has more patience.
#[test]
fn a_server_starts_on_a_slow_database() {
    let postgres = Postgres::shared();
    let database = postgres.create_database();
    let start = || Server::builder().app(App::new("slow")).database(postgres.url(&database)).start();
    assert!(start().terminate().success());
    let slow = "ALTER TABLE registry_revision RENAME TO revisions; \
                CREATE VIEW registry_revision AS SELECT * FROM revisions WHERE pg_sleep(2) IS NOT NULL";
    postgres.execute(&database, slow);
    drop(start());
}
