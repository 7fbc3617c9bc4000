//! `/admin/api/apps/{id}/statistics` and `/admin/api/statistics`

use std::{num::NonZeroU32, sync::Arc};

use axum::{Json, extract::State};
use clairon_protocol::AppId;
use clairon_registry::{Statistics, StatisticsQuery, TotalStatistics};
use clairon_server::node::Node;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{path::AppPath, problem::Problem, query::Query, registry::ask};

/// The default period.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// The approximate largest number of spans in an answer.
const SPANS: i64 = 2_000;

/// The parameters of a request for statistics.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// The start; by default a day ago.
    #[param(required = false, nullable = false)]
    since: Option<Timestamp>,
    /// The length of a span in seconds. It is increased if the answer would have more than about 2,000 entries.
    #[param(required = false, nullable = false, value_type = u32, format = Int64, minimum = 1, maximum = 4_294_967_295_u32)]
    step_seconds: Option<NonZeroU32>,
}

/// The statistics of an app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatisticsView {
    /// The app.
    #[schema(value_type = String)]
    id: AppId,
    /// The length of each entry's span, in seconds.
    step_seconds: u32,
    /// The entries, by time. Spans without activity are omitted.
    entries: Vec<Entry>,
}

/// The statistics of all apps together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotalView {
    /// The length of each entry's span, in seconds.
    step_seconds: u32,
    /// The entries, by time. Spans without activity are omitted.
    entries: Vec<Entry>,
}

/// The statistics of one span.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Entry {
    /// The start of the span, a multiple of its length.
    since: Timestamp,
    /// The largest number of simultaneous connections. For all apps together: the largest sum of the apps' numbers in
    /// an interval.
    peak_connections: u64,
    /// Messages that clients sent.
    websocket_messages: u64,
    /// Events that backends published.
    api_messages: u64,
}

/// Show the statistics of an app
///
/// They are read from the database, to which all nodes write at the end of each interval. So they do not include the
/// current interval.
#[utoipa::path(
    get, path = "/apps/{id}/statistics", operation_id = "showStatistics", tag = "apps",
    params(("id" = String, Path, description = "The id of the app."), Wanted),
    responses(
        (status = 200, description = "The statistics.", body = StatisticsView),
        (status = 404, description = "No such app."),
    ),
)]
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    AppPath(id): AppPath,
    Query(wanted): Query<Wanted>,
) -> Result<Json<StatisticsView>, Problem> {
    if ask(node.registry.find(&id)).await?.is_none() {
        return Err(Problem::no_app());
    }
    let (since, step_seconds) = wanted.spans(&node);
    let query = StatisticsQuery { app: Some(id.clone()), since, step_seconds };
    let statistics = ask(node.registry.statistics(&query)).await?;
    let entries = statistics.into_iter().map(Entry::from).collect();
    Ok(Json(StatisticsView { id, step_seconds: step_seconds.get(), entries }))
}

/// Show the statistics of all apps together
///
/// They are summed in the database, also those of apps that are deleted since.
#[utoipa::path(
    get, path = "/statistics", operation_id = "showTotalStatistics", tag = "live", params(Wanted),
    responses((status = 200, description = "The statistics.", body = TotalView)),
)]
pub(crate) async fn total(
    State(node): State<Arc<Node>>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<TotalView>, Problem> {
    let (since, step_seconds) = wanted.spans(&node);
    let statistics = ask(node.registry.total_statistics(since, step_seconds)).await?;
    let entries = statistics.into_iter().map(Entry::from).collect();
    Ok(Json(TotalView { step_seconds: step_seconds.get(), entries }))
}

impl Wanted {
    /// The start, and the length of a span.
    fn spans(&self, node: &Node) -> (Timestamp, NonZeroU32) {
        self.spans_at(node.settings.statistics.interval_seconds, Timestamp::now())
    }

    fn spans_at(&self, interval_seconds: u32, now: Timestamp) -> (Timestamp, NonZeroU32) {
        // No statistics are older than 1970.
        let since = self.since.unwrap_or(now - DAY).max(Timestamp::UNIX_EPOCH);
        let shortest = u32::try_from((now.as_second() - since.as_second()).max(0) / SPANS + 1).unwrap_or(u32::MAX);
        let step_seconds = self.step_seconds.map_or(interval_seconds, NonZeroU32::get).max(shortest);
        (since, NonZeroU32::new(step_seconds).unwrap_or(NonZeroU32::MIN))
    }
}

impl From<Statistics> for Entry {
    fn from(statistics: Statistics) -> Self {
        let Statistics { since, peak_connections, websocket_messages, api_messages, .. } = statistics;
        Self { since, peak_connections, websocket_messages, api_messages }
    }
}

impl From<TotalStatistics> for Entry {
    fn from(statistics: TotalStatistics) -> Self {
        let TotalStatistics { since, peak_connections, websocket_messages, api_messages } = statistics;
        Self { since, peak_connections, websocket_messages, api_messages }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_bounded() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let query = |since: Option<&str>, step_seconds| {
            let since = since.map(|since| since.parse().unwrap());
            let wanted = Wanted { since, step_seconds: NonZeroU32::new(step_seconds) };
            let (since, step_seconds) = wanted.spans_at(60, now);
            (since.to_string(), step_seconds.get())
        };
        assert_eq!(query(None, 0), ("2026-11-22T10:00:00Z".to_owned(), 60));
        assert_eq!(query(None, 3_600).1, 3_600);
        assert_eq!(query(None, 1).1, 44);
        assert_eq!(query(Some("-001000-01-01T00:00:00Z"), 60), ("1970-01-01T00:00:00Z".to_owned(), 897_715));
        assert_eq!(query(Some("9999-01-01T00:00:00Z"), 0), ("9999-01-01T00:00:00Z".to_owned(), 60));
    }
}
