//! `/admin/api/apps/{id}/enable` and `/disable`

use std::sync::Arc;

use axum::{Json, extract::State};
use clairon_protocol::AppId;
use clairon_registry::App;
use clairon_server::node::Node;

use crate::{
    app_view::AppView,
    change_log::{AdminChange, Author},
    path::AppPath,
    problem::Problem,
    query::{Nothing, Query},
    registry::change,
};

/// Enable an app
#[utoipa::path(
    post, path = "/apps/{id}/enable", operation_id = "enableApp", tag = "apps",
    params(("id" = String, Path, description = "The id of the app.")),
    responses(
        (status = 200, description = "The changed app.", body = AppView),
        (status = 404, description = "No such app."),
    ),
)]
pub(crate) async fn enable(
    State(node): State<Arc<Node>>,
    author: Author,
    AppPath(id): AppPath,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<AppView>, Problem> {
    switch(&node, author, &id, true).await
}

/// Disable an app
///
/// Its clients are disconnected with 4003. Connections and requests are refused until it is enabled again.
#[utoipa::path(
    post, path = "/apps/{id}/disable", operation_id = "disableApp", tag = "apps",
    params(("id" = String, Path, description = "The id of the app.")),
    responses(
        (status = 200, description = "The changed app.", body = AppView),
        (status = 404, description = "No such app."),
    ),
)]
pub(crate) async fn disable(
    State(node): State<Arc<Node>>,
    author: Author,
    AppPath(id): AppPath,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<AppView>, Problem> {
    switch(&node, author, &id, false).await
}

async fn switch(node: &Node, author: Author, id: &AppId, enabled: bool) -> Result<Json<AppView>, Problem> {
    let apply = |app: &mut App| app.enabled = enabled;
    let update = change(node, node.registry.update(id, &apply)).await?.ok_or_else(Problem::no_app)?;
    author.log(id, if enabled { AdminChange::AppEnabled } else { AdminChange::AppDisabled });
    Ok(Json(AppView::new(&update.after, false)))
}
