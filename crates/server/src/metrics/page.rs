//! `GET /metrics`

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use tokio::{
    sync::Mutex,
    task::{JoinError, spawn_blocking},
};

use super::{collect::collect, text::MEDIA_TYPE};
use crate::{
    api::ApiError,
    node::Node,
    plain_connections::{delay_wrong_token, trust_connection},
};

/// A page that was built faster than this is not cached.
const QUICK: Duration = Duration::from_millis(5);
/// A page is cached for `KEPT` times as long as it took to build, so building costs at most a tenth of a core.
const KEPT: u32 = 9;

/// The cached page, and until when it is valid. It is locked while a page is built, so that only one is built at a
/// time.
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
        // With thousands of apps building takes long, so a thread for blocking work does it.
        let page = spawn_blocking(move || collect(&of, &of.settings.metrics.prefix, of.settings.metrics.port)).await?;
        let (page, took) = (Bytes::from(page), began.elapsed());
        *last = (took > QUICK).then(|| (page.clone(), Instant::now() + took * KEPT));
        Ok(page)
    }
}

/// The port on which the page was requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// The main port: a token is required.
    Public,
    /// The separate port: a token is required if one is set.
    Own,
}

/// The page, for authorized requests.
pub(crate) async fn page(node: &Arc<Node>, access: Access, request: Request) -> Response {
    let settings = &node.settings.metrics;
    match &settings.token {
        None if access == Access::Public => {
            let message = "Metrics are not shown here: set metrics.token (CLAIRON_METRICS_TOKEN) and send it as \
                           `Authorization: Bearer …`, or give them a port of their own with metrics.listen";
            return ApiError::new(StatusCode::NOT_FOUND, message).into_response();
        }
        Some(token) => {
            if let Err(reason) = token.check(request.headers()) {
                delay_wrong_token(node, request.extensions()).await;
                let message = "Metrics need `Authorization: Bearer …` with the token of metrics.token";
                let mut response =
                    ApiError::new(StatusCode::UNAUTHORIZED, message).because(reason.to_string()).into_response();
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                return response;
            }
            trust_connection(request.extensions());
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
