//! Requests with the signature of an app's backend.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use clairon_protocol::{
    Limits,
    auth::{HttpRequest, InvalidRequest, MAX_PARAMETERS, RequestQuery},
};
use clairon_registry::{App, Credential};
use http::{StatusCode, Uri, request::Parts};

use super::{
    ApiError,
    body::{EMPTY_BODY_BYTES, RequestBody},
    path::parameter,
    user_path::UserPath,
};
use crate::{clock::unix_seconds, edge::PeerAddress, node::Node, plain_connections::trust_connection};

/// A request of an enabled app with a valid signature, and its raw body. As an extractor it is for requests that need
/// no body.
#[derive(Debug)]
pub(crate) struct SignedRequest {
    pub(crate) app: Arc<App>,
    uri: Uri,
    pub(crate) body: Bytes,
}

impl SignedRequest {
    /// The parameters of the query.
    pub(crate) fn query(&self) -> RequestQuery<'_> {
        RequestQuery::parse(split(&self.uri).1)
    }

    /// Checks a request and reads its body. `body_limit` gives the largest body in bytes, from the limits of the app.
    ///
    /// # Errors
    /// When the app is unknown or disabled, the signature is not valid, or a limit is exceeded.
    pub(crate) async fn read(
        request: Request,
        node: &Arc<Node>,
        body_limit: fn(&Limits) -> usize,
    ) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let app_id = parameter(&mut parts, "app_id").await?;
        let (path, query) = split(&parts.uri);
        let query = RequestQuery::parse(query);
        if query.len() > MAX_PARAMETERS {
            let message = format!(
                "The request has {} parameters behind its ?, the limit is {MAX_PARAMETERS}: the parameters of an event \
                 belong in the body",
                query.len()
            );
            return Err(ApiError::bad_request(message));
        }
        let key = query.get("auth_key");
        let client = parts.extensions.get().copied().unwrap_or_default();
        let app = find_app(node, client, app_id.as_deref(), key.as_deref())?;
        let credential = find_credential(node, client, &app, key.as_deref())?;
        let request = HttpRequest { method: parts.method.as_str(), path, query: &query };
        let refused = |invalid: InvalidRequest| {
            let reason = explain(node, &app, &parts, &request, &invalid);
            ApiError::new(StatusCode::UNAUTHORIZED, invalid.to_string()).because(reason)
        };
        // The signature covers the MD5 of the body, so the body is only read after the signature is verified.
        request.check(unix_seconds()).and_then(|()| request.verify(&credential.secret)).map_err(refused)?;
        node.key_uses.note(credential);
        trust_connection(&parts.extensions);
        if !app.enabled {
            let reason = format!("the app {} is disabled", app.id);
            return Err(ApiError::new(StatusCode::FORBIDDEN, "The app is disabled").because(reason));
        }
        node.rates.take_request(&app)?;
        let body = RequestBody::read(&parts.headers, body, body_limit(&app.limits)).await?;
        body.check(|form| request.check_body(form)).map_err(refused)?;
        Ok(Self { app, body: body.into_bytes(), uri: parts.uri })
    }
}

impl FromRequest<Arc<Node>> for SignedRequest {
    type Rejection = ApiError;

    async fn from_request(request: Request, node: &Arc<Node>) -> Result<Self, ApiError> {
        Self::read(request, node, |_| EMPTY_BODY_BYTES).await
    }
}

/// The signed path, and the query.
fn split(uri: &Uri) -> (&str, &str) {
    UserPath::of(uri).map_or_else(|| (uri.path(), uri.query().unwrap_or_default()), |user| (user.path, user.query))
}

fn explain(node: &Node, app: &App, parts: &Parts, request: &HttpRequest<'_>, invalid: &InvalidRequest) -> String {
    let forwarded = parts.headers.get("x-forwarded-prefix").and_then(|value| value.to_str().ok());
    let prefixes = [node.settings.path_prefix.as_str(), forwarded.unwrap_or_default()];
    let known: Vec<&str> = prefixes.into_iter().filter(|prefix| !prefix.is_empty()).collect();
    let client = parts.extensions.get().copied().unwrap_or_default();
    node.explain(client).request(&node.apps, app, request, invalid, &known)
}

/// The app of a request. It is in the path, except for `/users/{id}/terminate_connections`, the path that the official
/// Python library uses: there the key identifies the app.
fn find_app(node: &Node, client: PeerAddress, id: Option<&str>, key: Option<&str>) -> Result<Arc<App>, ApiError> {
    let unauthorized = |message: &str| ApiError::new(StatusCode::UNAUTHORIZED, message);
    let Some(id) = id else {
        let key = key.ok_or_else(|| unauthorized("Missing parameter: auth_key"))?;
        let reason = || node.explain(client).key(&node.apps, key);
        return node.apps.by_key(key).ok_or_else(|| unauthorized("Unknown auth_key").because(reason()));
    };
    let reason = || node.explain(client).app(&node.apps, id, key);
    node.apps
        .by_id(id)
        .ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "No app has the id in the path").because(reason()))
}

/// The app's credential with which the request claims to be signed.
fn find_credential<'a>(
    node: &Node,
    client: PeerAddress,
    app: &'a App,
    key: Option<&str>,
) -> Result<&'a Credential, ApiError> {
    let unauthorized = |message: &str| ApiError::new(StatusCode::UNAUTHORIZED, message);
    let key = key.ok_or_else(|| unauthorized("Missing parameter: auth_key"))?;
    app.credentials.find(key).ok_or_else(|| {
        let reason = node.explain(client).app(&node.apps, app.id.as_str(), Some(key));
        unauthorized("The auth_key is not the key of the app in the path").because(reason)
    })
}
