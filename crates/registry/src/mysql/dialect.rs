//! The SQL that MySQL and MariaDB have in common.

use std::sync::LazyLock;

use sqlx::MySql;

use crate::{
    dialect::Dialect,
    engine::Engine,
    queries,
    statistics::{Statements, count, forget_rows, read_total},
    webhook_store::upsert_announced,
};

/// Converts `$value`, seconds since 1970, to a time in UTC, independently of the session's time zone.
macro_rules! time {
    ($value:literal) => {
        concat!("(TIMESTAMP '1970-01-01 00:00:00' + INTERVAL ", $value, " SECOND)")
    };
}

/// Converts `created_at`, which is in UTC, to seconds since 1970.
macro_rules! seconds {
    () => {
        "TIMESTAMPDIFF(SECOND, TIMESTAMP '1970-01-01 00:00:00', created_at)"
    };
}

/// The app of a row of statistics, for a comparison byte by byte. The table may be Laravel's and have any collation.
macro_rules! app {
    () => {
        "(CONVERT(app_id USING utf8mb4) COLLATE utf8mb4_bin)"
    };
}

/// The SQL of MySQL and MariaDB.
static DIALECT: Dialect = Dialect {
    begin: "START TRANSACTION",
    // With triggers the revision grows by one more, but a server may forbid the user to create them.
    next_revision: Some(queries::NEXT_REVISION),
    // IGNORE stores the nearest value that fits the column. Laravel's TIMESTAMP column cannot hold the hour that is
    // skipped at the start of summer time in the server's time zone, and its counts end at 2^31 - 1.
    statistics: Statements {
        add: concat!(
            "UPDATE IGNORE websockets_statistics_entries SET peak_connection_count = peak_connection_count + $3, \
             websocket_message_count = websocket_message_count + $4, api_message_count = api_message_count + $5, \
             updated_at = UTC_TIMESTAMP() WHERE created_at = ",
            time!("$2"),
            " AND ",
            app!(),
            " = $1 ORDER BY id LIMIT 1"
        ),
        insert: concat!(
            "INSERT IGNORE INTO websockets_statistics_entries (app_id, created_at, peak_connection_count, \
             websocket_message_count, api_message_count, updated_at) VALUES ($1, ",
            time!("$2"),
            ", $3, $4, $5, UTC_TIMESTAMP())"
        ),
        read: concat!(
            "SELECT app, CAST(span * $3 AS SIGNED), CAST(MAX(peak_connection_count) AS SIGNED), ",
            "CAST(SUM(",
            count!("websocket_message_count"),
            ") AS SIGNED), CAST(SUM(",
            count!("api_message_count"),
            ") AS SIGNED) FROM (SELECT ",
            app!(),
            " AS app, ",
            seconds!(),
            " DIV $3 AS span, peak_connection_count, websocket_message_count, api_message_count \
             FROM websockets_statistics_entries WHERE ",
            seconds!(),
            " > 0 AND created_at >= ",
            time!("$2"),
            " AND ($1 = '' OR ",
            app!(),
            " = $1)) AS spans GROUP BY app, span ORDER BY app, span"
        ),
        read_total: read_total!(
            type: "SIGNED", span: concat!(seconds!(), " DIV $2"), limit: time!("$1"), seconds: seconds!()
        ),
        latest: concat!(
            "SELECT ",
            seconds!(),
            " FROM websockets_statistics_entries WHERE created_at >= ",
            time!("0"),
            " AND created_at <= ",
            time!("$1"),
            " AND ",
            seconds!(),
            " > 0 ORDER BY created_at DESC LIMIT 1"
        ),
        forget: concat!(
            "DELETE FROM websockets_statistics_entries WHERE created_at < ",
            time!("$1"),
            " ORDER BY created_at LIMIT ",
            forget_rows!()
        ),
    },

    now: "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)",
    lock_webhooks: "SELECT last_id, CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED) FROM webhook_sequence FOR UPDATE",
    begin_webhooks: None,
    end_webhooks: None,
    updates_return: false,

    upsert: LazyLock::new(|| queries::upsert("ON DUPLICATE KEY UPDATE", inserted)),
    upsert_announced: LazyLock::new(|| upsert_announced("ON DUPLICATE KEY UPDATE", inserted)),
};

impl Engine for MySql {
    const NUMBERS_VALUES: bool = false;
    const PREPARES_TRANSACTIONS: bool = false;

    fn dialect() -> &'static Dialect {
        &DIALECT
    }

    fn rows_affected(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
    }
}

/// The new value of a column.
fn inserted(column: &str) -> String {
    format!("VALUES({column})")
}
