//! The routes of the dashboard.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Request, State},
    middleware::{self, Next, map_response},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::assets::{self, Asset};
use crate::{
    api::{self, ApiError},
    node::Node,
};

/// The page.
const INDEX: &str = "index.html";

/// What browsers may load and send. There is no inline code, and no other site.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                                       connect-src 'self' ws: wss:; font-src 'self'; base-uri 'none'; \
                                       form-action 'none'; frame-ancestors 'none'";

/// The headers of every answer.
const PROTECTION: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// All routes below `/dashboard`.
pub(crate) fn router(node: &Arc<Node>) -> Router {
    Router::new()
        .route("/dashboard", get(redirect))
        .route("/dashboard/", get(async |headers| file(Path(INDEX.to_owned()), headers).await))
        .route("/dashboard/{*path}", get(file))
        .method_not_allowed_fallback(api::method_not_allowed)
        .layer(middleware::from_fn_with_state(node.clone(), require_operators))
        .layer(map_response(protect))
}

/// A path relative to that of the request, so that it is right behind any proxy.
async fn redirect() -> (StatusCode, [(HeaderName, &'static str); 1]) {
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, "dashboard/")])
}

async fn file(Path(path): Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    match assets::find(&path).await {
        Ok(Some(asset)) => Ok(answer(asset, &headers)),
        Ok(None) => {
            Err(ApiError::new(StatusCode::NOT_FOUND, "The dashboard has no such file: its page is /dashboard/"))
        }
        Err(error) => {
            let message = "The files of the dashboard could not be compressed";
            Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, message).because(error.to_string()))
        }
    }
}

fn answer(asset: &Asset, headers: &HeaderMap) -> Response {
    let is_gzip = accepts_gzip(headers);
    // The two forms of a file need different tags (RFC 9110, 8.8.3).
    let tag = format!("\"{}{}\"", asset.hash, if is_gzip { "-gzip" } else { "" });
    let caching = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, asset.cache_control().to_owned()),
        (header::VARY, "accept-encoding".to_owned()),
    ];
    if has_tag(headers, &tag) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let content_type = [(header::CONTENT_TYPE, asset.media_type())];
    if is_gzip {
        let encoding = [(header::CONTENT_ENCODING, "gzip")];
        (caching, content_type, encoding, asset.gzip.clone()).into_response()
    } else {
        (caching, content_type, asset.plain.clone()).into_response()
    }
}

/// True for a client that accepts gzip (RFC 9110, 12.5.3).
fn accepts_gzip(headers: &HeaderMap) -> bool {
    items(headers, &header::ACCEPT_ENCODING).any(|item| {
        let (coding, weight) = item.split_once(';').unwrap_or((item, ""));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        ["gzip", "*"].contains(&coding.trim().to_ascii_lowercase().as_str()) && weight != Some(0.0)
    })
}

/// True for a client that has the file with this tag (RFC 9110, 13.1.2).
fn has_tag(headers: &HeaderMap, tag: &str) -> bool {
    items(headers, &header::IF_NONE_MATCH).any(|item| item == "*" || item.strip_prefix("W/").unwrap_or(item) == tag)
}

/// The items of a header that is a list.
fn items<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

async fn require_operators(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    if node.operators.can_sign_in() {
        return next.run(request).await;
    }
    let message = "The dashboard is off: set dashboard.password (CLAIRON_DASHBOARD_PASSWORD) to a password of 12 \
                   characters or more, and start the server again";
    ApiError::new(StatusCode::NOT_FOUND, message).into_response()
}

async fn protect(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in PROTECTION {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &HeaderName, lines: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name.clone(), HeaderValue::from_static(line));
        }
        headers
    }

    #[test]
    fn gzip_is_sent_where_it_is_accepted() {
        for (lines, accepts) in [
            (&["gzip, deflate, br"][..], true),
            (&["br", "GZIP;q=0.5"], true),
            (&["*"], true),
            (&["gzip;q=0"], false),
            (&["gzip; q=0.000, br"], false),
            (&["identity"], false),
            (&["x-gzip-like"], false),
            (&[], false),
        ] {
            assert_eq!(accepts_gzip(&headers(&header::ACCEPT_ENCODING, lines)), accepts, "{lines:?}");
        }
    }

    #[test]
    fn a_tag_is_found_in_a_list() {
        for (lines, has) in [
            (&["\"a\", W/\"b\""][..], true),
            (&["\"a\"", "\"b\""], true),
            (&["*"], true),
            (&["\"b"], false),
            (&["b"], false),
            (&[], false),
        ] {
            assert_eq!(has_tag(&headers(&header::IF_NONE_MATCH, lines), "\"b\""), has, "{lines:?}");
        }
    }
}
