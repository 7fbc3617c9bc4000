//! What apps have done, interval by interval: the table that Laravel sites may have already.

use std::num::NonZeroU32;

use clairon_protocol::AppId;
use jiff::Timestamp;

use crate::engine::SqlValue;

/// What happened to one app in some span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// The app. It may be gone.
    pub app: AppId,
    /// When the span began. Kept in whole seconds.
    pub since: Timestamp,
    /// How many connections there were at most.
    pub peak_connections: u64,
    /// How many messages its clients sent.
    pub websocket_messages: u64,
    /// How many events its backends published.
    pub api_messages: u64,
}

/// Which statistics are asked for.
#[derive(Clone, Debug)]
pub struct StatisticsQuery {
    /// Of which app; `None`: of all.
    pub app: Option<AppId>,
    /// Intervals that began earlier are left out.
    pub since: Timestamp,
    /// The length of the spans in which intervals are taken together, in seconds. Each begins at a multiple of it.
    pub step_seconds: NonZeroU32,
}

/// [`FORGET_ROWS`], as `concat!` needs it.
macro_rules! forget_rows {
    () => {
        1_000
    };
}
pub(crate) use forget_rows;

/// The statements about statistics. The engines have no word for a time in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statements {
    /// Adds to the row of an interval, if there is one. Takes what [`values`] gives.
    pub(crate) add: &'static str,
    /// Makes a row of an interval. Takes what [`values`] gives.
    pub(crate) insert: &'static str,
    /// Takes the values of [`query_values`]. Returns a [`StatisticsRow`] for each app and span. Counts that no server
    /// can have written are not summed, so one bad row does not spoil a sum.
    pub(crate) read: &'static str,
    /// Takes a time, and answers with the seconds of the latest interval that began by then, if there is any.
    pub(crate) latest: &'static str,
    /// Removes up to [`FORGET_ROWS`] rows of intervals that began earlier than the time that it takes.
    pub(crate) forget: &'static str,
}

/// An app, the start of a span, and the three figures.
pub(crate) type StatisticsRow = (String, i64, i64, i64, i64);

/// The statements of an engine: `$time` makes a time of the seconds since 1970 in `$2`, `$limit` of those in `$1`,
/// `$zero` of none; `$seconds` are the seconds of `created_at`.
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
                "SELECT app_id, span * $3, CAST(MAX(peak_connection_count) AS BIGINT), \
                 CAST(SUM(CASE WHEN websocket_message_count BETWEEN 0 AND 1000000000000 THEN websocket_message_count \
                 ELSE 0 END) AS BIGINT), CAST(SUM(CASE WHEN api_message_count BETWEEN 0 AND 1000000000000 \
                 THEN api_message_count ELSE 0 END) AS BIGINT) FROM (SELECT *, ",
                $seconds,
                " / $3 AS span FROM websockets_statistics_entries WHERE ",
                $seconds,
                " > 0 AND created_at >= ",
                $time,
                " AND ($1 = '' OR app_id = $1)) AS spans GROUP BY app_id, span ORDER BY app_id, span"
            ),
            // By the index, whatever else stands in the column.
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

/// How many rows [`Statements::forget`] removes at most: others may write in between.
pub(crate) const FORGET_ROWS: u64 = forget_rows!();

/// What [`Statements::add`] and [`Statements::insert`] take.
pub(crate) fn values(statistics: &Statistics) -> [SqlValue<'_>; 5] {
    [
        SqlValue::Text(statistics.app.as_str()),
        SqlValue::Number(Some(statistics.since.as_second())),
        number(statistics.peak_connections),
        number(statistics.websocket_messages),
        number(statistics.api_messages),
    ]
}

/// What [`Statements::read`] takes.
pub(crate) fn query_values(query: &StatisticsQuery) -> [SqlValue<'_>; 3] {
    [
        SqlValue::Text(query.app.as_ref().map_or("", AppId::as_str)),
        SqlValue::Number(Some(query.since.as_second())),
        SqlValue::Number(Some(query.step_seconds.get().into())),
    ]
}

/// `None` for a row of something that cannot be an app of ours.
pub(crate) fn parse(row: StatisticsRow) -> Option<Statistics> {
    let (app, since, peak_connections, websocket_messages, api_messages) = row;
    Some(Statistics {
        app: AppId::parse(&app).ok()?,
        since: Timestamp::from_second(since).ok()?,
        peak_connections: peak_connections.try_into().ok()?,
        websocket_messages: websocket_messages.try_into().ok()?,
        api_messages: api_messages.try_into().ok()?,
    })
}

/// As much of a figure as its column holds.
fn number(figure: u64) -> SqlValue<'static> {
    SqlValue::Number(Some(i32::try_from(figure).unwrap_or(i32::MAX).into()))
}
