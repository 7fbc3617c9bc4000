//! `/admin/api/history`

use std::sync::Arc;

use axum::{Json, extract::State};
use clairon_registry::App;
use clairon_server::{
    figures::{STEP, STEPS, Sample},
    node::Node,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{problem::Problem, query::Query, scope::Scope};

/// The samples of a minute.
const MINUTE: usize = 6;

/// The parameters of the request.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// The id of an app.
    #[param(required = false, nullable = false)]
    pub(crate) app: Option<String>,
}

/// The last hour in steps, the oldest first. Before the start of the server there is `null`, and also where other nodes
/// were not heard, if the figures are those of all.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryView {
    /// The length of a step.
    step_seconds: u64,
    /// The end of the last step.
    until: Timestamp,
    /// The nodes that the latest figures cover.
    scope: Scope,
    /// The number of connections at the end of each step.
    connections: Vec<Option<u32>>,
    /// Messages in a second, to clients, each receiver counted, and from clients.
    messages: Vec<Option<f64>>,
    /// Requests of backends in a second.
    api_calls: Vec<Option<f64>>,
    /// Refusals in the minute up to the end of each step.
    refusals: Vec<Option<u32>>,
    /// The time that 99 of 100 events of a step took to their receivers, as the upper bound of a range; `null` without
    /// events.
    delivery_p99_milliseconds: Vec<Option<f64>>,
}

/// Show the figures of the last hour
///
/// Those of the app in the query, or of all apps together.
#[utoipa::path(
    get, path = "/history", operation_id = "showHistory", tag = "live", params(Wanted),
    responses(
        (status = 200, description = "The figures.", body = HistoryView),
        (status = 404, description = "No such app."),
    ),
)]
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    Query(Wanted { app }): Query<Wanted>,
) -> Result<Json<HistoryView>, Problem> {
    let app = app.map(|id| known(&node, &id)).transpose()?;
    let history = node.figures.history(app.as_ref().map(|app| &app.id));
    let (until, samples) = history.map_or_else(|| (Timestamp::now(), Vec::new()), |it| (it.until, it.samples));
    Ok(Json(HistoryView::new(until, &samples, Scope::of_figures(&node))))
}

/// The app in the query.
///
/// # Errors
/// When there is none.
pub(crate) fn known(node: &Node, id: &str) -> Result<Arc<App>, Problem> {
    node.apps.by_id(id).ok_or_else(|| Problem::new(http::StatusCode::NOT_FOUND, "No app has the id in the query"))
}

/// The values of steps, after `before` steps without any.
fn series<T>(before: usize, values: impl Iterator<Item = Option<T>>) -> Vec<Option<T>> {
    (0..before).map(|_| None).chain(values).collect()
}

impl HistoryView {
    fn new(until: Timestamp, samples: &[Option<Sample>], scope: Scope) -> Self {
        let before = STEPS - samples.len().min(STEPS);
        let minute = |end: usize| {
            samples[end]?;
            let known = samples[(end + 1).saturating_sub(MINUTE)..=end].iter().flatten();
            Some(known.map(|it| it.refusals).sum())
        };
        Self {
            step_seconds: STEP.as_secs(),
            until,
            scope,
            connections: series(before, samples.iter().map(|it| Some(it.as_ref()?.connections))),
            messages: series(before, samples.iter().map(|it| Some(it.as_ref()?.messages_per_second()))),
            api_calls: series(before, samples.iter().map(|it| Some(it.as_ref()?.api_calls_per_second()))),
            refusals: series(before, (0..samples.len()).map(minute)),
            delivery_p99_milliseconds: series(
                before,
                samples.iter().map(|it| it.as_ref()?.delivery_p99_milliseconds()),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_has_its_number_of_steps() {
        let sample = Sample { connections: 3, messages: 25, api_calls: 7, refusals: 2, delivery_p99: 2_500 };
        let view = HistoryView::new(Timestamp::UNIX_EPOCH, &[Some(sample); 8], Scope::ALL);
        assert_eq!(
            (view.connections.len(), view.connections[STEPS - 9], view.connections[STEPS - 8]),
            (STEPS, None, Some(3))
        );
        assert_eq!((view.messages[STEPS - 1], view.api_calls[STEPS - 1]), (Some(2.5), Some(0.7)));
        assert_eq!(
            view.refusals[STEPS - 9..],
            [None, Some(2), Some(4), Some(6), Some(8), Some(10), Some(12), Some(12), Some(12)]
        );
        assert_eq!(view.delivery_p99_milliseconds[STEPS - 1], Some(2.5));
        let quiet = HistoryView::new(Timestamp::UNIX_EPOCH, &[Some(Sample::default())], Scope::ALL);
        assert_eq!((quiet.messages[STEPS - 1], quiet.delivery_p99_milliseconds[STEPS - 1]), (Some(0.0), None));
        let gap = HistoryView::new(Timestamp::UNIX_EPOCH, &[Some(sample), None, Some(sample)], Scope::ALL);
        assert_eq!(gap.connections[STEPS - 3..], [Some(3), None, Some(3)]);
        assert_eq!(gap.refusals[STEPS - 3..], [Some(2), None, Some(4)]);
    }
}
