//! A database that goes away and comes back.

use clairon_registry::open;
use clairon_test_servers::MariaDb;

use super::app;

#[tokio::test]
async fn a_database_that_is_back_is_used_again() {
    let mut server = MariaDb::start();
    let database = server.create_database();
    let registry = open(&server.url(&database), 4).await.unwrap();
    registry.create(&app("a")).await.unwrap();
    server.kill();
    assert!(registry.revision().await.is_err());
    assert!(registry.create(&app("b")).await.is_err());
    server.run();
    registry.create(&app("b")).await.unwrap();
    let ids: Vec<_> = registry.list().await.unwrap().iter().map(|app| app.id.to_string()).collect();
    assert_eq!(ids, ["a", "b"]);
}
