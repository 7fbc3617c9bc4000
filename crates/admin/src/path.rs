//! Extractors for the path of a request.

use axum::extract::{FromRequestParts, Path};
use clairon_protocol::{AppId, SocketId, error::InvalidId};
use clairon_registry::WebhookId;
use http::{StatusCode, request::Parts};

use crate::problem::Problem;

/// An extractor: the id of an app.
#[derive(Debug)]
pub(crate) struct AppPath(pub(crate) AppId);

/// An extractor: the id of an app, and a possible key.
#[derive(Debug)]
pub(crate) struct KeyPath(pub(crate) AppId, pub(crate) String);

/// An extractor: the id of an app and the id of an endpoint.
#[derive(Debug)]
pub(crate) struct WebhookPath(pub(crate) AppId, pub(crate) WebhookId);

/// An extractor: the id of an app and a possible name of a channel.
#[derive(Debug)]
pub(crate) struct ChannelPath(pub(crate) AppId, pub(crate) String);

/// An extractor: the id of an app and a socket id.
#[derive(Debug)]
pub(crate) struct ConnectionPath(pub(crate) AppId, pub(crate) SocketId);

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

impl<S: Send + Sync> FromRequestParts<S> for WebhookPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path((id, webhook)) = Path::from_request_parts(parts, state).await.map_err(|_| Problem::no_app())?;
        let (id, webhook): (String, String) = (id, webhook);
        Ok(Self(parse(&id)?, WebhookId::parse(&webhook).ok_or_else(Problem::no_webhook)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ChannelPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path((id, channel)) = Path::from_request_parts(parts, state).await.map_err(|_| Problem::no_app())?;
        let id: String = id;
        Ok(Self(parse(&id)?, channel))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ConnectionPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path((id, connection)) = Path::from_request_parts(parts, state).await.map_err(|_| Problem::no_app())?;
        let (id, connection): (String, String) = (id, connection);
        let socket_id = connection.parse().map_err(|invalid: InvalidId| {
            Problem::new(StatusCode::NOT_FOUND, "What is in the path of the connection is no socket id")
                .because(invalid.to_string())
        })?;
        Ok(Self(parse(&id)?, socket_id))
    }
}

/// Parses an id. A malformed one is answered like an unknown one.
fn parse(id: &str) -> Result<AppId, Problem> {
    AppId::parse(id).map_err(|invalid| Problem::no_app().because(invalid.to_string()))
}
