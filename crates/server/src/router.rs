//! The routes.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::Response,
    routing::{MethodRouter, any, get, post},
};
use clairon_protocol::Limits;
use http::{StatusCode, Uri, header, uri::PathAndQuery};
use hyper::body::Body;
use serde_json::Value;
use tower::ServiceBuilder;
use tower_http::cors::CorsLayer;

use crate::{
    api::{self, ApiError, Reason, SignedRequest},
    dashboard,
    metrics::{self, Access},
    node::Node,
    refusals::Refused,
    socket,
};

/// The path for clients.
const SOCKET: &str = "/app/{key}";
/// The path for challenges of an authority (RFC 8555, 8.3).
pub(crate) const CHALLENGE: &str = "/.well-known/acme-challenge/{token}";

/// Makes the routes of the admin API, below `/admin`. They are in another crate, which knows this one.
pub type AdminRoutes = fn(&Arc<Node>) -> Router;

/// All routes of a node.
pub(crate) fn router(node: &Arc<Node>, admin: AdminRoutes) -> Router {
    // One layer of three is cheaper than three layers: each is cloned with each request.
    let layers = ServiceBuilder::new()
        .layer(CorsLayer::permissive())
        .layer(middleware::from_fn_with_state(Noting::new(node, Refused::request), note_answer))
        .layer(middleware::from_fn_with_state(node.clone(), refuse_stray_websocket));
    let guarded = admin(node).merge(dashboard::router(node)).merge(metrics(node, Access::Public));
    let guarded = guarded.layer(middleware::from_fn_with_state(Noting::new(node, Refused::admin), note_answer));
    Router::new()
        .route(SOCKET, any(socket::upgrade))
        .route("/apps/{app_id}/events", limited(api::events, Limits::event_body_bytes))
        .route("/apps/{app_id}/batch_events", limited(api::batch_events, Limits::batch_body_bytes))
        .route("/apps/{app_id}/connections", get(api::connections))
        .route("/apps/{app_id}/channels", get(api::channels))
        .route("/apps/{app_id}/channels/{channel}", get(api::channel))
        .route("/apps/{app_id}/channels/{channel}/users", get(api::channel_users))
        .route("/apps/{app_id}/channels/{channel}/events", get(api::channel_events))
        // The path ends here if an id begins with a `?`.
        .route("/apps/{app_id}/users/", any(api::terminate_connections))
        .route("/apps/{app_id}/users/{*user}", any(api::terminate_connections))
        .route("/users/", any(api::terminate_connections))
        .route("/users/{*user}", any(api::terminate_connections))
        .route("/", get(api::home))
        .route("/recover.js", get(api::recover_module))
        .route("/recover.global.js", get(api::recover_script))
        .route("/up", get(api::up))
        .route("/health", get(api::health))
        .route("/ready", get(api::ready))
        .route(CHALLENGE, get(api::challenge))
        .fallback(api::not_found)
        .method_not_allowed_fallback(api::method_not_allowed)
        .with_state(node.clone())
        .layer(layers)
        // Merged after the layers, so these do not apply to it: pages of other sites must not have access.
        .merge(guarded)
}

/// A route for signed requests with a limit for the body, computed from the limits of the request's app.
fn limited<F>(
    handler: fn(State<Arc<Node>>, SignedRequest) -> F,
    body_limit: fn(&Limits) -> usize,
) -> MethodRouter<Arc<Node>>
where
    F: Future<Output = Result<Json<Value>, ApiError>> + Send + 'static,
{
    post(async move |State(node): State<Arc<Node>>, request: Request| {
        let request = SignedRequest::read(request, &node, body_limit).await?;
        handler(State(node), request).await
    })
}

/// The routes of the separate port for metrics.
pub(crate) fn metrics_router(node: &Arc<Node>) -> Router {
    metrics(node, Access::Own)
        .fallback(api::not_found)
        .with_state(node.clone())
        .layer(middleware::from_fn_with_state(Noting::new(node, Refused::admin), note_answer))
}

fn metrics<S: Clone + Send + Sync + 'static>(node: &Arc<Node>, access: Access) -> Router<S> {
    let page = async move |State(node): State<Arc<Node>>, request: Request| metrics::page(&node, access, request).await;
    Router::new()
        .route("/metrics", get(page))
        .method_not_allowed_fallback(api::method_not_allowed)
        .with_state(node.clone())
}

/// Answers a WebSocket on another path than `/app/{key}` with a close code.
async fn refuse_stray_websocket(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get().map(MatchedPath::as_str);
    if socket::is_upgrade(request.headers()) && route != Some(SOCKET) {
        return socket::upgrade(State(node), request).await;
    }
    next.run(request).await
}

/// The state of [`note_answer`].
#[derive(Clone)]
struct Noting {
    node: Arc<Node>,
    /// The kind of a refusal by these routes.
    refused: fn(StatusCode) -> Refused,
}

impl Noting {
    fn new(node: &Arc<Node>, refused: fn(StatusCode) -> Refused) -> Self {
        Self { node: node.clone(), refused }
    }
}

/// Logs and counts a request, carried out or refused.
async fn note_answer(State(Noting { node, refused }): State<Noting>, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let peer = request.extensions().get().copied().unwrap_or_default();
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let response = next.run(request).await;
    // A WebSocket, admitted or refused, is noted elsewhere.
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return response;
    }
    let path = uri.path();
    let app = app_of(path).and_then(|id| node.apps.by_id(id));
    if let Some(Reason(reason)) = response.extensions().get() {
        let status = response.status();
        node.note_refusal(refused(status), app.as_ref().map(|app| &app.id), |refused| {
            refused.peer(peer).request(&method, path).code(status.as_u16()).because(reason)
        });
    } else if let Some(app) = app {
        let answer = usize::try_from(response.body().size_hint().lower()).unwrap_or_default();
        node.hub.app(&app.id).traffic().add_request(length.unwrap_or_default(), answer);
    }
    response
}

/// The id in `/apps/{id}/…`, if nothing in it is escaped.
fn app_of(path: &str) -> Option<&str> {
    path.strip_prefix("/apps/")?.split('/').next()
}

/// Removes the server's prefix from a request's path, if it is there. The prefix is not signed.
pub(crate) fn strip_prefix<B>(prefix: &str, mut request: http::Request<B>) -> http::Request<B> {
    if let Some(uri) = without_prefix(prefix, request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

fn without_prefix(prefix: &str, uri: &Uri) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(prefix).filter(|_| !prefix.is_empty())?;
    let rest = match rest.as_bytes().first() {
        Some(b'/') => rest.to_owned(),
        None | Some(b'?') => format!("/{rest}"),
        Some(_) => return None,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(rest).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_taken_off_once_and_whole() {
        let strip = |path: &str| {
            let request = http::Request::builder().uri(path).body(()).unwrap();
            strip_prefix("/ws", request).uri().to_string()
        };
        assert_eq!(strip("/ws/app/key?protocol=7"), "/app/key?protocol=7");
        assert_eq!(strip("/ws"), "/");
        assert_eq!(strip("/ws?x"), "/?x");
        assert_eq!(strip("/wsx/app"), "/wsx/app");
        assert_eq!(strip("/app/key"), "/app/key");
        assert_eq!(strip("/ws/ws/a%20b"), "/ws/a%20b");
    }
}
