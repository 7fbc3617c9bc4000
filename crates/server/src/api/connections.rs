//! The number of connected clients.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{ApiError, signed::SignedRequest};
use crate::node::Node;

/// `GET /apps/{id}/connections`: the number of clients on all nodes. It is not part of hosted Pusher's API. Laravel
/// Reverb has it, and its recorder for Laravel Pulse requests it every 15 s.
pub(crate) async fn connections(
    State(node): State<Arc<Node>>,
    request: SignedRequest,
) -> Result<Json<Value>, ApiError> {
    let id = &request.app.id;
    let connections = node.peers.connections(&node.hub.app(id)).await?;
    Ok(Json(json!({ "connections": connections })))
}
