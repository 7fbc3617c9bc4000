//! Access to the admin API.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};

use super::problem::Problem;
use crate::{
    bearer::{BearerToken, NoAccess},
    node::Node,
    plain_connections::{delay_wrong_token, trust_connection},
};

/// The challenges for a request without a token, and for a request with a wrong one.
const NO_TOKEN: &str = r#"Bearer realm="Clairon admin API""#;
const WRONG_TOKEN: &str = r#"Bearer realm="Clairon admin API", error="invalid_token""#;

/// Passes on requests with the token.
pub(super) async fn check_token(
    State((node, token)): State<(Arc<Node>, BearerToken)>,
    request: Request,
    next: Next,
) -> Response {
    let Err(reason) = token.check(request.headers()) else {
        trust_connection(request.extensions());
        return next.run(request).await;
    };
    delay_wrong_token(&node, request.extensions()).await;
    let challenge = if matches!(reason, NoAccess::OtherToken { .. }) { WRONG_TOKEN } else { NO_TOKEN };
    let detail = "The admin API asks for the header `Authorization: Bearer TOKEN` with the token of the server's \
                  setting admin.token";
    let mut response = Problem::new(StatusCode::UNAUTHORIZED, detail).because(reason.to_string()).into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}

/// The answer of every path if no token is set.
pub(super) async fn is_off() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "The admin API is off: set admin.token (CLAIRON_ADMIN_TOKEN) to a token of 16 characters or more, such as \
         `openssl rand -hex 32` makes, and start the server again",
    )
}
