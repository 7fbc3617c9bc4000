//! `GET /metrics`

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{collect::collect, text::MEDIA_TYPE};
use crate::{api::ApiError, bearer, node::Node};

/// Where a request for the page has come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// On the port for everything: a token is needed.
    Public,
    /// On a port of its own: only where a token is set.
    Own,
}

/// The page, for who may see it.
pub(crate) fn page(node: &Arc<Node>, access: Access, headers: &HeaderMap) -> Response {
    let settings = &node.settings.metrics;
    match &settings.token {
        None if access == Access::Public => {
            let message = "Metrics are not shown here: set metrics.token (CLAIRON_METRICS_TOKEN) and send it as \
                           `Authorization: Bearer …`, or give them a port of their own with metrics.listen";
            return ApiError::new(StatusCode::NOT_FOUND, message).into_response();
        }
        Some(token) if !bearer::has_token(headers, token) => {
            let message = "Metrics need `Authorization: Bearer …` with the token of metrics.token";
            let mut response = ApiError::new(StatusCode::UNAUTHORIZED, message).into_response();
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return response;
        }
        _ => {}
    }
    let page = collect(node, &settings.prefix, settings.port);
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], page).into_response()
}
