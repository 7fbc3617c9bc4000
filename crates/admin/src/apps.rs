//! `/admin/api/apps`, except for the list

use std::sync::Arc;

use axum::{Json, extract::State};
use clairon_registry::{App, RegistryError};
use clairon_server::node::Node;
use http::{HeaderName, StatusCode, header};

use crate::{
    app_input::{AppPatch, NewApp},
    app_view::AppView,
    body::Object,
    change_log::{AdminChange, Author},
    path::AppPath,
    problem::Problem,
    query::{Nothing, Query, ShowSecret},
    registry::{change, find_app},
};

/// The largest number of attempts to find a free random id.
const ATTEMPTS: usize = 5;

/// Create an app
///
/// The answer contains its secret.
#[utoipa::path(
    post, path = "/apps", operation_id = "createApp", tag = "apps", request_body = NewApp,
    responses(
        (
            status = 201, description = "The app, with its secret.", body = AppView,
            headers(("location" = String, description = "The path of the app, relative to the path of the request.")),
        ),
        (status = 409, description = "An app has this id or this key already."),
    ),
)]
pub(crate) async fn create(
    State(node): State<Arc<Node>>,
    author: Author,
    Query(Nothing {}): Query<Nothing>,
    body: Object,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<AppView>), Problem> {
    let new = NewApp::read(body)?;
    let limits = *node.default_limits.read();
    let mut attempts = (0..ATTEMPTS).map(|_| new.build(App { limits, ..App::random() }));
    let created = async {
        loop {
            let Some(app) = attempts.next() else { return Ok(None) };
            match node.registry.create(&app).await {
                Err(RegistryError::IdTaken { .. }) if new.id.is_none() => {}
                created => return created.map(|()| Some(app)),
            }
        }
    };
    let app = change(&node, created).await?.ok_or_else(|| {
        Problem::new(StatusCode::CONFLICT, "The random ids that were tried are all taken: name one, or try again")
    })?;
    author.log(&app.id, AdminChange::AppCreated);
    Ok((StatusCode::CREATED, [(header::LOCATION, format!("apps/{}", app.id))], Json(AppView::new(&app, true))))
}

/// Show an app
#[utoipa::path(
    get, path = "/apps/{id}", operation_id = "showApp", tag = "apps",
    params(("id" = String, Path, description = "The id of the app."), ShowSecret),
    responses((status = 200, description = "The app.", body = AppView), (status = 404, description = "No such app.")),
)]
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    AppPath(id): AppPath,
    ShowSecret { show_secret }: ShowSecret,
) -> Result<Json<AppView>, Problem> {
    let app = find_app(&node, &id).await?;
    Ok(Json(AppView::new(&app, show_secret)))
}

/// Change fields of an app
///
/// Omitted fields stay as they are. All fields are validated before any is changed.
#[utoipa::path(
    patch, path = "/apps/{id}", operation_id = "updateApp", tag = "apps", request_body = AppPatch,
    params(("id" = String, Path, description = "The id of the app.")),
    responses(
        (status = 200, description = "The changed app.", body = AppView),
        (status = 404, description = "No such app."),
    ),
)]
pub(crate) async fn update(
    State(node): State<Arc<Node>>,
    author: Author,
    AppPath(id): AppPath,
    Query(Nothing {}): Query<Nothing>,
    body: Object,
) -> Result<Json<AppView>, Problem> {
    let patch = AppPatch::read(body)?;
    let apply = |app: &mut App| patch.apply(app);
    let update = change(&node, node.registry.update(&id, &apply)).await?.ok_or_else(Problem::no_app)?;
    author.log(&id, AdminChange::AppUpdated(&update));
    Ok(Json(AppView::new(&update.after, false)))
}

/// Delete an app
///
/// Its clients are disconnected with 4003.
#[utoipa::path(
    delete, path = "/apps/{id}", operation_id = "deleteApp", tag = "apps",
    params(("id" = String, Path, description = "The id of the app.")),
    responses((status = 204, description = "The app is deleted."), (status = 404, description = "No such app.")),
)]
pub(crate) async fn delete(
    State(node): State<Arc<Node>>,
    author: Author,
    AppPath(id): AppPath,
    Query(Nothing {}): Query<Nothing>,
) -> Result<StatusCode, Problem> {
    if !change(&node, node.registry.delete(&id)).await? {
        return Err(Problem::no_app());
    }
    author.log(&id, AdminChange::AppDeleted);
    Ok(StatusCode::NO_CONTENT)
}
