//! Declared apps.

use std::sync::Arc;

use clairon_registry::{App, Declared, Registry, RegistryError, WEBHOOKS, Webhook};

use super::{app, credential, ids, keys, webhook};
use crate::support::Database;

/// Declares one app.
pub(super) async fn declare(registry: &Arc<dyn Registry>, app: &App) -> Result<Declared, RegistryError> {
    registry.declare(std::slice::from_ref(app)).await.map(|outcomes| outcomes[0])
}

pub(super) async fn a_declaration_has_three_outcomes(database: &impl Database) {
    let registry = database.open().await;
    assert_eq!(declare(&registry, &app("a")).await.unwrap(), Declared::Created);
    let created = registry.revision().await.unwrap();
    assert_eq!(declare(&registry, &app("a")).await.unwrap(), Declared::Unchanged);
    assert_eq!(registry.revision().await.unwrap(), created);

    let changed = App { credentials: credential("new-key", "s").into(), enabled: false, ..app("a") };
    assert_eq!(declare(&registry, &changed).await.unwrap(), Declared::Updated);
    assert!(registry.revision().await.unwrap() > created);
    assert_eq!(registry.list().await.unwrap(), [changed]);
}

pub(super) async fn many_apps_are_declared_or_none(database: &impl Database) {
    let registry = database.open().await;
    registry.declare(&[app("a"), app("b")]).await.unwrap();
    let revision = registry.revision().await.unwrap();
    let invalid = App { name: "n".repeat(256), ..app("d") };
    let same_key = App { credentials: app("c").credentials, ..app("d") };
    for (last, problem) in [
        (invalid, "cannot declare the app d: name has 256 bytes"),
        (same_key, r#"cannot declare the app d: the key key-of-c belongs to the app "c""#),
    ] {
        let error = registry.declare(&[app("c"), last]).await.unwrap_err().to_string();
        assert!(error.starts_with(problem), "{error}");
    }
    assert_eq!(ids(&registry).await, ["a", "b"]);
    assert_eq!(registry.revision().await.unwrap(), revision);
    let renamed = App { name: "new".into(), ..app("b") };
    let outcomes = registry.declare(&[app("a"), renamed, app("c")]).await.unwrap();
    assert_eq!(outcomes, [Declared::Unchanged, Declared::Updated, Declared::Created]);
    assert_eq!(ids(&registry).await, ["a", "b", "c"]);
    assert_eq!(registry.declare(&[]).await.unwrap(), []);
}

pub(super) async fn a_declaration_keeps_rotated_keys(database: &impl Database) {
    let registry = database.open().await;
    declare(&registry, &app("a")).await.unwrap();
    registry.rotate(&app("a").id, &credential("rotated", "s")).await.unwrap();
    assert_eq!(declare(&registry, &app("a")).await.unwrap(), Declared::Unchanged);
    let renamed = App { name: "new".into(), ..app("a") };
    assert_eq!(declare(&registry, &renamed).await.unwrap(), Declared::Updated);
    assert_eq!(keys(&registry.list().await.unwrap()[0]), ["rotated", "key-of-a"]);
    let to_rotated = App { credentials: credential("rotated", "s").into(), ..renamed };
    assert_eq!(declare(&registry, &to_rotated).await.unwrap(), Declared::Unchanged);

    let other_secret = App { credentials: credential("key-of-a", "other").into(), ..to_rotated };
    assert_eq!(declare(&registry, &other_secret).await.unwrap(), Declared::Updated);
    assert_eq!(registry.list().await.unwrap(), [other_secret]);
}

pub(super) async fn a_declaration_keeps_other_endpoints(database: &impl Database) {
    let registry = database.open().await;
    let declared = |url| Webhook { declared: true, ..webhook(url) };
    let (old, new, other) = (declared("http://old.test"), declared("http://new.test"), webhook("http://other.test"));
    let with = |webhooks: &[&Webhook]| App { webhooks: webhooks.iter().copied().cloned().collect(), ..app("a") };
    declare(&registry, &with(&[&old])).await.unwrap();
    registry.update(&app("a").id, &|app| app.webhooks.add(other.clone())).await.unwrap();
    assert_eq!(declare(&registry, &with(&[&old])).await.unwrap(), Declared::Unchanged);
    assert_eq!(declare(&registry, &with(&[&new])).await.unwrap(), Declared::Updated);
    assert_eq!(registry.list().await.unwrap(), [with(&[&new, &other])]);
    let many: Vec<_> = (0..WEBHOOKS).map(|_| declared("http://many.test")).collect();
    let error = declare(&registry, &with(&many.iter().collect::<Vec<_>>())).await.unwrap_err().to_string();
    assert_eq!(error, "cannot declare the app a: webhooks has 21 entries, allowed are 0 to 20");
}
