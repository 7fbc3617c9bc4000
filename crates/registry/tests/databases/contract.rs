//! The contract of [`AppRegistry`](clairon_registry::AppRegistry), tested with every engine.

mod acme;
mod bad_rows;
mod declarations;
mod faults;
mod recovery;
mod statistics;
mod webhooks;

use std::sync::Arc;

use crate::support::{Database, Durable};
use acme::{
    an_account_is_kept_for_each_authority, certificates_and_failures_are_kept_by_authority, challenges_are_replaced,
    one_node_has_the_lease_of_certificates,
};
use bad_rows::{a_bad_row_harms_no_other, a_row_of_another_type_or_id_harms_no_other};
use clairon_protocol::{AppId, AppKey, LIMITS, Limit, Limits, Secret};
use clairon_registry::{
    AllowedOrigins, App, AppField, ChannelGlobs, Credential, Credentials, Declared, FieldValue, KEYS, KeyUse, Registry,
    RegistryError, Webhook, WebhookHeaders, WebhookKinds, WebhookState, WebhookUrl,
};
use declarations::{
    a_declaration_has_three_outcomes, a_declaration_keeps_other_endpoints, a_declaration_keeps_rotated_keys, declare,
    many_apps_are_declared_or_none,
};
use faults::{
    a_check_of_writes_is_a_write, a_connection_whose_write_failed_leaves_the_pool,
    a_suspended_write_does_not_stop_others, a_write_that_fails_midway_spoils_no_other,
    a_write_that_is_given_up_spoils_no_other,
};
use jiff::Timestamp;
use recovery::{
    a_life_of_logs_begins_with_each_switch_to_recovery, only_the_server_that_started_last_saves_its_logs,
    saved_logs_are_taken_once, the_key_of_tokens_stays,
};
use statistics::{
    statistics_are_forgotten, statistics_are_taken_together, statistics_of_nodes_add_up,
    the_latest_statistics_are_found, the_statistics_of_all_apps_are_summed, the_table_of_laravel_websockets_is_taken,
};
use tokio::task::JoinSet;
use webhooks::{
    a_lease_belongs_to_one_node, a_record_returns_its_events_unless_others_were_added,
    an_endpoint_keeps_its_newest_events, an_observation_makes_an_event_only_if_it_is_news,
    attempts_end_deliveries_and_are_logged, ended_deliveries_are_repeated, events_are_grouped_into_deliveries,
    events_are_put_into_the_order_of_their_places, events_wait_for_nodes_that_write_late, nodes_write_in_one_order,
    pending_events_are_read_in_their_order, what_is_announced_is_read_in_pages_and_forgotten, what_is_old_is_removed,
};

/// Defines a test of each case for each engine in its group.
macro_rules! contract {
    ($($group:ident [$($engine:ident $database:ident),+] $cases:tt)+) => {
        $(mod $group {
            $(contract!(@ $engine $database $cases);)+
        })+
    };
    (@ $engine:ident $database:ident { $($case:ident)+ }) => {
        mod $engine {
            use crate::{
                contract,
                support::{Database as _, $database},
            };
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let database = $database::start().await;
                contract::$case(&database).await;
            })+
        }
    };
}

contract! {
    every_database [sqlite_memory Memory, sqlite_file SqliteFile, postgres Postgres, mysql MySql] {
        an_app_is_created_found_listed_and_deleted ids_and_keys_are_unique a_declaration_has_three_outcomes
        many_apps_are_created_or_none many_apps_are_declared_or_none a_write_that_is_given_up_spoils_no_other
        every_field_comes_back an_update_is_one_step keys_are_added_and_retired a_declaration_keeps_rotated_keys
        a_declaration_keeps_other_endpoints uses_of_keys_are_recorded what_is_not_valid_is_not_written
        one_of_many_creates_the_first_app statistics_of_nodes_add_up statistics_are_taken_together
        statistics_are_forgotten the_latest_statistics_are_found the_statistics_of_all_apps_are_summed
        a_check_of_writes_is_a_write
        an_observation_makes_an_event_only_if_it_is_news what_is_announced_is_read_in_pages_and_forgotten
        pending_events_are_read_in_their_order nodes_write_in_one_order an_endpoint_keeps_its_newest_events
        events_are_put_into_the_order_of_their_places
        events_wait_for_nodes_that_write_late
        events_are_grouped_into_deliveries a_lease_belongs_to_one_node attempts_end_deliveries_and_are_logged
        ended_deliveries_are_repeated what_is_old_is_removed certificates_and_failures_are_kept_by_authority
        challenges_are_replaced one_node_has_the_lease_of_certificates an_account_is_kept_for_each_authority
        the_key_of_tokens_stays a_life_of_logs_begins_with_each_switch_to_recovery saved_logs_are_taken_once only_the_server_that_started_last_saves_its_logs
    }
    durable_database [sqlite_file SqliteFile, postgres Postgres, mysql MySql] {
        writes_of_another_handle_change_the_revision many_open_a_fresh_database_at_once
        apps_outlive_their_handle a_bad_row_harms_no_other a_row_of_another_type_or_id_harms_no_other
        the_schema_refuses_numbers_below_one statements_typed_by_hand_are_noticed
        the_table_of_laravel_websockets_is_taken a_write_that_fails_midway_spoils_no_other
        a_record_returns_its_events_unless_others_were_added
    }
    database_server [postgres Postgres, mysql MySql] {
        a_connection_whose_write_failed_leaves_the_pool a_suspended_write_does_not_stop_others
    }
}

fn app(id: &str) -> App {
    App::new(AppId::parse(id).unwrap(), credential(&format!("key-of-{id}"), &format!("secret of {id}")))
}

/// A credential with a known time of creation.
fn credential(key: &str, secret: &str) -> Credential {
    let created_at = Timestamp::from_second(1_800_000_000).unwrap();
    let (key, secret) = (AppKey::parse(key).unwrap(), Secret::parse(secret).unwrap());
    Credential { created_at, ..Credential::new(key, secret) }
}

fn keys(app: &App) -> Vec<&str> {
    app.credentials.iter().map(|credential| credential.key.as_str()).collect()
}

async fn ids(registry: &Arc<dyn Registry>) -> Vec<String> {
    registry.list().await.unwrap().iter().map(|app| app.id.to_string()).collect()
}

async fn an_app_is_created_found_listed_and_deleted(database: &impl Database) {
    let registry = database.open().await;
    assert!(registry.list().await.unwrap().is_empty());
    for id in ["b", "B", "10", "9", "a.b", "a"] {
        registry.create(&app(id)).await.unwrap();
    }
    assert_eq!(ids(&registry).await, ["10", "9", "B", "a", "a.b", "b"]);
    assert_eq!(registry.find(&app("b").id).await.unwrap(), Some(app("b")));

    let before = registry.revision().await.unwrap();
    assert!(registry.delete(&app("b").id).await.unwrap());
    assert_eq!(registry.find(&app("b").id).await.unwrap(), None);
    let after = registry.revision().await.unwrap();
    assert!(after > before);
    assert!(!registry.delete(&app("b").id).await.unwrap());
    assert_eq!(registry.revision().await.unwrap(), after);
    assert_eq!(ids(&registry).await, ["10", "9", "B", "a", "a.b"]);
}

async fn many_apps_are_created_or_none(database: &impl Database) {
    let registry = database.open().await;
    registry.create_all(&[app("a"), app("b")]).await.unwrap();
    let revision = registry.revision().await.unwrap();
    let same_key = App { credentials: app("c").credentials, ..app("d") };
    let invalid = App { name: "n".repeat(256), ..app("d") };
    for last in [app("a"), same_key, invalid] {
        assert!(registry.create_all(&[app("c"), last]).await.is_err());
    }
    assert_eq!(ids(&registry).await, ["a", "b"]);
    assert_eq!(registry.revision().await.unwrap(), revision);
}

async fn ids_and_keys_are_unique(database: &impl Database) {
    let registry = database.open().await;
    registry.create(&app("a")).await.unwrap();
    registry.create(&app("b")).await.unwrap();
    let revision = registry.revision().await.unwrap();

    let same_id = App { credentials: credential("other", "s").into(), ..app("a") };
    assert!(matches!(registry.create(&same_id).await, Err(RegistryError::IdTaken { id }) if id == app("a").id));
    let same_key = App { credentials: app("a").credentials, ..app("c") };
    assert!(matches!(registry.create(&same_key).await, Err(RegistryError::KeyTaken { owner, .. }) if owner == "a"));
    let key_of_a = App { credentials: app("a").credentials, ..app("b") };
    let error = declare(&registry, &key_of_a).await.unwrap_err();
    assert_eq!(error.to_string(), r#"cannot declare the app b: the key key-of-a belongs to the app "a""#);

    assert_eq!(ids(&registry).await, ["a", "b"]);
    assert_eq!(registry.revision().await.unwrap(), revision);
}

/// An endpoint in which every field differs from the default.
fn full_webhook() -> Webhook {
    Webhook {
        events: WebhookKinds::parse(&["member_added", "cache_miss"]).unwrap(),
        channels: ChannelGlobs::parse(&["presence-*"]).unwrap(),
        headers: WebhookHeaders::parse([("X-Shop", "'\"\\")]).unwrap(),
        secret: Some(Secret::parse("ünïcode ☃").unwrap()),
        state: WebhookState::disabled("it answered 410"),
        declared: true,
        ..webhook("https://user:password@Münch.example/ä?q")
    }
}

fn webhook(url: &str) -> Webhook {
    Webhook::new(WebhookUrl::parse(url).unwrap())
}

/// An app in which each field of the table differs from the default.
fn with_all_fields_changed(app: &App) -> App {
    let mut changed = app.clone();
    for (number, field) in (1..).zip(AppField::all()) {
        let value = match field {
            AppField::Name => FieldValue::Name("Ünïcode's \"shop\"".into()),
            AppField::AllowedOrigins => {
                FieldValue::AllowedOrigins(AllowedOrigins::parse(&["https://a.example", "*.Münch.example:*"]).unwrap())
            }
            AppField::Webhooks => FieldValue::Webhooks([full_webhook()].into_iter().collect()),
            AppField::Switch(switch) => FieldValue::Switch(switch, !switch.default),
            AppField::Limit(limit) if limit.min == 0 => FieldValue::Limit(limit, limit.max),
            AppField::Limit(limit) => FieldValue::Limit(limit, number),
        };
        value.give_to(&mut changed);
    }
    changed
}

async fn every_field_comes_back(database: &impl Database) {
    let registry = database.open().await;
    let last_used_at = Some(Timestamp::from_second(1_900_000_000).unwrap());
    let credentials = Credentials::from_newest_first([
        credential("full-2", "'; DROP TABLE apps; -- ☃"),
        Credential { last_used_at, ..credential("full-1", "s") },
    ]);
    let full = App { credentials: credentials.unwrap(), ..with_all_fields_changed(&app("full")) };
    registry.create(&full).await.unwrap();
    let stored = registry.find(&full.id).await.unwrap().unwrap();
    // The registry sets it.
    let recovery_life = stored.recovery_life;
    assert_eq!(stored, App { recovery_life, ..full.clone() });
    let default = app("full");
    assert_eq!(declare(&registry, &default).await.unwrap(), Declared::Updated);
    assert_eq!(registry.find(&full.id).await.unwrap(), Some(App { recovery_life, ..default }));
}

async fn an_update_is_one_step(database: &impl Database) {
    let registry = database.open().await;
    registry.create(&app("a")).await.unwrap();
    let created = registry.revision().await.unwrap();
    let same = registry.update(&app("a").id, &|_| {}).await.unwrap().unwrap();
    assert_eq!((&same.before, &same.after), (&app("a"), &app("a")));
    assert_eq!(registry.revision().await.unwrap(), created);

    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let registry = database.open().await;
        let longer = |app: &mut App| app.limits.presence_members += 1;
        tasks.spawn(async move { registry.update(&app("a").id, &longer).await.unwrap().unwrap() });
    }
    tasks.join_all().await;
    let updated = registry.find(&app("a").id).await.unwrap().unwrap();
    assert_eq!(updated.limits.presence_members, Limits::default().presence_members + 8);
    assert!(registry.revision().await.unwrap() > created);

    let renamed = |app: &mut App| *app = App { name: "new".into(), ..self::app("other") };
    let Ok(Some(update)) = registry.update(&updated.id, &renamed).await else { panic!("not updated") };
    assert_eq!(update.after, App { name: "new".into(), ..app("a") });
    let bad = |app: &mut App| app.limits.presence_members = 0;
    assert!(matches!(registry.update(&updated.id, &bad).await, Err(RegistryError::Range(_))));
    assert_eq!(registry.list().await.unwrap(), [update.after]);
    assert_eq!(registry.update(&app("none").id, &renamed).await.unwrap(), None);
}

async fn keys_are_added_and_retired(database: &impl Database) {
    let registry = database.open().await;
    registry.create(&app("a")).await.unwrap();
    registry.create(&app("b")).await.unwrap();
    let before = registry.revision().await.unwrap();
    let rotated = registry.rotate(&app("a").id, &credential("new", "s")).await.unwrap().unwrap();
    assert_eq!(keys(&rotated), ["new", "key-of-a"]);
    assert_eq!(registry.list().await.unwrap(), [rotated, app("b")]);
    let after = registry.revision().await.unwrap();
    assert!(after > before);
    for (taken, by) in [("new", "a"), ("key-of-b", "b")] {
        let error = registry.rotate(&app("a").id, &credential(taken, "s")).await.unwrap_err();
        assert!(matches!(error, RegistryError::KeyTaken { owner, .. } if owner == by));
    }
    let error = registry.retire(&app("a").id, "secret of a").await.unwrap_err().to_string();
    assert_eq!(error, "the app a has no such key (the one given has 11 characters)");
    assert_eq!(registry.revision().await.unwrap(), after);

    let retired = registry.retire(&app("a").id, "key-of-a").await.unwrap().unwrap();
    assert_eq!(keys(&retired), ["new"]);
    assert!(registry.revision().await.unwrap() > after);
    assert!(matches!(registry.retire(&app("a").id, "new").await, Err(RegistryError::LastKey { .. })));
    for number in 1..KEYS {
        registry.rotate(&app("a").id, &credential(&format!("k{number}"), "s")).await.unwrap();
    }
    let error = registry.rotate(&app("a").id, &credential("many", "s")).await.unwrap_err().to_string();
    assert_eq!(error, "the app has 11 keys, allowed are 1 to 10");
    assert_eq!(registry.rotate(&app("none").id, &credential("x", "s")).await.unwrap(), None);
    assert_eq!(registry.retire(&app("none").id, "x").await.unwrap(), None);
    // The key of a deleted app is free again.
    assert!(registry.delete(&app("a").id).await.unwrap());
    registry.rotate(&app("b").id, &credential("new", "s")).await.unwrap();
}

async fn uses_of_keys_are_recorded(database: &impl Database) {
    let registry = database.open().await;
    registry.create(&app("a")).await.unwrap();
    registry.rotate(&app("a").id, &credential("new", "s")).await.unwrap();
    let revision = registry.revision().await.unwrap();
    let at =
        |key: &str, second| KeyUse { key: AppKey::parse(key).unwrap(), at: Timestamp::from_second(second).unwrap() };
    registry.note_used(&[at("new", 7), at("none", 8), at("key-of-a", 9)]).await.unwrap();
    registry.note_used(&[at("new", 6), at("key-of-a", 10)]).await.unwrap();
    let app = registry.find(&app("a").id).await.unwrap().unwrap();
    let uses: Vec<_> = app.credentials.iter().map(|key| key.last_used_at.map(Timestamp::as_second)).collect();
    assert_eq!(uses, [Some(7), Some(10)]);
    assert_eq!(registry.revision().await.unwrap(), revision);
}

async fn what_is_not_valid_is_not_written(database: &impl Database) {
    let registry = database.open().await;
    let bad = App { name: "n".repeat(256), ..app("bad") };
    assert!(registry.create(&bad).await.is_err());
    assert!(declare(&registry, &bad).await.is_err());
    assert!(registry.create_first(&bad).await.is_err());
    assert!(registry.list().await.unwrap().is_empty());
}

async fn one_of_many_creates_the_first_app(database: &impl Database) {
    let registry = database.open().await;
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        let registry = database.open().await;
        tasks.spawn(async move { registry.create_first(&app(&task.to_string())).await.unwrap() });
    }
    let created = tasks.join_all().await.into_iter().filter(|created| *created).count();
    assert_eq!((created, ids(&registry).await.len()), (1, 1));
}

async fn writes_of_another_handle_change_the_revision(database: &impl Database) {
    let (one, other) = (database.open().await, database.open().await);
    let before = one.revision().await.unwrap();
    other.create(&app("a")).await.unwrap();
    let created = one.revision().await.unwrap();
    assert!(created > before);
    assert_eq!(one.find(&app("a").id).await.unwrap(), Some(app("a")));
    assert!(other.delete(&app("a").id).await.unwrap());
    assert!(one.revision().await.unwrap() > created);
}

async fn many_open_a_fresh_database_at_once(database: &impl Durable) {
    let mut tasks = JoinSet::new();
    for _ in 0..6 {
        let url = database.url();
        tasks.spawn(async move { clairon_registry::open(&url, 2).await });
    }
    for registry in tasks.join_all().await {
        assert_eq!(registry.unwrap().revision().await.unwrap(), 0);
    }
}

async fn apps_outlive_their_handle(database: &impl Durable) {
    database.open().await.create(&app("a")).await.unwrap();
    assert_eq!(database.open().await.list().await.unwrap(), [app("a")]);
}

async fn the_schema_refuses_numbers_below_one(database: &impl Durable) {
    database.open().await.create(&app("a")).await.unwrap();
    for Limit { name, .. } in &LIMITS {
        assert!(database.execute(&format!("UPDATE apps SET {name} = 0")).await.is_err(), "{name}");
    }
    assert!(database.execute("INSERT INTO registry_revision VALUES (2, 0)").await.is_err());
}

/// Each of the statements increments the revision, so that running servers notice.
async fn statements_typed_by_hand_are_noticed(database: &impl Durable) {
    let registry = database.open().await;
    registry.create(&app("a")).await.unwrap();
    let mut revision = registry.revision().await.unwrap();
    for (statement, is_a_change) in [
        ("UPDATE apps SET enabled = false", true),
        ("UPDATE app_keys SET secret = 'another'", true),
        ("UPDATE app_keys SET last_used_at = 5", false),
        ("INSERT INTO app_keys SELECT 'second', secret, app_id, 2, created_at, NULL FROM app_keys", true),
        ("DELETE FROM app_keys WHERE position = 1", true),
        ("DELETE FROM apps", true),
    ] {
        database.execute(statement).await.unwrap();
        let now = registry.revision().await.unwrap();
        assert_eq!(now > revision, is_a_change, "{statement}");
        revision = now;
    }
    assert!(registry.list().await.unwrap().is_empty());
}
