//! Requests that prove to come from an app's backend.

use std::{borrow::Cow, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{FromRequest, Request},
};
use bytes::{Bytes, BytesMut};
use clairon_protocol::{
    Limits,
    auth::{HttpRequest, InvalidRequest, Query},
};
use clairon_registry::{App, Credential};
use http::{StatusCode, Uri, header, request::Parts};
use http_body_util::BodyExt;
use percent_encoding::percent_decode_str;
use tokio::time::timeout;

use super::ApiError;
use crate::{clock::unix_seconds, node::Node};

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How much of a body that is too long is read and dropped, so that its sender gets to read the answer.
const DISCARDED_BYTES: usize = 16 << 20;
/// The longest body of a request that needs none, in bytes: libraries send `{}`.
const EMPTY_BODY_BYTES: usize = 4_096;

/// An extractor: a request whose signature is right, of an app that is switched on, with its raw body.
#[derive(Debug)]
pub(crate) struct SignedRequest {
    pub(crate) app: Arc<App>,
    uri: Uri,
    pub(crate) body: Bytes,
}

impl SignedRequest {
    /// The parameters of the query.
    pub(crate) fn query(&self) -> Query<'_> {
        Query::parse(self.uri.query().unwrap_or_default())
    }

    /// The part of the path that follows `collection`, unescaped: the name in `/apps/{id}/channels/{name}`.
    pub(crate) fn item_of(&self, collection: &str) -> Cow<'_, str> {
        let mut segments = self.uri.path().split('/').skip_while(|segment| *segment != collection);
        percent_decode_str(segments.nth(1).unwrap_or_default()).decode_utf8_lossy()
    }
}

impl FromRequest<Arc<Node>> for SignedRequest {
    type Rejection = ApiError;

    async fn from_request(request: Request, node: &Arc<Node>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let key = query.get("auth_key");
        let app = find_app(node, parts.uri.path(), key.as_deref())?;
        let credential = find_credential(node, &app, key.as_deref())?;
        let request = HttpRequest { method: parts.method.as_str(), path: parts.uri.path(), query: &query };
        let refused = |invalid: InvalidRequest| {
            let reason = explain(node, &app, &parts, &request, &invalid);
            ApiError::new(StatusCode::UNAUTHORIZED, invalid.to_string()).because(reason)
        };
        // The signature covers the MD5 of the body and not the body, so a stranger's body is not even read.
        request.check(unix_seconds()).and_then(|()| request.verify(&credential.secret)).map_err(refused)?;
        node.key_uses.note(credential);
        if !app.enabled {
            let reason = format!("the app {} is disabled", app.id);
            return Err(ApiError::new(StatusCode::FORBIDDEN, "The app is disabled").because(reason));
        }
        let body = read_body(&parts, body, body_limit(parts.uri.path(), &app.limits)).await?;
        request.check_body(&body).map_err(refused)?;
        Ok(Self { app, uri: parts.uri, body })
    }
}

fn explain(node: &Node, app: &App, parts: &Parts, request: &HttpRequest<'_>, invalid: &InvalidRequest) -> String {
    let forwarded = parts.headers.get("x-forwarded-prefix").and_then(|value| value.to_str().ok());
    let prefixes = [node.settings.path_prefix.as_str(), forwarded.unwrap_or_default()];
    let known: Vec<&str> = prefixes.into_iter().filter(|prefix| !prefix.is_empty()).collect();
    node.explainer.request(&node.apps, app, request, invalid, &known)
}

/// The app that a request is for. The path names it, but for `/users/{id}/terminate_connections`, as the official
/// Python library calls it: there the key alone does.
fn find_app(node: &Node, path: &str, key: Option<&str>) -> Result<Arc<App>, ApiError> {
    let unauthorized = |message: &str| ApiError::new(StatusCode::UNAUTHORIZED, message);
    let id = path.strip_prefix("/apps/").and_then(|rest| rest.split('/').next());
    let Some(id) = id.map(|id| percent_decode_str(id).decode_utf8_lossy()) else {
        let key = key.ok_or_else(|| unauthorized("Missing parameter: auth_key"))?;
        let reason = || node.explainer.key(&node.apps, key);
        return node.apps.by_key(key).ok_or_else(|| unauthorized("Unknown auth_key").because(reason()));
    };
    let reason = || node.explainer.app(&node.apps, &id, key);
    node.apps
        .by_id(id.as_ref())
        .ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "No app has the id in the path").because(reason()))
}

/// The app's credential that a request says it is signed with.
fn find_credential<'a>(node: &Node, app: &'a App, key: Option<&str>) -> Result<&'a Credential, ApiError> {
    let unauthorized = |message: &str| ApiError::new(StatusCode::UNAUTHORIZED, message);
    let key = key.ok_or_else(|| unauthorized("Missing parameter: auth_key"))?;
    app.credentials.find(key).ok_or_else(|| {
        let reason = node.explainer.app(&node.apps, app.id.as_str(), Some(key));
        unauthorized("The auth_key is not the key of the app in the path").because(reason)
    })
}

/// The longest body of a request, in bytes: what the app's limits for its endpoint add up to.
fn body_limit(path: &str, limits: &Limits) -> usize {
    if path.ends_with("/batch_events") {
        limits.batch_body_bytes()
    } else if path.ends_with("/events") {
        limits.event_body_bytes()
    } else {
        EMPTY_BODY_BYTES
    }
}

/// Reads a body of at most `limit` bytes.
pub(crate) async fn read_body(parts: &Parts, body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let late = |_| ApiError::new(StatusCode::REQUEST_TIMEOUT, "The body of the request did not arrive in time");
    let (bytes, size) = timeout(BODY_TIMEOUT, collect(body, limit)).await.map_err(late)??;
    if size <= limit {
        return Ok(bytes);
    }
    let declared = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let size = declared.map_or_else(|| format!("at least {size}"), str::to_owned);
    let message = format!("The body of the request ({size} bytes) exceeds the allowed maximum ({limit} bytes)");
    Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message))
}

/// Reads a body. Past the limit nothing is kept, and only its size is returned.
async fn collect(mut body: Body, limit: usize) -> Result<(Bytes, usize), ApiError> {
    let (mut bytes, mut size) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ApiError::bad_request("The body of the request broke off"))?;
        let Ok(data) = frame.into_data() else { continue };
        size += data.len();
        if size <= limit {
            bytes.extend_from_slice(&data);
        } else if size > limit + DISCARDED_BYTES {
            break;
        } else {
            bytes = BytesMut::new();
        }
    }
    Ok((bytes.freeze(), size))
}
