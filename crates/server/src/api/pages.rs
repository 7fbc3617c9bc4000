//! Pages without a signature, for load balancers and people.

use std::sync::Arc;

use axum::{
    Json,
    extract::{OriginalUri, Path, Request, State},
    response::{IntoResponse, Response},
};
use clairon_certificates::Acme;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::ApiError;
use crate::{explain::unknown_path, node::Node, peer_text::start_of};

/// An unknown method is repeated up to this many characters.
const METHOD_CHARS: usize = 20;

const HOME: &str = concat!(
    "Clairon ",
    env!("CARGO_PKG_VERSION"),
    ": a broadcasting server that speaks the Pusher Channels protocol.\n\n",
    "  WebSocket   /app/{key}                       pusher-js, Laravel Echo\n",
    "  HTTP API    POST /apps/{id}/events           and the rest of the Pusher HTTP API, signed\n",
    "  Health      /up  /health  /ready\n",
);

/// `GET /`
pub(crate) async fn home() -> &'static str {
    HOME
}

/// `GET /up`: shows that the process answers. The body is that of similar servers, which monitoring tools know.
pub(crate) async fn up() -> Json<Value> {
    Json(json!({ "health": "OK" }))
}

/// `GET /health`: the same with the version, and the domains whose certificate cannot be got or renewed.
pub(crate) async fn health(State(node): State<Arc<Node>>) -> Json<Value> {
    let mut health = json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") });
    let failures = node.acme().map(Acme::failures).unwrap_or_default();
    let failing: Vec<_> = failures.iter().filter(|(_, failures)| *failures > 0).map(|(domain, _)| domain).collect();
    if !failing.is_empty() {
        health["failing_certificates"] = json!(failing);
    }
    Json(health)
}

/// `GET /ready`: 200 if new clients are accepted; 503 while the server stops, while it cannot work with the other
/// nodes, and while the registry accepts no writes.
pub(crate) async fn ready(State(node): State<Arc<Node>>) -> Response {
    match node.obstacle() {
        Some(obstacle) => ApiError::new(StatusCode::SERVICE_UNAVAILABLE, obstacle).into_response(),
        None => Json(json!({ "ready": true })).into_response(),
    }
}

/// `GET /.well-known/acme-challenge/{token}`: the answer to a challenge of HTTP-01 (RFC 8555, 8.3).
pub(crate) async fn challenge(State(node): State<Arc<Node>>, Path(token): Path<String>) -> Result<String, ApiError> {
    let body = node.acme().and_then(|acme| acme.challenges.body(&token));
    body.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "No certificate authority waits for this token"))
}

/// Fallback for unknown paths (404).
pub async fn not_found(State(node): State<Arc<Node>>, OriginalUri(uri): OriginalUri) -> ApiError {
    let message = "No such path. WebSocket: /app/{key}. HTTP API: /apps/{id}/events, /batch_events, /channels, \
                   /channels/{name}, /channels/{name}/users, /channels/{name}/events, /connections, /users/{user_id}/terminate_connections. \
                   Behind a proxy with a prefix, the setting server.path_prefix names it";
    let reason = unknown_path(&node.apps, uri.path());
    ApiError::new(StatusCode::NOT_FOUND, message).because(reason)
}

/// The answer for a path that does not support the method.
pub(crate) async fn method_not_allowed(request: Request) -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, no_method(request.method()))
}

/// The message for a path that does not support the method.
#[must_use]
pub fn no_method(method: &Method) -> String {
    format!("{} is not a method of this path", start_of(method.as_str(), METHOD_CHARS))
}
