//! `/admin/api/apps/{id}/statistics`

use std::{num::NonZeroU32, sync::Arc};

use axum::{Json, extract::State};
use clairon_protocol::AppId;
use clairon_registry::{Statistics, StatisticsQuery};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{path::AppPath, problem::Problem, query::Query, registry::ask};
use crate::node::Node;

/// How much is shown unless something else is asked for.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How many spans an answer has at most, about.
const SPANS: i64 = 2_000;

/// Which statistics are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// From when on; a day ago if left out.
    #[param(required = false, nullable = false)]
    since: Option<Timestamp>,
    /// How many seconds are taken together; longer where the answer would have more than about 2,000 entries.
    #[param(required = false, nullable = false, value_type = u32, format = Int64, minimum = 1, maximum = 4_294_967_295_u32)]
    step_seconds: Option<NonZeroU32>,
}

/// What an app has done.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatisticsView {
    /// The app.
    #[schema(value_type = String)]
    id: AppId,
    /// How many seconds each entry is about.
    step_seconds: u32,
    /// By time. Spans in which nothing happened are left out.
    entries: Vec<Entry>,
}

/// What an app has done in one span of time.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Entry {
    /// When it began: at a multiple of its length.
    since: Timestamp,
    /// The most connections at once.
    peak_connections: u64,
    /// Messages that clients sent.
    websocket_messages: u64,
    /// Events that backends published.
    api_messages: u64,
}

/// What an app has done
///
/// As it was written to the database, interval by interval, by all nodes. The interval that is counted now is not in
/// it.
#[utoipa::path(
    get, path = "/apps/{id}/statistics", operation_id = "showStatistics", tag = "apps",
    params(("id" = String, Path, description = "The id of the app."), Wanted),
    responses(
        (status = 200, description = "The statistics.", body = StatisticsView),
        (status = 404, description = "No such app."),
    ),
)]
pub(super) async fn show(
    State(node): State<Arc<Node>>,
    AppPath(id): AppPath,
    Query(wanted): Query<Wanted>,
) -> Result<Json<StatisticsView>, Problem> {
    if ask(node.registry.find(&id)).await?.is_none() {
        return Err(Problem::no_app());
    }
    let query = wanted.query(id.clone(), node.settings.statistics.interval_seconds, Timestamp::now());
    let statistics = ask(node.registry.statistics(&query)).await?;
    let entries = statistics.into_iter().map(Entry::from).collect();
    Ok(Json(StatisticsView { id, step_seconds: query.step_seconds.get(), entries }))
}

impl Wanted {
    fn query(&self, app: AppId, interval_seconds: u32, now: Timestamp) -> StatisticsQuery {
        // Nothing is older than the clock of Unix.
        let since = self.since.unwrap_or(now - DAY).max(Timestamp::UNIX_EPOCH);
        let shortest = u32::try_from((now.as_second() - since.as_second()).max(0) / SPANS + 1).unwrap_or(u32::MAX);
        let step_seconds = self.step_seconds.map_or(interval_seconds, NonZeroU32::get).max(shortest);
        StatisticsQuery {
            app: Some(app),
            since,
            step_seconds: NonZeroU32::new(step_seconds).unwrap_or(NonZeroU32::MIN),
        }
    }
}

impl From<Statistics> for Entry {
    fn from(statistics: Statistics) -> Self {
        let Statistics { since, peak_connections, websocket_messages, api_messages, .. } = statistics;
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
            let query = wanted.query(AppId::parse("1").unwrap(), 60, now);
            (query.since.to_string(), query.step_seconds.get())
        };
        assert_eq!(query(None, 0), ("2026-11-22T10:00:00Z".to_owned(), 60));
        assert_eq!(query(None, 3_600).1, 3_600);
        assert_eq!(query(None, 1).1, 44);
        assert_eq!(query(Some("-001000-01-01T00:00:00Z"), 60), ("1970-01-01T00:00:00Z".to_owned(), 897_715));
        assert_eq!(query(Some("9999-01-01T00:00:00Z"), 0), ("9999-01-01T00:00:00Z".to_owned(), 60));
    }
}
