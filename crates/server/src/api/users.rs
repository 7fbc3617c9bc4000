//! What a backend may do to its users.

use std::sync::Arc;

use axum::{Json, extract::State};
use clairon_protocol::UserId;
use serde_json::{Value, json};
use tracing::info;

use super::{ApiError, signed::SignedRequest};
use crate::{cut::Cut, node::Node};

/// `POST /apps/{id}/users/{user_id}/terminate_connections`, and the same without `/apps/{id}`: closes the connections
/// that are signed in as a user. Being a member of a presence channel as that user is not enough.
pub(crate) async fn terminate_connections(
    State(node): State<Arc<Node>>,
    request: SignedRequest,
) -> Result<Json<Value>, ApiError> {
    let user_id = request.item_of("users");
    match &node.cluster {
        Some(cluster) => cluster.terminate(&request.app.id, &UserId::from(&*user_id)).await?,
        None => drop(node.hub.app(&request.app.id).terminate(&user_id)),
    }
    info!(app = %request.app.id, user = %Cut(&user_id), "connections terminated");
    Ok(Json(json!({})))
}
