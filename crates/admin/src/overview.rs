//! `/admin/api/overview`

use std::{cmp::Reverse, sync::Arc};

use axum::{Json, extract::State};
use clairon_protocol::AppId;
use clairon_registry::App;
use clairon_server::{
    figures::{CurrentFigures, Sample},
    node::Node,
    node_status::{self, NodeStatus, OtherNode},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    history::{Wanted, known},
    problem::Problem,
    query::Query,
    scope::Scope,
};

/// The largest number of apps in an answer.
const APPS: usize = 100;

/// The apps and nodes with their figures.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OverviewView {
    /// The time of the answer.
    time: Timestamp,
    /// The nodes that the figures of apps cover: all, unless the others do not tell theirs.
    scope: Scope,
    /// The node that answers.
    node: String,
    /// All nodes, the one that answers first.
    nodes: Vec<NodeView>,
    /// The apps by id; of more than 100 those with most connections.
    apps: Vec<AppFigures>,
    /// The app in the query; `null` if it names none.
    #[schema(required)]
    app: Option<AppFigures>,
    /// The number of all apps.
    apps_total: usize,
    /// All apps together.
    totals: FiguresView,
}

/// A node.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NodeView {
    /// Its name.
    node: String,
    /// True for the node that answers.
    this: bool,
    /// True if it accepts new clients.
    ready: bool,
    /// Why it does not.
    #[schema(required)]
    trouble: Option<String>,
    /// The number of its connections; `null` if it is not known.
    #[schema(required)]
    connections: Option<usize>,
    /// Its version; `null` if it is not known.
    #[schema(required)]
    version: Option<String>,
    /// The seconds since its last sign of life; `null` if it has given none for longer than its lease.
    #[schema(required)]
    seen_seconds_ago: Option<u64>,
}

/// An app with its figures.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppFigures {
    id: String,
    name: String,
    enabled: bool,
    #[serde(flatten)]
    figures: FiguresView,
}

/// Figures of now. Rates are those of the last 10 to 20 seconds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FiguresView {
    connections: u32,
    /// Messages to clients, each receiver counted, and from clients.
    messages_per_second: f64,
    /// Requests of backends that were carried out.
    api_calls_per_second: f64,
    /// The time from the arrival of an event to its last write to a socket that 99 of 100 events do not exceed, as the
    /// upper bound of a range; `null` without events.
    #[schema(required)]
    delivery_p99_milliseconds: Option<f64>,
    refusals_last_minute: u32,
}

/// Show the nodes and the figures of apps
#[utoipa::path(
    get, path = "/overview", operation_id = "showOverview", tag = "live", params(Wanted),
    responses(
        (status = 200, description = "The overview.", body = OverviewView),
        (status = 404, description = "No such app."),
    ),
)]
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    Query(Wanted { app }): Query<Wanted>,
) -> Result<Json<OverviewView>, Problem> {
    let app = app.map(|id| known(&node, &id)).transpose()?;
    let nodes = nodes(&node).await;
    let current = node.figures.current(&node.hub.apps(), node.clock.now());
    let all = node.apps.all();
    let apps_total = all.len();
    let mut apps: Vec<&App> = all.iter().map(AsRef::as_ref).collect();
    if apps_total > APPS {
        apps.sort_by_key(|app| Reverse(sample_of(&current, &app.id).connections));
        apps.truncate(APPS);
    }
    let figures = |app: &App| AppFigures::new(app, sample_of(&current, &app.id));
    let (apps, app) = (apps.into_iter().map(figures).collect(), app.map(|app| figures(&app)));
    Ok(Json(OverviewView {
        time: Timestamp::now(),
        scope: Scope::of_figures(&node),
        node: node.name(),
        nodes,
        apps,
        app,
        apps_total,
        totals: current.all.into(),
    }))
}

/// An app without traffic has no figures.
fn sample_of(current: &CurrentFigures, app: &AppId) -> Sample {
    current.apps.get(app).copied().unwrap_or_default()
}

/// All nodes. If Redis does not answer, only this one is known.
async fn nodes(node: &Node) -> Vec<NodeView> {
    let NodeStatus { version, connections, trouble, .. } = NodeStatus::of(node);
    let own = NodeView {
        node: node.name(),
        this: true,
        ready: trouble.is_none(),
        trouble,
        connections: Some(connections),
        version: Some(version),
        seen_seconds_ago: Some(0),
    };
    let others = node_status::others(node).await;
    [own].into_iter().chain(others.into_iter().map(NodeView::other)).collect()
}

impl NodeView {
    fn other(OtherNode { id, seen, status }: OtherNode) -> Self {
        let (mut trouble, connections, version) = match status {
            Some(NodeStatus { version, connections, trouble, .. }) => (trouble, Some(connections), Some(version)),
            None => (None, None, None),
        };
        if seen.is_none() {
            trouble = Some("Its lease has ended: it was killed, or cannot reach Redis".to_owned());
        }
        Self {
            node: id,
            this: false,
            ready: trouble.is_none(),
            trouble,
            connections: connections.filter(|_| seen.is_some()),
            version,
            seen_seconds_ago: seen.map(|seen| seen.as_secs()),
        }
    }
}

impl AppFigures {
    fn new(app: &App, figures: Sample) -> Self {
        Self { id: app.id.to_string(), name: app.name.clone(), enabled: app.enabled, figures: figures.into() }
    }
}

impl From<Sample> for FiguresView {
    fn from(sample: Sample) -> Self {
        Self {
            connections: sample.connections,
            messages_per_second: sample.messages_per_second(),
            api_calls_per_second: sample.api_calls_per_second(),
            delivery_p99_milliseconds: sample.delivery_p99_milliseconds(),
            refusals_last_minute: sample.refusals,
        }
    }
}
