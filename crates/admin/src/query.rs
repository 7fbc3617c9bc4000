//! Extractors for the query of a request.

use axum::extract::{FromRequestParts, Query as AxumQuery, RawPathParams, rejection::QueryRejection};
use clairon_server::{PeerAddress, operators::Role, peer_text::start_of};
use http::request::Parts;
use serde::{Deserialize, de::DeserializeOwned};
use tracing::info;
use utoipa::IntoParams;

use crate::{caller::Caller, problem::Problem};

/// The largest description of invalid parameters in an error, in characters.
const DETAIL_CHARS: usize = 200;

/// An extractor: the parameters of the query. If `T` denies unknown fields, a misspelt parameter is an error.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = AxumQuery::from_request_parts(parts, state).await;
        query.map(|AxumQuery(parameters)| Self(parameters)).map_err(|error| invalid_query(&error))
    }
}

/// The answer for an invalid query.
pub(crate) fn invalid_query(error: &QueryRejection) -> Problem {
    // The message quotes unknown parameters, which may be long.
    Problem::invalid(start_of(&error.body_text(), DETAIL_CHARS))
}

/// A query without parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// Whether secrets are requested. As an extractor it refuses viewers, and logs that secrets are shown.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ShowSecret {
    /// `true` shows the secrets of keys. The server logs the address of the client.
    #[serde(default)]
    #[param(required = false)]
    pub(crate) show_secret: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for ShowSecret {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(wanted): Query<Self> = Query::from_request_parts(parts, state).await?;
        if wanted.show_secret {
            admit_secrets(parts, state).await?;
        }
        Ok(wanted)
    }
}

/// Refuses secrets to viewers, and logs that they are shown to others.
pub(crate) async fn admit_secrets<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<(), Problem> {
    let Caller { role, .. } = Caller::from_request_parts(parts, state).await?;
    if role == Role::Viewer {
        return Err(Problem::forbidden("a viewer sees no secrets: sign in with the password of operators"));
    }
    let peer: PeerAddress = parts.extensions.get().copied().unwrap_or_default();
    // A path has no app where all apps are listed.
    let path = RawPathParams::from_request_parts(parts, state).await.ok();
    let app = path.iter().flatten().find_map(|(name, value)| (name == "id").then_some(value));
    info!(%peer, role = role.name(), app = app.unwrap_or("all"), "secrets shown through the admin API");
    Ok(())
}
