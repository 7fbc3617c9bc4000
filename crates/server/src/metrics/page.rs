//! `GET /metrics`

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::{
    sync::Mutex,
    task::{JoinError, spawn_blocking},
};

use super::{collect::collect, text::MEDIA_TYPE};
use crate::{api::ApiError, node::Node};

/// A page that takes no longer is made anew for everyone.
const QUICK: Duration = Duration::from_millis(5);
/// For how many times as long as it took to make another page is shown again: so many apps cost a tenth of a core,
/// whoever asks.
const KEPT: u32 = 9;

/// The page as it was last made, and how long it is shown. Locked while it is made, so that nobody makes another
/// meanwhile.
#[derive(Debug, Default)]
pub(crate) struct LastPage(Mutex<Option<(Bytes, Instant)>>);

impl LastPage {
    async fn show(&self, node: &Arc<Node>) -> Result<Bytes, JoinError> {
        let mut last = self.0.lock().await;
        let began = Instant::now();
        if let Some((page, until)) = &*last
            && began < *until
        {
            return Ok(page.clone());
        }
        let of = node.clone();
        // Where there are thousands of apps it takes its time, which is none of the connections'.
        let page = spawn_blocking(move || collect(&of, &of.settings.metrics.prefix, of.settings.metrics.port)).await?;
        let (page, took) = (Bytes::from(page), began.elapsed());
        *last = (took > QUICK).then(|| (page.clone(), Instant::now() + took * KEPT));
        Ok(page)
    }
}

/// Where a request for the page has come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// On the port for everything: a token is needed.
    Public,
    /// On a port of its own: only where a token is set.
    Own,
}

/// The page, for who may see it.
pub(crate) async fn page(node: &Arc<Node>, access: Access, headers: &HeaderMap) -> Response {
    let settings = &node.settings.metrics;
    match &settings.token {
        None if access == Access::Public => {
            let message = "Metrics are not shown here: set metrics.token (CLAIRON_METRICS_TOKEN) and send it as \
                           `Authorization: Bearer …`, or give them a port of their own with metrics.listen";
            return ApiError::new(StatusCode::NOT_FOUND, message).into_response();
        }
        Some(token) => {
            if let Err(reason) = token.check(headers) {
                let message = "Metrics need `Authorization: Bearer …` with the token of metrics.token";
                let mut response =
                    ApiError::new(StatusCode::UNAUTHORIZED, message).because(reason.to_string()).into_response();
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                return response;
            }
        }
        None => {}
    }
    match node.metrics.page.show(node).await {
        Ok(page) => ([(header::CONTENT_TYPE, MEDIA_TYPE)], page).into_response(),
        Err(error) => {
            let message = "The page could not be made";
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, message).because(error.to_string()).into_response()
        }
    }
}
