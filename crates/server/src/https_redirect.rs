//! The listener on port 80 of a server with certificates of its own: challenges, and redirections to https.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::get,
};
use clairon_certificates::Acme;
use http::{HeaderMap, StatusCode, header};

use crate::{api, node::Node, router::CHALLENGE};

/// The routes: challenges, and a redirection of everything else.
pub(crate) fn router(node: &Arc<Node>) -> Router {
    Router::new().route(CHALLENGE, get(api::challenge)).fallback(redirect).with_state(node.clone())
}

/// Redirects to the same path over https. Signed requests keep their method and body (308).
async fn redirect(State(node): State<Arc<Node>>, request: Request) -> Response {
    let acme = node.acme();
    let domains = acme.map(Acme::domains).unwrap_or_default();
    let Some(host) = host(domains, request.headers()) else { return StatusCode::NOT_FOUND.into_response() };
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let body = "This server answers over TLS only: use https:// or wss://\n";
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, format!("https://{host}{path}"))], body).into_response()
}

/// The requested domain, or else the first one. A foreign name in `Host` is not repeated.
fn host<'a>(domains: &'a [String], headers: &HeaderMap) -> Option<&'a str> {
    let requested = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let requested = requested.map(|host| host.split(':').next().unwrap_or(host));
    let known = requested.and_then(|host| domains.iter().find(|domain| domain.eq_ignore_ascii_case(host)));
    known.or_else(|| domains.first()).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_redirected_to_a_domain_of_the_settings() {
        let domains = ["ws.test", "shop.test"].map(str::to_owned);
        let location = |requested: &'static str| {
            let headers = HeaderMap::from_iter([(header::HOST, http::HeaderValue::from_static(requested))]);
            host(&domains, &headers).unwrap().to_owned()
        };
        assert_eq!(location("SHOP.test:80"), "shop.test");
        assert_eq!(location("evil.test"), "ws.test");
        assert_eq!(host(&domains, &HeaderMap::new()), Some("ws.test"));
    }
}
