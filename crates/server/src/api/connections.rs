//! How many clients a backend has.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{ApiError, signed::SignedRequest};
use crate::{node::Node, peers::LocalApp};

/// `GET /apps/{id}/connections`: how many clients are connected to all nodes. Not of hosted Pusher's API: Laravel
/// Reverb has it, and its recorder for Laravel Pulse asks every 15 s.
pub(crate) async fn connections(
    State(node): State<Arc<Node>>,
    request: SignedRequest,
) -> Result<Json<Value>, ApiError> {
    let id = &request.app.id;
    let connections = node.peers.connections(LocalApp { id, hub: &node.hub.app(id) }).await?;
    Ok(Json(json!({ "connections": connections })))
}
