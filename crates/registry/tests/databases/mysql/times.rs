//! Statistics on a server whose time zone is not UTC, in Laravel's table, which contains UTC without saying so.

use std::num::NonZeroU32;

use clairon_registry::{AppRegistry, Statistics, StatisticsQuery, open};
use jiff::Timestamp;

use super::{Production, app};

/// The table of Laravel's migration.
const TABLE: &str = "DROP TABLE IF EXISTS websockets_statistics_entries; CREATE TABLE websockets_statistics_entries (\
     id int unsigned not null auto_increment primary key, app_id varchar(255) not null, peak_connection_count int not null, \
     websocket_message_count int not null, api_message_count int not null, created_at timestamp null, \
     updated_at timestamp null) default character set utf8mb4 collate utf8mb4_unicode_ci";

fn entry(time: &str, messages: u64) -> Statistics {
    let since = time.parse().unwrap();
    Statistics { app: app("a").id, since, peak_connections: 1, websocket_messages: messages, api_messages: 0 }
}

async fn read(registry: &dyn AppRegistry, step_seconds: u32) -> Vec<Statistics> {
    let step_seconds = NonZeroU32::new(step_seconds).unwrap();
    registry.statistics(&StatisticsQuery { app: None, since: Timestamp::UNIX_EPOCH, step_seconds }).await.unwrap()
}

#[tokio::test]
async fn laravel_reads_the_times_of_clairon_and_clairon_those_of_laravel() {
    let server = &Production::shared().server;
    let database = server.create_database();
    server.execute(&format!("USE {database}; {TABLE}"));
    let registry = open(&server.url(&database), 1).await.unwrap();
    registry.record_statistics(&[entry("2027-07-01T10:00:00Z", 1)]).await.unwrap();
    let row = "SELECT created_at, websocket_message_count, updated_at BETWEEN UTC_TIMESTAMP() - INTERVAL 1 HOUR \
               AND UTC_TIMESTAMP() FROM websockets_statistics_entries";
    assert_eq!(server.select(&format!("USE {database}; {row}")), "2027-07-01 10:00:00\t1\t1\n");
    server.execute(&format!(
        "USE {database}; INSERT INTO websockets_statistics_entries VALUES (NULL, 'a', 1, 2, 0, '2027-07-01 09:00:00', NULL)"
    ));
    registry.record_statistics(&[entry("2027-07-01T10:00:00Z", 5)]).await.unwrap();
    let expected =
        [entry("2027-07-01T09:00:00Z", 2), Statistics { peak_connections: 2, ..entry("2027-07-01T10:00:00Z", 6) }];
    assert_eq!(read(&*registry, 60).await, expected);
}

/// In Berlin clocks skip from 2 to 3 on 2027-03-28, so a TIMESTAMP there cannot be 02:30.
#[tokio::test]
async fn what_a_column_of_laravel_cannot_hold_is_kept_as_nearly_as_it_can() {
    let server = &Production::shared().server;
    let database = server.create_database();
    server.execute(&format!("USE {database}; {TABLE}"));
    let registry = open(&server.url(&database), 1).await.unwrap();
    for time in ["2027-03-28T02:30:00Z", "2027-03-28T02:30:00Z", "2027-03-28T02:31:00Z"] {
        registry.record_statistics(&[entry(time, 1)]).await.unwrap();
    }
    let total: u64 = read(&*registry, 86_400).await.iter().map(|span| span.websocket_messages).sum();
    assert_eq!(total, 3);

    let much = i32::MAX.unsigned_abs().into();
    for _ in 0..2 {
        registry.record_statistics(&[entry("2027-03-29T00:00:00Z", much)]).await.unwrap();
    }
    assert_eq!(read(&*registry, 60).await.last().unwrap().websocket_messages, much);
}

#[tokio::test]
async fn a_table_of_clairon_holds_every_hour() {
    let server = &Production::shared().server;
    let registry = open(&server.url(&server.create_database()), 1).await.unwrap();
    let entries = ["2027-03-28T02:30:00Z", "2060-01-01T00:00:00Z"].map(|time| entry(time, 1));
    registry.record_statistics(&entries).await.unwrap();
    assert_eq!(read(&*registry, 60).await, entries);
}
