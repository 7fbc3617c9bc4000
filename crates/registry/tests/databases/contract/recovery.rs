//! What outlives a server for recovery.

use std::sync::Arc;

use clairon_registry::{App, Registry};
use tokio::task::JoinSet;

use super::{app, declare};
use crate::support::Database;

pub(crate) async fn the_key_of_tokens_stays(database: &impl Database) {
    let registry = database.open().await;
    let mut asking = JoinSet::new();
    for _ in 0..4 {
        let registry: Arc<dyn Registry> = registry.clone();
        asking.spawn(async move { registry.recovery_key().await.unwrap() });
    }
    let keys = asking.join_all().await;
    let key = registry.recovery_key().await.unwrap();
    assert!(keys.iter().all(|other| *other == key));
    assert!(!format!("{key:?}").chars().any(|char| char.is_ascii_digit()), "it is not shown");
}

pub(crate) async fn a_life_of_logs_begins_with_each_switch_to_recovery(database: &impl Database) {
    let registry = database.open().await;
    let life = async || registry.list().await.unwrap()[0].recovery_life;
    let declared = |recovery| App { recovery, ..app("a") };
    let switch = async |is_on| registry.update(&app("a").id, &|app| app.recovery = is_on).await.unwrap();
    declare(&registry, &declared(false)).await.unwrap();
    assert_eq!(life().await, 0, "it was never on");
    declare(&registry, &declared(true)).await.unwrap();
    let first = life().await;
    assert!(first > 0);
    registry.update(&app("a").id, &|app| app.name += "+").await.unwrap();
    assert_eq!(life().await, first);
    // A declaration at a start switches it too, and one that changes nothing keeps the life.
    switch(false).await;
    declare(&registry, &declared(true)).await.unwrap();
    declare(&registry, &declared(true)).await.unwrap();
    let second = life().await;
    assert!(second > first);
    assert_eq!(registry.find(&app("a").id).await.unwrap().map(|app| app.log_room().life), Some(second));

    // An app that is created with the id of a deleted one cannot have its logs.
    let mut last = second;
    for is_declared in [true, false, true] {
        assert!(registry.delete(&app("a").id).await.unwrap());
        if is_declared {
            declare(&registry, &declared(true)).await.unwrap();
        } else {
            registry.create(&declared(true)).await.unwrap();
        }
        assert!(life().await > last, "declared: {is_declared}");
        last = life().await;
    }
    assert!(registry.delete(&app("a").id).await.unwrap());
    assert!(registry.create_first(&declared(true)).await.unwrap());
    assert!(life().await > last);
    last = life().await;
    assert!(registry.delete(&app("a").id).await.unwrap());
    registry.create(&declared(false)).await.unwrap();
    switch(true).await;
    assert!(life().await > last);
}

pub(crate) async fn saved_logs_are_taken_once(database: &impl Database) {
    let registry = database.open().await;
    assert_eq!(registry.take_logs("first").await.unwrap(), "");
    assert!(registry.save_logs("first", &["older".to_owned()]).await.unwrap());
    let large = "é\\u0000\"'".repeat(60_000);
    assert!(registry.save_logs("first", &["{\"a\":".to_owned(), large.clone(), "}\n".to_owned()]).await.unwrap());
    assert_eq!(registry.take_logs("second").await.unwrap(), format!("{{\"a\":{large}}}\n"));
    assert_eq!(registry.take_logs("second").await.unwrap(), "");
}

pub(crate) async fn only_the_server_that_started_last_saves_its_logs(database: &impl Database) {
    let registry = database.open().await;
    let logs = |server: &str| [format!("logs of {server}")];
    assert!(!registry.save_logs("none", &logs("none")).await.unwrap());
    registry.take_logs("first").await.unwrap();
    registry.take_logs("second").await.unwrap();
    assert!(!registry.save_logs("first", &logs("first")).await.unwrap());
    assert!(registry.save_logs("second", &logs("second")).await.unwrap());
    assert!(!registry.save_logs("first", &logs("first")).await.unwrap());
    assert_eq!(registry.take_logs("third").await.unwrap(), "logs of second");
}
