//! Extractors for the path of a request.

use axum::{
    RequestPartsExt,
    extract::{FromRequestParts, RawPathParams},
};
use http::request::Parts;

use super::ApiError;

/// An extractor: the name in `/apps/{app_id}/channels/{channel}`, unescaped.
#[derive(Debug)]
pub(crate) struct ChannelPath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for ChannelPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(parameter(parts, "channel").await?.unwrap_or_default()))
    }
}

/// The value of `{name}` in the route's path, unescaped; `None` if the route has no such parameter.
///
/// # Errors
/// When a parameter is not UTF-8 after unescaping.
pub(super) async fn parameter(parts: &mut Parts, name: &str) -> Result<Option<String>, ApiError> {
    let invalid = |error: axum::extract::rejection::RawPathParamsRejection| ApiError::bad_request(error.body_text());
    let parameters = parts.extract::<RawPathParams>().await.map_err(invalid)?;
    Ok(parameters.iter().find(|(place, _)| *place == name).map(|(_, value)| value.to_owned()))
}
