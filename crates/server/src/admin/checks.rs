//! `/admin/api/checks`

mod apps;
mod network;
mod storage;
mod system;

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    problem::Problem,
    query::{Nothing, Query},
};
use crate::node::Node;

/// The checks of a server.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckList {
    /// In the order in which an operator looks at them.
    checks: Vec<Check>,
}

/// What the server finds about one subject.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Check {
    /// The subject, for programs.
    #[schema(value_type = String)]
    id: &'static str,
    state: CheckState,
    /// The subject.
    #[schema(value_type = String)]
    title: &'static str,
    /// What was found.
    detail: String,
    /// What to do; `null` if all is well.
    #[schema(required)]
    advice: Option<String>,
    /// The values in the detail and the advice, for texts in other languages.
    parameters: Map<String, Value>,
}

/// The state of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CheckState {
    /// All is well.
    Ok,
    /// It works, and something may be wrong.
    Warning,
    /// Something does not work.
    Error,
}

/// Check the set-up of the server that answers
///
/// The request itself is looked at too: whether it came through a proxy that is not trusted, and without encryption.
#[utoipa::path(
    get, path = "/checks", operation_id = "showChecks", tag = "live",
    responses((status = 200, description = "The checks.", body = CheckList)),
)]
pub(super) async fn show(
    State(node): State<Arc<Node>>,
    Query(Nothing {}): Query<Nothing>,
    request: Request,
) -> Result<Json<CheckList>, Problem> {
    let (parts, _) = request.into_parts();
    let mut checks = vec![storage::reads(&node), storage::writes(&node)];
    checks.extend(storage::redis(&node));
    checks.push(system::open_files(&node));
    checks.push(system::memory(&node));
    checks.push(system::clock(&node));
    checks.push(network::forwarded(&node, &parts));
    checks.push(network::encryption(&parts));
    checks.extend(network::certificates(&node));
    checks.push(network::limits(&node));
    checks.push(apps::origins(&node));
    checks.push(apps::webhooks(&node));
    Ok(Json(CheckList { checks }))
}

impl Check {
    fn ok(id: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { id, state: CheckState::Ok, title, detail, advice: None, parameters: Map::new() }
    }

    fn warning(id: &'static str, title: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { state: CheckState::Warning, advice: Some(advice.into()), ..Self::ok(id, title, detail) }
    }

    fn error(id: &'static str, title: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { state: CheckState::Error, advice: Some(advice.into()), ..Self::ok(id, title, detail) }
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }
}
