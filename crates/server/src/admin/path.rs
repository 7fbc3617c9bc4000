//! Extractors for the path of a request.

use axum::extract::{FromRequestParts, Path};
use clairon_protocol::AppId;
use http::request::Parts;

use super::problem::Problem;

/// An extractor: the id of an app.
#[derive(Debug)]
pub(super) struct AppPath(pub(super) AppId);

/// An extractor: the id of an app, and a possible key.
#[derive(Debug)]
pub(super) struct KeyPath(pub(super) AppId, pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for AppPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(id): Path<String> = Path::from_request_parts(parts, state).await.map_err(|_| Problem::no_app())?;
        parse(&id).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for KeyPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path((id, key)) = Path::from_request_parts(parts, state).await.map_err(|_| Problem::no_app())?;
        let id: String = id;
        Ok(Self(parse(&id)?, key))
    }
}

/// Parses an id. A malformed one is answered like an unknown one.
fn parse(id: &str) -> Result<AppId, Problem> {
    AppId::parse(id).map_err(|invalid| Problem::no_app().because(invalid.to_string()))
}
