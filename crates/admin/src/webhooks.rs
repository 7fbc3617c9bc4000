//! `/admin/api/apps/{id}/webhooks`

use std::sync::Arc;

use axum::{Json, extract::State};
use clairon_registry::{App, RegistryError, WEBHOOKS, Webhooks, WrongSize};
use clairon_server::node::Node;
use http::{HeaderName, StatusCode, header};

use crate::{
    body::Object,
    change_log::{AdminChange, Author},
    path::{AppPath, WebhookPath},
    problem::Problem,
    query::{Nothing, Query, ShowSecret},
    registry::{change, find_app, find_webhook},
    webhook_input::{GivenWebhook, NewWebhook},
    webhook_view::{WebhookList, WebhookView},
};

/// The endpoints of an app
#[utoipa::path(
    get, path = "/apps/{id}/webhooks", operation_id = "listWebhooks", tag = "webhooks",
    params(("id" = String, Path, description = "The id of the app."), ShowSecret),
    responses(
        (status = 200, description = "The endpoints.", body = WebhookList),
        (status = 404, description = "No such app."),
    ),
)]
pub(crate) async fn list(
    State(node): State<Arc<Node>>,
    AppPath(id): AppPath,
    ShowSecret { show_secret }: ShowSecret,
) -> Result<Json<WebhookList>, Problem> {
    let app = find_app(&node, &id).await?;
    Ok(Json(WebhookList::new(&app.webhooks, show_secret)))
}

/// Add an endpoint to an app
#[utoipa::path(
    post, path = "/apps/{id}/webhooks", operation_id = "addWebhook", tag = "webhooks", request_body = NewWebhook,
    params(("id" = String, Path, description = "The id of the app.")),
    responses(
        (
            status = 201, description = "The endpoint.", body = WebhookView,
            headers(("location" = String, description = "The URL of the endpoint, relative to the path of the request.")),
        ),
        (status = 404, description = "No such app."),
        (status = 409, description = "The app has the maximum number of endpoints."),
    ),
)]
pub(crate) async fn add(
    State(node): State<Arc<Node>>,
    author: Author,
    AppPath(id): AppPath,
    Query(Nothing {}): Query<Nothing>,
    body: Object,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<WebhookView>), Problem> {
    let NewWebhook(webhook) = NewWebhook::read(body)?;
    let add = |app: &mut App| app.webhooks.add(webhook.clone());
    let added = async {
        match node.registry.update(&id, &add).await {
            // The endpoint is valid, but the app has no room for another one.
            Err(RegistryError::Size(WrongSize { field: Webhooks::FIELD, .. })) => Ok(Err(full())),
            added => added.map(|update| update.ok_or_else(Problem::no_app)),
        }
    };
    change(&node, added).await??;
    author.log(&id, AdminChange::WebhookAdded(&webhook));
    let location = format!("webhooks/{}", webhook.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(WebhookView::new(webhook, false))))
}

fn full() -> Problem {
    let detail = format!("the app has {WEBHOOKS} endpoints and may have no more: remove one first");
    Problem::new(StatusCode::CONFLICT, detail)
}

/// One endpoint
#[utoipa::path(
    get, path = "/apps/{id}/webhooks/{webhook}", operation_id = "showWebhook", tag = "webhooks",
    params(
        ("id" = String, Path, description = "The id of the app."),
        ("webhook" = String, Path, description = "The id of the endpoint."),
        ShowSecret,
    ),
    responses(
        (status = 200, description = "The endpoint.", body = WebhookView),
        (status = 404, description = "No such app, or it has no such endpoint."),
    ),
)]
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    WebhookPath(id, webhook): WebhookPath,
    ShowSecret { show_secret }: ShowSecret,
) -> Result<Json<WebhookView>, Problem> {
    let (_, webhook) = find_webhook(&node, &id, &webhook).await?;
    Ok(Json(WebhookView::new(webhook, show_secret)))
}

/// Change some fields of an endpoint
///
/// Absent fields stay as they are. Pending deliveries go to the new URL.
#[utoipa::path(
    patch, path = "/apps/{id}/webhooks/{webhook}", operation_id = "updateWebhook", tag = "webhooks",
    request_body = GivenWebhook,
    params(
        ("id" = String, Path, description = "The id of the app."),
        ("webhook" = String, Path, description = "The id of the endpoint."),
    ),
    responses(
        (status = 200, description = "The endpoint as it is now.", body = WebhookView),
        (status = 404, description = "No such app, or it has no such endpoint."),
    ),
)]
pub(crate) async fn update(
    State(node): State<Arc<Node>>,
    author: Author,
    WebhookPath(id, webhook): WebhookPath,
    Query(Nothing {}): Query<Nothing>,
    body: Object,
) -> Result<Json<WebhookView>, Problem> {
    let GivenWebhook(patch) = GivenWebhook::read(body)?;
    let apply = |app: &mut App| {
        app.webhooks.change(&webhook, |webhook| patch.apply(webhook));
    };
    let update = change(&node, node.registry.update(&id, &apply)).await?.ok_or_else(Problem::no_app)?;
    let of = |app: &App| app.webhooks.find(&webhook).cloned().ok_or_else(Problem::no_webhook);
    let (before, after) = (of(&update.before)?, of(&update.after)?);
    author.log(&id, AdminChange::WebhookUpdated { before: &before, after: &after });
    Ok(Json(WebhookView::new(after, false)))
}

/// Remove an endpoint
///
/// Its pending deliveries are discarded.
#[utoipa::path(
    delete, path = "/apps/{id}/webhooks/{webhook}", operation_id = "removeWebhook", tag = "webhooks",
    params(
        ("id" = String, Path, description = "The id of the app."),
        ("webhook" = String, Path, description = "The id of the endpoint."),
    ),
    responses(
        (status = 204, description = "The endpoint is removed."),
        (status = 404, description = "No such app, or it has no such endpoint."),
    ),
)]
pub(crate) async fn remove(
    State(node): State<Arc<Node>>,
    author: Author,
    WebhookPath(id, webhook): WebhookPath,
    Query(Nothing {}): Query<Nothing>,
) -> Result<StatusCode, Problem> {
    let remove = |app: &mut App| {
        app.webhooks.remove(&webhook);
    };
    let update = change(&node, node.registry.update(&id, &remove)).await?.ok_or_else(Problem::no_app)?;
    update.before.webhooks.find(&webhook).ok_or_else(Problem::no_webhook)?;
    author.log(&id, AdminChange::WebhookRemoved(&webhook));
    Ok(StatusCode::NO_CONTENT)
}
