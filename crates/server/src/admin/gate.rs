//! Who may use the admin API.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use clairon_protocol::Secret;
use http::{HeaderValue, StatusCode, header};

use super::problem::Problem;
use crate::bearer;

/// The challenge for a request without a token, and for one with another.
const NO_TOKEN: &str = r#"Bearer realm="Clairon admin API""#;
const WRONG_TOKEN: &str = r#"Bearer realm="Clairon admin API", error="invalid_token""#;

/// Lets those through who have the token.
pub(super) async fn check_token(State(token): State<Secret>, request: Request, next: Next) -> Response {
    let (challenge, reason) = match bearer::token(request.headers()) {
        Ok(text) if token.matches(text) => return next.run(request).await,
        Ok(text) => (WRONG_TOKEN, format!("the bearer token ({} bytes) is not admin.token", text.len())),
        Err(reason) => (NO_TOKEN, reason.to_owned()),
    };
    let detail = "The admin API asks for the header `Authorization: Bearer TOKEN` with the token of the server's \
                  setting admin.token";
    let mut response = Problem::new(StatusCode::UNAUTHORIZED, detail).because(reason).into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}

/// What every path answers where no token is set.
pub(super) async fn is_off() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "The admin API is off: set admin.token (CLAIRON_ADMIN_TOKEN) to a token of 16 characters or more, such as \
         `openssl rand -hex 32` makes, and start the server again",
    )
}
