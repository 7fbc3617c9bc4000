//! `/admin/api/apps/{id}/keys`

use std::sync::Arc;

use axum::{Json, extract::State};
use clairon_registry::{Credential, KEYS, RegistryError};
use clairon_server::node::Node;
use http::StatusCode;

use crate::{
    app_view::KeyView,
    change_log::{AdminChange, Author},
    path::{AppPath, KeyPath},
    problem::Problem,
    query::{Nothing, Query},
    registry::change,
};

/// Add a key to an app
///
/// The new key becomes the newest. Older keys work until they are retired. The answer contains the new secret.
#[utoipa::path(
    post, path = "/apps/{id}/keys", operation_id = "rotateKey", tag = "keys",
    params(("id" = String, Path, description = "The id of the app.")),
    responses(
        (status = 201, description = "The new key, with its secret.", body = KeyView),
        (status = 404, description = "No such app."),
        (status = 409, description = "The app has the largest allowed number of keys."),
    ),
)]
pub(crate) async fn rotate(
    State(node): State<Arc<Node>>,
    author: Author,
    AppPath(id): AppPath,
    Query(Nothing {}): Query<Nothing>,
) -> Result<(StatusCode, Json<KeyView>), Problem> {
    let credential = Credential::random();
    let rotated = async {
        match node.registry.rotate(&id, &credential).await {
            // The request is valid, but the app has no room for another key.
            Err(RegistryError::Size(_)) => Ok(Err(full())),
            rotated => rotated.map(|app| app.ok_or_else(Problem::no_app)),
        }
    };
    change(&node, rotated).await??;
    author.log(&id, AdminChange::KeyAdded(&credential.key));
    Ok((StatusCode::CREATED, Json(KeyView::new(&credential, true))))
}

fn full() -> Problem {
    Problem::new(StatusCode::CONFLICT, format!("the app has {KEYS} keys and may have no more: retire one first"))
}

/// Retire a key of an app
///
/// The key is refused from now on. Connected clients stay connected.
#[utoipa::path(
    delete, path = "/apps/{id}/keys/{key}", operation_id = "retireKey", tag = "keys",
    params(
        ("id" = String, Path, description = "The id of the app."),
        ("key" = String, Path, description = "The key."),
    ),
    responses(
        (status = 204, description = "The key is retired."),
        (status = 404, description = "No such app, or the app does not have the key."),
        (status = 409, description = "It is the only key of the app."),
    ),
)]
pub(crate) async fn retire(
    State(node): State<Arc<Node>>,
    author: Author,
    KeyPath(id, key): KeyPath,
    Query(Nothing {}): Query<Nothing>,
) -> Result<StatusCode, Problem> {
    change(&node, node.registry.retire(&id, &key)).await?.ok_or_else(Problem::no_app)?;
    author.log(&id, AdminChange::KeyRetired(&key));
    Ok(StatusCode::NO_CONTENT)
}
