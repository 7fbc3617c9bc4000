//! Extractors for the query of a request.

use axum::extract::{FromRequestParts, Query as AxumQuery};
use http::request::Parts;
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::IntoParams;

use super::problem::Problem;
use crate::peer_text::start_of;

/// The largest description of invalid parameters in an error, in characters.
const DETAIL_CHARS: usize = 200;

/// An extractor: the parameters of the query. If `T` denies unknown fields, a misspelt parameter is an error.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = AxumQuery::from_request_parts(parts, state).await;
        query.map(|AxumQuery(parameters)| Self(parameters)).map_err(|error| {
            // The message quotes unknown parameters, which may be long.
            Problem::invalid(start_of(&error.body_text(), DETAIL_CHARS))
        })
    }
}

/// A query without parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Whether secrets are requested.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ShowSecret {
    /// `true` shows the secrets of keys.
    #[serde(default)]
    #[param(required = false)]
    pub(super) show_secret: bool,
}
