//! Access to the admin API.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use clairon_server::{
    NoAccess,
    node::Node,
    plain_connections::{delay_wrong_token, trust_connection},
};
use http::{HeaderValue, StatusCode, header};

use crate::{
    caller::{Caller, Denied},
    problem::Problem,
};

/// The challenge for a request with a wrong token.
const WRONG_TOKEN: &str = r#"Bearer realm="Clairon admin API", error="invalid_token""#;

/// Passes on the requests of operators, with the [`Caller`] as an extension.
pub(crate) async fn admit(State(node): State<Arc<Node>>, mut request: Request, next: Next) -> Response {
    match Caller::of(&node.operators, request.method(), request.headers()).await {
        Ok(caller) => {
            trust_connection(request.extensions());
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(Denied::Foreign(foreign)) => Problem::forbidden(foreign.to_string()).into_response(),
        Err(Denied::Viewer) => Problem::forbidden(Denied::Viewer.to_string()).into_response(),
        Err(Denied::Unchecked(failure)) => Problem::hashing(&failure).into_response(),
        Err(denied @ (Denied::Token(_) | Denied::Session(_))) => {
            delay_wrong_token(&node, request.extensions()).await;
            refuse(&denied)
        }
    }
}

fn refuse(denied: &Denied) -> Response {
    let mut response = Problem::no_access().because(denied.to_string()).into_response();
    if let Denied::Token(NoAccess::OtherToken { .. } | NoAccess::NotSet) = denied {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(WRONG_TOKEN));
    }
    response
}

/// Answers every path while there is no way to sign in.
pub(crate) async fn require_operators(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    if node.operators.can_sign_in() { next.run(request).await } else { is_off().into_response() }
}

fn is_off() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "The admin API is off: set admin.token (CLAIRON_ADMIN_TOKEN) to a token of 16 characters or more, such as \
         `openssl rand -hex 32` makes, or dashboard.password (CLAIRON_DASHBOARD_PASSWORD), and start the server again",
    )
}
