//! The parameters behind the `?` of a path.

use axum::extract::{FromRequestParts, Query as AxumQuery};
use http::request::Parts;
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::IntoParams;

use super::problem::Problem;
use crate::peer_text::start_of;

/// Longest description of wrong parameters in an error, in characters.
const DETAIL_CHARS: usize = 200;

/// An extractor: the parameters of the query. A `T` that denies unknown fields keeps a misspelt parameter from being
/// passed over in silence.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = AxumQuery::from_request_parts(parts, state).await;
        query.map(|AxumQuery(parameters)| Self(parameters)).map_err(|error| {
            // It quotes what it does not know, which may be long.
            Problem::invalid(start_of(&error.body_text(), DETAIL_CHARS))
        })
    }
}

/// No parameter at all.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Whether secrets are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ShowSecret {
    /// `true` shows the secrets of keys.
    #[serde(default)]
    #[param(required = false)]
    pub(super) show_secret: bool,
}
