//! What the path of a request names.

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

/// What stands in the place of `{name}` in the route's path, unescaped; `None` where the route has no such place.
///
/// # Errors
/// When something in the path is no UTF-8 once it is unescaped.
pub(super) async fn parameter(parts: &mut Parts, name: &str) -> Result<Option<String>, ApiError> {
    let invalid = |error: axum::extract::rejection::RawPathParamsRejection| ApiError::bad_request(error.body_text());
    let parameters = parts.extract::<RawPathParams>().await.map_err(invalid)?;
    Ok(parameters.iter().find(|(place, _)| *place == name).map(|(_, value)| value.to_owned()))
}
