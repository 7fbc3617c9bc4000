//! Rows that a person has edited to invalid values.

use std::sync::Arc;

use clairon_registry::{Declared, Registry, RegistryError};

use super::{app, declare, ids};
use crate::support::Durable;

pub(super) async fn a_bad_row_harms_no_other(database: &impl Durable) {
    let long_name = format!("apps SET name = '{}'", "n".repeat(256));
    let edits = [
        (
            "app_keys SET \"key\" = 'a b'",
            "key: an app key has 1 to 64 characters of A-Z a-z 0-9 _ - . (this one has 3 bytes)",
        ),
        (
            "app_keys SET secret = 'a\tb'",
            "secret: a secret has 1 to 256 bytes and no control characters (this one has 3 bytes)",
        ),
        ("apps SET allowed_origins = '[1]'", "allowed_origins (3 bytes) is not a JSON array of strings: invalid type"),
        (
            "apps SET allowed_origins = '[\"\"]'",
            "entry 1 of allowed_origins can never match: it has 0 characters, allowed are 1 to 255",
        ),
        ("apps SET webhooks = '[hunter2]'", "webhooks (9 bytes) is no JSON array of endpoints"),
        (&long_name, "name has 256 bytes, allowed are 0 to 255"),
        ("apps SET event_data_bytes = 10485761", "event_data_bytes is 10485761, allowed are 1 to 10485760"),
        ("app_keys SET created_at = 9223372036854775807", "created_at: "),
        ("apps SET capacity = 4294967296", "capacity is 4294967296, allowed are 0 to 4294967295"),
    ];
    let registry = database.open().await;
    registry.create(&app("good")).await.unwrap();
    for (edit, problem) in edits {
        registry.create(&app("bad")).await.unwrap();
        let id = if edit.starts_with("apps") { "id" } else { "app_id" };
        database.execute(&format!("UPDATE {edit} WHERE {id} = 'bad'")).await.unwrap();
        assert_bad(&registry, problem).await;
        assert_eq!(declare(&registry, &app("bad")).await.unwrap(), Declared::Updated, "{edit}");
        assert_eq!(registry.find(&app("bad").id).await.unwrap(), Some(app("bad")), "{edit}");
        assert!(registry.delete(&app("bad").id).await.unwrap());
    }
}

/// Asserts that the app `bad` is reported with `problem` and keeps its id, and that the app `good` is unaffected.
async fn assert_bad(registry: &Arc<dyn Registry>, problem: &str) {
    let error = registry.find(&app("bad").id).await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("the row of bad cannot be used: {problem}")), "{error}");
    assert!(matches!(registry.create(&app("bad")).await, Err(RegistryError::IdTaken { .. })));
    assert_eq!(ids(registry).await, ["good"]);
}

pub(super) async fn a_row_of_another_type_or_id_harms_no_other(database: &impl Durable) {
    let registry = database.open().await;
    registry.create(&app("good")).await.unwrap();
    registry.create(&app("bad")).await.unwrap();
    database.execute("DELETE FROM app_keys WHERE app_id = 'bad'").await.unwrap();
    assert_bad(&registry, "it has no key").await;
    assert_eq!(declare(&registry, &app("bad")).await.unwrap(), Declared::Updated);
    for statement in database.spoil_name_of_bad() {
        database.execute(statement).await.unwrap();
    }
    assert_bad(&registry, "name: ").await;
    database.execute("UPDATE apps SET id = 'a/b' WHERE id = 'bad'").await.unwrap();
    assert_eq!(ids(&registry).await, ["good"]);
    assert!(!registry.create_first(&app("first")).await.unwrap());
}
