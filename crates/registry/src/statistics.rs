//! The statistics of apps by interval. Their table may exist already on Laravel sites.

use std::num::NonZeroU32;

use clairon_protocol::AppId;
use jiff::Timestamp;

use crate::{engine::SqlValue, row::Row};

/// The statistics of one app in a span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// The app. It may be deleted.
    pub app: AppId,
    /// The start of the span, in whole seconds.
    pub since: Timestamp,
    /// The largest number of connections.
    pub peak_connections: u64,
    /// The number of messages that clients sent.
    pub websocket_messages: u64,
    /// The number of events that backends published.
    pub api_messages: u64,
}

/// The statistics of all apps together in a span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotalStatistics {
    /// The start of the span, in whole seconds.
    pub since: Timestamp,
    /// The sum of the apps' peaks in that interval of the span whose sum is the largest.
    pub peak_connections: u64,
    /// The number of messages that clients sent.
    pub websocket_messages: u64,
    /// The number of events that backends published.
    pub api_messages: u64,
}

/// A query for statistics.
#[derive(Clone, Debug)]
pub struct StatisticsQuery {
    /// The app; `None` for all apps.
    pub app: Option<AppId>,
    /// Intervals that began earlier are omitted.
    pub since: Timestamp,
    /// The length in seconds of the spans into which intervals are combined. Each span begins at a multiple of it.
    pub step_seconds: NonZeroU32,
}

/// [`FORGET_ROWS`] as a literal, for `concat!`.
macro_rules! forget_rows {
    () => {
        1_000
    };
}
pub(crate) use forget_rows;

/// The statements about statistics. They differ because the engines have no common syntax for times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statements {
    /// Adds to the row of an interval, if it exists. Takes the values of [`values`].
    pub(crate) add: &'static str,
    /// Creates the row of an interval. Takes the values of [`values`].
    pub(crate) insert: &'static str,
    /// Takes the values of [`query_values`]. Returns a [`StatisticsRow`] for each app and span. Counts that no server
    /// can have written are not summed, so one bad row does not spoil a sum.
    pub(crate) read: &'static str,
    /// Takes a time, and the length of a span in seconds. Returns a [`StatisticsRow`] without app for each span. Counts
    /// that no server can have written are taken as 0.
    pub(crate) read_total: &'static str,
    /// Takes a time. Returns the start of the latest interval that began by then, in seconds since 1970, if there is
    /// one.
    pub(crate) latest: &'static str,
    /// Deletes up to [`FORGET_ROWS`] rows of intervals that began before the given time.
    pub(crate) forget: &'static str,
}

/// An app, or `''` for all; the start of a span; and the three figures.
pub(crate) type StatisticsRow = (String, i64, i64, i64, i64);

/// A count of a row. One that no server can have written is 0.
macro_rules! count {
    ($column:literal) => {
        concat!("CASE WHEN ", $column, " BETWEEN 0 AND 1000000000000 THEN ", $column, " ELSE 0 END")
    };
}
pub(crate) use count;

/// The query of [`Statements::read_total`]. `$type` is the type of a cast to 64 bits, `$span` the number of the span of
/// `created_at`, of `$2` seconds; `$limit` and `$seconds` are as for [`statements`].
macro_rules! read_total {
    (type: $type:literal, span: $span:expr, limit: $limit:expr, seconds: $seconds:expr) => {
        concat!(
            "SELECT '', CAST(span * $2 AS ",
            $type,
            "), CAST(MAX(connections) AS ",
            $type,
            "), CAST(SUM(messages) AS ",
            $type,
            "), CAST(SUM(events) AS ",
            $type,
            ") FROM (SELECT ",
            $span,
            " AS span, SUM(",
            $crate::statistics::count!("peak_connection_count"),
            ") AS connections, SUM(",
            $crate::statistics::count!("websocket_message_count"),
            ") AS messages, SUM(",
            $crate::statistics::count!("api_message_count"),
            ") AS events FROM websockets_statistics_entries WHERE ",
            $seconds,
            " > 0 AND created_at >= ",
            $limit,
            " GROUP BY created_at) AS intervals GROUP BY span ORDER BY span"
        )
    };
}
pub(crate) use read_total;

/// Defines the statements of an engine. `$time` converts `$2`, seconds since 1970, to a time; `$limit` converts `$1`;
/// `$zero` is the time 0; `$seconds` are the seconds of `created_at`.
macro_rules! statements {
    (time: $time:literal, limit: $limit:literal, zero: $zero:literal, seconds: $seconds:literal) => {
        $crate::statistics::Statements {
            add: concat!(
                "UPDATE websockets_statistics_entries SET peak_connection_count = peak_connection_count + $3, \
                 websocket_message_count = websocket_message_count + $4, api_message_count = api_message_count + $5, \
                 updated_at = CURRENT_TIMESTAMP WHERE id = (SELECT MIN(id) FROM websockets_statistics_entries \
                 WHERE app_id = $1 AND created_at = ",
                $time,
                ")"
            ),
            insert: concat!(
                "INSERT INTO websockets_statistics_entries (app_id, created_at, peak_connection_count, \
                 websocket_message_count, api_message_count, updated_at) VALUES ($1, ",
                $time,
                ", $3, $4, $5, CURRENT_TIMESTAMP)"
            ),
            read: concat!(
                "SELECT app_id, span * $3, CAST(MAX(peak_connection_count) AS BIGINT), CAST(SUM(",
                $crate::statistics::count!("websocket_message_count"),
                ") AS BIGINT), CAST(SUM(",
                $crate::statistics::count!("api_message_count"),
                ") AS BIGINT) FROM (SELECT *, ",
                $seconds,
                " / $3 AS span FROM websockets_statistics_entries WHERE ",
                $seconds,
                " > 0 AND created_at >= ",
                $time,
                " AND ($1 = '' OR app_id = $1)) AS spans GROUP BY app_id, span ORDER BY app_id, span"
            ),
            read_total: $crate::statistics::read_total!(
                type: "BIGINT", span: concat!($seconds, " / $2"), limit: $limit, seconds: $seconds
            ),
            // It uses the index, whatever else the column contains.
            latest: concat!(
                "SELECT ",
                $seconds,
                " FROM websockets_statistics_entries WHERE created_at >= ",
                $zero,
                " AND created_at <= ",
                $limit,
                " AND ",
                $seconds,
                " > 0 ORDER BY created_at DESC LIMIT 1"
            ),
            forget: concat!(
                "DELETE FROM websockets_statistics_entries WHERE id IN (SELECT id FROM websockets_statistics_entries \
                 WHERE created_at < ",
                $limit,
                " ORDER BY created_at LIMIT ",
                $crate::statistics::forget_rows!(),
                ")"
            ),
        }
    };
}
pub(crate) use statements;

/// The largest number of rows that [`Statements::forget`] deletes at a time, so that other writers do not wait for
/// long.
pub(crate) const FORGET_ROWS: u64 = forget_rows!();

/// The values of [`Statements::add`] and [`Statements::insert`].
pub(crate) fn values(statistics: &Statistics) -> [SqlValue<'_>; 5] {
    [
        SqlValue::Text(statistics.app.as_str()),
        SqlValue::Number(Some(statistics.since.as_second())),
        number(statistics.peak_connections),
        number(statistics.websocket_messages),
        number(statistics.api_messages),
    ]
}

/// The values of [`Statements::read`].
pub(crate) fn query_values(query: &StatisticsQuery) -> [SqlValue<'_>; 3] {
    [
        SqlValue::Text(query.app.as_ref().map_or("", AppId::as_str)),
        SqlValue::Number(Some(query.since.as_second())),
        SqlValue::Number(Some(query.step_seconds.get().into())),
    ]
}

/// Reads a row of [`Statements::read`] or [`Statements::read_total`].
pub(crate) fn read(row: &Row) -> Result<StatisticsRow, sqlx::Error> {
    Ok((row.text()?, row.number_at(1)?, row.number_at(2)?, row.number_at(3)?, row.number_at(4)?))
}

/// `None` if the row cannot belong to an app of Clairon.
pub(crate) fn parse(row: StatisticsRow) -> Option<Statistics> {
    let app = AppId::parse(&row.0).ok()?;
    let TotalStatistics { since, peak_connections, websocket_messages, api_messages } = parse_total(row)?;
    Some(Statistics { app, since, peak_connections, websocket_messages, api_messages })
}

/// `None` if a figure is out of range.
pub(crate) fn parse_total(
    (_, since, peak_connections, websocket_messages, api_messages): StatisticsRow,
) -> Option<TotalStatistics> {
    Some(TotalStatistics {
        since: Timestamp::from_second(since).ok()?,
        peak_connections: peak_connections.try_into().ok()?,
        websocket_messages: websocket_messages.try_into().ok()?,
        api_messages: api_messages.try_into().ok()?,
    })
}

/// A figure, cut to the largest value of its column.
fn number(figure: u64) -> SqlValue<'static> {
    SqlValue::Number(Some(i32::try_from(figure).unwrap_or(i32::MAX).into()))
}
