//! A service that checks the `Host` of the requests of a connection, and tracks them for its standing.

use std::{
    convert::Infallible,
    future::{pending, ready},
    pin::Pin,
    sync::Arc,
};

use axum::{Router, response::Response};
use futures_util::future::Either;
use http::{HeaderValue, Request, StatusCode, header};
use hyper::{
    body::{Body, Incoming},
    service::Service,
};
use hyper_util::service::TowerToHyperService;

use crate::{host, plain_connections::PlainConnection, router::strip_prefix};

/// What a listener serves over HTTP.
#[derive(Clone)]
pub(crate) struct Pages {
    prefix: Arc<str>,
    router: TowerToHyperService<Router>,
}

impl Pages {
    /// The routes of `router`. Their paths may have `prefix` in front of them.
    pub(crate) fn under(prefix: &str, router: Router) -> Self {
        Self { prefix: prefix.into(), router: TowerToHyperService::new(router) }
    }
}

/// The service of one connection. It refuses requests with an invalid `Host`. It notifies [`PlainConnection`] of the
/// start and the end of each request, and adds it and the [`PeerAddress`](crate::edge::PeerAddress) of the client to
/// the extensions of the request.
pub(crate) struct TrackedService {
    pages: Pages,
    plain: Arc<PlainConnection>,
}

impl TrackedService {
    pub(crate) const fn new(pages: Pages, plain: Arc<PlainConnection>) -> Self {
        Self { pages, plain }
    }
}

impl Service<Request<Incoming>> for TrackedService {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        if !self.plain.begin_request() {
            // The task of this connection is about to be dropped. The client can repeat a request that has not started.
            return Box::pin(pending());
        }
        let client = self.plain.client(request.headers());
        let answer = if let Some(refusal) = host::refusal(self.plain.node(), client, &request) {
            Either::Left(ready(Ok(refusal)))
        } else {
            request.extensions_mut().insert(client);
            request.extensions_mut().insert(self.plain.clone());
            Either::Right(self.pages.router.call(strip_prefix(&self.pages.prefix, request)))
        };
        let plain = self.plain.clone();
        Box::pin(async move {
            let mut response = answer.await?;
            // A body of unknown length continues after this, and so does a WebSocket.
            let is_whole = response.body().size_hint().exact().is_some();
            let is_over = is_whole && response.status() != StatusCode::SWITCHING_PROTOCOLS;
            if is_over && !plain.end_request() {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        })
    }
}
