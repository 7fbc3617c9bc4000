//! `/admin/api/session`

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{FromRequest, Request, State},
    response::AppendHeaders,
};
use clairon_server::{
    node::Node,
    operators::{COOKIE, MARK_COOKIE, MARK_LIFETIME, Role, Session},
    plain_connections::{delay_wrong_token, trust_connection},
};
use http::{HeaderName, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tracing::info;
use utoipa::ToSchema;

use crate::{
    body::Object,
    caller::{Caller, Denied, check_own_header, check_own_page, is_known_browser},
    problem::Problem,
    query::{Nothing, Query},
    sign_in::{Origin, SignIn},
};

const STRANGERS: &str = "Too many attempts to sign in come from all addresses together: try again later, or sign in with \
                         a browser that has signed in before, or on the machine of the server";

/// The session of a request.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum SessionView {
    /// The request has a session or the token.
    SignedIn(OwnSession),
    /// The request has neither.
    SignedOut(NoSession),
}

/// The session of a signed-in operator.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnSession {
    /// `true`
    signed_in: bool,
    role: Role,
    /// The end of the session; `null` for a request with the token.
    #[schema(required)]
    expires_at: Option<Timestamp>,
    server: ServerView,
}

/// The ways to sign in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoSession {
    /// `false`
    signed_in: bool,
    /// The fields that `POST /session` accepts now: `password`, `token`, `link`.
    #[schema(value_type = Vec<String>)]
    methods: Vec<&'static str>,
}

/// The server that has answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerView {
    /// Its version.
    #[schema(value_type = String)]
    version: &'static str,
    /// The name of the node: its id among several nodes, or else the name of its machine.
    node: String,
    /// True if there may be other nodes.
    cluster: bool,
    /// The time of its start.
    started_at: Timestamp,
}

/// A new session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewSession {
    role: Role,
    /// Its end.
    expires_at: Timestamp,
}

/// Show the session of the request
///
/// It needs neither a token nor a session.
#[utoipa::path(
    get, path = "/session", operation_id = "showSession", tag = "session", security(()),
    responses((status = 200, description = "The session, or the ways to sign in.", body = SessionView)),
)]
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    Query(Nothing {}): Query<Nothing>,
    request: Request,
) -> Result<Json<SessionView>, Problem> {
    let Caller { role, expires_at } = match Caller::of(&node.operators, request.method(), request.headers()).await {
        Ok(caller) => caller,
        Err(Denied::Unchecked(failure)) => return Err(Problem::hashing(&failure)),
        Err(_) => {
            let methods = node.operators.methods();
            return Ok(Json(SessionView::SignedOut(NoSession { signed_in: false, methods })));
        }
    };
    trust_connection(request.extensions());
    let server = ServerView {
        version: env!("CARGO_PKG_VERSION"),
        node: node.name(),
        cluster: node.peers.can_take_over(),
        started_at: node.clock.start_time(),
    };
    Ok(Json(SessionView::SignedIn(OwnSession { signed_in: true, role, expires_at, server })))
}

/// Sign in
///
/// The answer sets the cookie `clairon_session` (`HttpOnly`, `SameSite=Strict`, over TLS `Secure`), which takes the
/// place of the token in requests. With it, a request other than `GET` and `HEAD` needs the header
/// `X-Clairon-Dashboard: 1`. An address has 20 attempts in a minute. All addresses together have 60, except for this
/// machine and for browsers with the cookie `clairon_known`, which a sign-in sets for 90 days.
#[utoipa::path(
    post, path = "/session", operation_id = "signIn", tag = "session", security(()), request_body = SignIn,
    responses(
        (
            status = 200, description = "The session.", body = NewSession,
            headers(("set-cookie" = String, description = "The cookies.")),
        ),
        (status = 401, description = "The credential is wrong."),
        (status = 403, description = "The request comes from a page of another site."),
        (
            status = 429, description = "Too many attempts.",
            headers(("retry-after" = u32, description = "The seconds after which another attempt is allowed.")),
        ),
    ),
)]
pub(crate) async fn begin(
    State(node): State<Arc<Node>>,
    Query(Nothing {}): Query<Nothing>,
    request: Request,
) -> Result<(AppendHeaders<[(HeaderName, String); 2]>, Json<NewSession>), Problem> {
    check_own_page(request.headers(), false).map_err(|foreign| Problem::forbidden(foreign.to_string()))?;
    let (parts, body) = request.into_parts();
    let origin = Origin::of(&parts);
    let sign_in = SignIn::read(Object::from_request(Request::from_parts(parts.clone(), body), &node).await?)?;
    node.addresses.take_sign_in(origin.counted_as()).map_err(|wait| {
        Problem::too_many("Too many attempts to sign in come from this address: try again later", wait)
    })?;
    if !origin.is_local && !is_known_browser(&node.operators, &parts.headers).await {
        node.operators.take_stranger(node.clock.now()).map_err(|wait| Problem::too_many(STRANGERS, wait))?;
    }
    let method = sign_in.method;
    let role = match sign_in.role(&node, origin).await {
        Ok(role) => role,
        Err(problem) => {
            delay_wrong_token(&node, &parts.extensions).await;
            return Err(problem);
        }
    };
    trust_connection(&parts.extensions);
    let lifetime = node.operators.session_lifetime();
    let now = Timestamp::now();
    let expires_at = end_of(lifetime, now);
    let signed =
        async { Ok((node.operators.sign(Session { role, expires_at }).await?, node.operators.mark(now).await?)) };
    let (session, mark) = signed.await.map_err(|failure| Problem::hashing(&failure))?;
    info!(peer = %origin.client, role = role.name(), method, "an operator has signed in");
    let cookies = [(COOKIE, session, lifetime), (MARK_COOKIE, mark, MARK_LIFETIME.unsigned_abs())];
    let prefix = &node.settings.path_prefix;
    let cookies =
        cookies.map(|(name, value, lifetime)| (header::SET_COOKIE, origin.cookie(name, prefix, &value, lifetime)));
    Ok((AppendHeaders(cookies), Json(NewSession { role, expires_at })))
}

/// The end of a session that begins now, in whole seconds like its cookie.
fn end_of(lifetime: Duration, now: Timestamp) -> Timestamp {
    let lifetime = SignedDuration::try_from(lifetime).unwrap_or(SignedDuration::MAX);
    let end = now.checked_add(lifetime).unwrap_or(Timestamp::MAX);
    Timestamp::from_second(end.as_second()).unwrap_or(end)
}

/// Sign out
///
/// The answer deletes the cookie.
#[utoipa::path(
    delete, path = "/session", operation_id = "signOut", tag = "session", security(()),
    responses(
        (
            status = 204, description = "The cookie is deleted.",
            headers(("set-cookie" = String, description = "The deleted cookie.")),
        ),
        (status = 403, description = "The request comes from a page of another site."),
    ),
)]
pub(crate) async fn end(
    State(node): State<Arc<Node>>,
    Query(Nothing {}): Query<Nothing>,
    request: Request,
) -> Result<(StatusCode, [(HeaderName, String); 1]), Problem> {
    let headers = request.headers();
    check_own_page(headers, false)
        .and_then(|()| check_own_header(headers))
        .map_err(|foreign| Problem::forbidden(foreign.to_string()))?;
    let (parts, _) = request.into_parts();
    let cookie = Origin::of(&parts).cookie(COOKIE, &node.settings.path_prefix, "", Duration::ZERO);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]))
}
