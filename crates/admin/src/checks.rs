//! `/admin/api/checks`

mod apps;
mod finding;
#[cfg(test)]
mod messages;
mod network;
mod storage;
mod system;

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
};
use clairon_server::node::Node;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use self::finding::Finding;
use crate::{
    problem::Problem,
    query::{Nothing, Query},
};

/// The checks of a server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckList {
    /// In the order in which an operator looks at them.
    checks: Vec<Check>,
}

/// What the server finds about one subject.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Check {
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
    /// What the detail and the advice name, for the same in another language; `case` tells the findings about a subject
    /// apart.
    parameters: Map<String, Value>,
}

/// The state of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckState {
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
pub(crate) async fn show(
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
    fn ok(finding: Finding, detail: impl Into<String>) -> Self {
        let (id, title) = finding.subject();
        let parameters = Map::from_iter([("case".to_owned(), finding.case().into())]);
        Self { id, state: CheckState::Ok, title, detail: detail.into(), advice: None, parameters }
    }

    fn warning(finding: Finding, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { state: CheckState::Warning, advice: Some(advice.into()), ..Self::ok(finding, detail) }
    }

    fn error(finding: Finding, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { state: CheckState::Error, ..Self::warning(finding, detail, advice) }
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }
}
