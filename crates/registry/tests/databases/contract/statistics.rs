//! Recording and reading statistics.

use std::num::NonZeroU32;

use clairon_protocol::AppId;
use clairon_registry::{AppRegistry, Statistics, StatisticsQuery, TotalStatistics};
use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::support::{Database, Durable};

/// A full hour, in seconds since 1970.
const HOUR: i64 = 1_800_000_000;

fn statistics(app: &str, since: i64, figures: [u64; 3]) -> Statistics {
    let [peak_connections, websocket_messages, api_messages] = figures;
    let (app, since) = (AppId::parse(app).unwrap(), at(since));
    Statistics { app, since, peak_connections, websocket_messages, api_messages }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Reads the statistics of intervals since `since`, in spans of `step_seconds`.
async fn read(registry: &dyn AppRegistry, app: Option<&str>, since: i64, step_seconds: u32) -> Vec<Statistics> {
    let app = app.map(|app| AppId::parse(app).unwrap());
    let step_seconds = NonZeroU32::new(step_seconds).unwrap();
    registry.statistics(&StatisticsQuery { app, since: at(since), step_seconds }).await.unwrap()
}

pub(super) async fn statistics_of_nodes_add_up(database: &impl Database) {
    let revision = database.open().await.revision().await.unwrap();
    let mut nodes = JoinSet::new();
    for node in 0..8 {
        let registry = database.open().await;
        nodes.spawn(async move {
            let entries = [statistics("a", HOUR, [1, node, 100]), statistics("b", HOUR, [2, 0, 0])];
            registry.record_statistics(&entries).await.unwrap();
        });
    }
    nodes.join_all().await;
    let registry = database.open().await;
    registry.record_statistics(&[statistics("a", HOUR + 60, [5, 6, 7])]).await.unwrap();
    registry.record_statistics(&[]).await.unwrap();
    let expected =
        [statistics("a", HOUR, [8, 28, 800]), statistics("a", HOUR + 60, [5, 6, 7]), statistics("b", HOUR, [16, 0, 0])];
    assert_eq!(read(&*registry, None, HOUR, 60).await, expected);
    assert_eq!(registry.revision().await.unwrap(), revision, "this is no change of an app");
}

pub(super) async fn statistics_are_taken_together(database: &impl Database) {
    let registry = database.open().await;
    let minutes = [(-60, [9, 9, 9]), (0, [3, 10, 100]), (60, [7, 20, 200]), (3_600, [2, 30, 300])];
    for (offset, figures) in minutes {
        let entries = ["a", "b"].map(|app| statistics(app, HOUR + offset, figures));
        registry.record_statistics(&entries).await.unwrap();
    }
    let hours = |app| [statistics(app, HOUR, [7, 30, 300]), statistics(app, HOUR + 3_600, [2, 30, 300])];
    assert_eq!(read(&*registry, Some("b"), HOUR, 3_600).await, hours("b"));
    assert_eq!(read(&*registry, None, HOUR, 3_600).await, [hours("a"), hours("b")].concat());
    assert_eq!(read(&*registry, Some("a"), HOUR + 1, 1).await.len(), 2);
    assert_eq!(read(&*registry, Some("c"), 0, 60).await, []);
}

fn total(since: i64, [peak_connections, websocket_messages, api_messages]: [u64; 3]) -> TotalStatistics {
    TotalStatistics { since: at(since), peak_connections, websocket_messages, api_messages }
}

/// Reads the statistics of all apps together, of intervals since `since` in spans of `step_seconds`.
async fn read_total(registry: &dyn AppRegistry, since: i64, step_seconds: u32) -> Vec<TotalStatistics> {
    registry.total_statistics(at(since), NonZeroU32::new(step_seconds).unwrap()).await.unwrap()
}

pub(super) async fn the_statistics_of_all_apps_are_summed(database: &impl Database) {
    let registry = database.open().await;
    assert_eq!(read_total(&*registry, 0, 60).await, []);
    for entries in [
        [statistics("a", HOUR - 60, [90, 90, 90]), statistics("b", HOUR - 60, [90, 90, 90])],
        // Neither app has its peak in the interval with most connections.
        [statistics("a", HOUR, [9, 10, 100]), statistics("b", HOUR, [1, 20, 200])],
        [statistics("a", HOUR + 60, [6, 1, 1]), statistics("b", HOUR + 60, [7, 1, 1])],
        [statistics("a", HOUR + 120, [0, 0, 1]), statistics("b", HOUR + 120, [8, 1, 1])],
        [statistics("a", HOUR + 7_200, [1, 2, 3]), statistics("c", HOUR + 7_200, [1, 2, 3])],
    ] {
        registry.record_statistics(&entries).await.unwrap();
    }
    let later = total(HOUR + 7_200, [2, 4, 6]);
    assert_eq!(read_total(&*registry, HOUR, 3_600).await, [total(HOUR, [13, 33, 304]), later.clone()]);
    let minutes = [total(HOUR, [10, 30, 300]), total(HOUR + 60, [13, 2, 2]), total(HOUR + 120, [8, 1, 2])];
    assert_eq!(read_total(&*registry, HOUR, 60).await, [minutes.as_slice(), std::slice::from_ref(&later)].concat());
    // An interval counts if it began by then, also in a span that began earlier.
    assert_eq!(read_total(&*registry, HOUR + 120, 3_600).await, [total(HOUR, [8, 1, 2]), later]);
    assert_eq!(read_total(&*registry, HOUR + 9_999, 1).await, []);
}

pub(super) async fn statistics_are_forgotten(database: &impl Database) {
    let registry = database.open().await;
    let entries: Vec<_> = (0..2_500).map(|minute| statistics("a", HOUR + 60 * minute, [1, 1, 1])).collect();
    registry.record_statistics(&entries).await.unwrap();
    assert_eq!(registry.forget_statistics(at(HOUR + 60 * 2_400)).await.unwrap(), 2_400);
    assert_eq!(registry.forget_statistics(at(HOUR + 60 * 2_400)).await.unwrap(), 0);
    assert_eq!(read(&*registry, None, 0, 1).await, entries[2_400..]);
}

pub(super) async fn the_latest_statistics_are_found(database: &impl Database) {
    let registry = database.open().await;
    assert_eq!(registry.latest_statistics(at(HOUR)).await.unwrap(), None);
    let entries = [0, 60, 3_600].map(|offset| statistics("a", HOUR + offset, [1, 1, 1]));
    registry.record_statistics(&entries).await.unwrap();
    for (by, latest) in [(-1, None), (0, Some(0)), (59, Some(0)), (60, Some(60)), (9_999, Some(3_600))] {
        let expected = latest.map(|offset| at(HOUR + offset));
        assert_eq!(registry.latest_statistics(at(HOUR + by)).await.unwrap(), expected, "{by}");
    }
}

/// An existing table, created by Laravel's migration, keeps its rows and gets ours.
pub(super) async fn the_table_of_laravel_websockets_is_taken(database: &impl Durable) {
    database.open().await;
    let row = "INSERT INTO websockets_statistics_entries (app_id, peak_connection_count, websocket_message_count, \
               api_message_count, created_at, updated_at) VALUES";
    let statements = [
        "DELETE FROM _sqlx_migrations WHERE version = 2",
        "DROP TABLE websockets_statistics_entries",
        database.table_of_laravel_websockets(),
        &format!("{row} ('a', 3, 4, 5, '2027-01-15 08:00:00', '2027-01-15 08:01:00')"),
        &format!("{row} ('not/ours', 3, 4, 5, '2027-01-15 08:00:00', NULL), ('a', 3, 4, 5, NULL, NULL)"),
    ];
    for statement in statements {
        database.execute(statement).await.unwrap();
    }
    let registry = database.open().await;
    assert_eq!(read(&*registry, None, 0, 60).await, [statistics("a", HOUR, [3, 4, 5])]);
    // Invalid figures do not affect the rest.
    let wrong = format!("{row} ('a', 3, 2147483647, -5, '2027-01-15 08:00:00', NULL)");
    database.execute(&wrong).await.unwrap();
    assert_eq!(registry.latest_statistics(at(2 * HOUR)).await.unwrap(), Some(at(HOUR)));
    assert_eq!(read(&*registry, None, 0, 60).await, [statistics("a", HOUR, [3, 2_147_483_651, 5])]);
    // The sum counts apps that Clairon cannot have, and no negative figure.
    assert_eq!(read_total(&*registry, 0, 60).await, [total(HOUR, [9, 2_147_483_655, 10])]);
    database.execute("DELETE FROM websockets_statistics_entries WHERE api_message_count < 0").await.unwrap();
    registry.record_statistics(&[statistics("a", HOUR, [1, 1, 1])]).await.unwrap();
    assert_eq!(read(&*registry, None, 0, 60).await, [statistics("a", HOUR, [4, 5, 6])]);
    // The statement that Laravel would use.
    let text = "UPDATE websockets_statistics_entries SET peak_connection_count = 40 WHERE peak_connection_count = 4 \
                AND created_at = '2027-01-15 08:00:00'";
    database.execute(text).await.unwrap();
    assert_eq!(read(&*registry, Some("a"), 0, 60).await, [statistics("a", HOUR, [40, 5, 6])]);
    // The column may have a collation that ignores case. The ids of apps differ in case.
    registry.record_statistics(&[statistics("A", HOUR, [1, 2, 3])]).await.unwrap();
    let both = [statistics("A", HOUR, [1, 2, 3]), statistics("a", HOUR, [40, 5, 6])];
    assert_eq!(read(&*registry, None, 0, 60).await, both);
    assert_eq!(read(&*registry, Some("A"), 0, 60).await, both[..1]);
    assert_eq!(registry.forget_statistics(at(HOUR + 1)).await.unwrap(), 3);
}
