//! What a backend may do to its users.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};
use tracing::info;

use super::{ApiError, signed::SignedRequest};
use crate::node::Node;

/// `POST /apps/{id}/users/{user_id}/terminate_connections`, and the same without `/apps/{id}`: closes the connections
/// that are signed in as a user. Being a member of a presence channel as that user is not enough.
pub(crate) async fn terminate_connections(
    State(node): State<Arc<Node>>,
    request: SignedRequest,
) -> Result<Json<Value>, ApiError> {
    let user_id = request.item_of("users");
    node.peers.terminate(&request.app.id, &user_id).await?;
    info!(app = %request.app.id, user = %node.shown(&user_id), "connections terminated");
    Ok(Json(json!({})))
}
