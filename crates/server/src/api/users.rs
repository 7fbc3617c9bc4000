//! Requests about users.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequest, Request, State},
};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tracing::info;

use super::{ApiError, method_not_allowed, signed::SignedRequest, user_path::UserPath};
use crate::node::Node;

/// `POST /apps/{id}/users/{user_id}/terminate_connections`, with or without `/apps/{id}`: closes the connections that
/// are signed in as a user. Connections that are only members of a presence channel as that user are not closed.
///
/// It handles every path below `/users/`, because an id may contain slashes.
pub(crate) async fn terminate_connections(
    State(node): State<Arc<Node>>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    let Some(user_id) = UserPath::of(request.uri()).map(|path| path.id().into_owned()) else {
        return Err(no_such_path());
    };
    if request.method() != Method::POST {
        return Err(method_not_allowed(request).await);
    }
    let SignedRequest { app, .. } = SignedRequest::from_request(request, &node).await?;
    node.peers.terminate(&app.id, &user_id).await?;
    info!(app = %app.id, user = %node.shown(&user_id), "connections terminated");
    Ok(Json(json!({})))
}

fn no_such_path() -> ApiError {
    let message = "No such path: below /apps/{id}/users/ there is /{user_id}/terminate_connections. In the id, # has to \
                   be percent-encoded, and so has ? where the library does not leave it as it is";
    ApiError::new(StatusCode::NOT_FOUND, message)
}
