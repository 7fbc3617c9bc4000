//! The tables: created again after an interrupted migration, beside foreign tables, and without the privilege for
//! triggers.

use clairon_registry::open;
use clairon_test_servers::MariaDb;

use super::{Production, app, error};

#[tokio::test]
async fn a_migration_that_ended_in_the_middle_is_finished() {
    let server = MariaDb::shared();
    let database = server.create_database();
    let url = server.url(&database);
    open(&url, 1).await.unwrap().create(&app("a")).await.unwrap();
    // The state before the first migration has created its second table.
    server.execute(&format!(
        "USE {database}; DROP TABLE app_keys, registry_revision; DROP TRIGGER apps_deleted; \
         UPDATE _sqlx_migrations SET success = FALSE WHERE version = 1; DELETE FROM _sqlx_migrations WHERE version = 2"
    ));
    let registry = open(&url, 1).await.unwrap();
    registry.create(&app("b")).await.unwrap();
    assert_eq!(registry.find(&app("b").id).await.unwrap().unwrap().id, app("b").id);
    let revision = registry.revision().await.unwrap();
    server.execute(&format!("USE {database}; DELETE FROM apps"));
    assert!(registry.revision().await.unwrap() > revision);
}

#[tokio::test]
async fn the_table_of_another_program_is_left_alone() {
    let server = MariaDb::shared();
    let database = server.create_database();
    server.execute(&format!("USE {database}; CREATE TABLE apps (id INT); INSERT INTO apps VALUES (7)"));
    let expected = "it has a table apps that is not Clairon's: create a database for Clairon alone, and name that one in \
                    the URL";
    for _ in 0..2 {
        let error = error(&server.url(&database)).await;
        assert!(error.starts_with("cannot migrate mysql://") && error.ends_with(expected), "{error}");
    }
    assert_eq!(server.select(&format!("USE {database}; SHOW TABLES; SELECT id FROM apps")), "apps\n7\n");
}

/// The default of MySQL 8: with its binary log, an ordinary user cannot create a trigger.
#[tokio::test]
async fn without_triggers_the_changes_of_other_nodes_are_seen() {
    let production = Production::shared();
    let database = production.server.create_database();
    production.server.execute(&format!(
        "CREATE USER site@localhost IDENTIFIED BY 'word'; GRANT ALL ON {database}.* TO site@localhost"
    ));
    let url = production.server.url_as("site:word", &database);
    let (one, other) = (open(&url, 1).await.unwrap(), open(&url, 1).await.unwrap());
    let triggers = "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = ";
    assert_eq!(production.server.select(&format!("{triggers}'{database}'")), "0\n");

    let mut revision = one.revision().await.unwrap();
    let mut has_grown = async |one: &dyn clairon_registry::AppRegistry| {
        let before = std::mem::replace(&mut revision, one.revision().await.unwrap());
        revision > before
    };
    other.create(&app("a")).await.unwrap();
    assert!(has_grown(&*one).await);
    other.update(&app("a").id, &|app| app.enabled = false).await.unwrap();
    assert!(has_grown(&*one).await);
    other.update(&app("a").id, &|app| app.enabled = false).await.unwrap();
    other.record_statistics(&[]).await.unwrap();
    assert!(!has_grown(&*one).await);
    assert!(other.delete(&app("a").id).await.unwrap());
    assert!(has_grown(&*one).await);

    // Once it has the privilege, it creates the triggers.
    production.server.execute("GRANT SUPER ON *.* TO site@localhost");
    open(&url, 1).await.unwrap();
    assert_eq!(production.server.select(&format!("{triggers}'{database}'")), "6\n");
}
