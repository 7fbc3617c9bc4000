//! The client of recovery, for pages without a bundler.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

/// The ES module. `clients/js/build.mjs` makes both scripts.
const MODULE: &str = include_str!("../../../../clients/js/dist/recover.js");
/// The classic script, which sets `ClaironRecover`.
const CLASSIC: &str = include_str!("../../../../clients/js/dist/recover.global.js");

/// A browser asks again after an hour, and gets an empty answer if nothing has changed.
const CACHE_CONTROL: &str = "public, max-age=3600";

/// `GET /recover.js`
pub(crate) async fn recover_module(headers: HeaderMap) -> Response {
    script(MODULE, &headers)
}

/// `GET /recover.global.js`
pub(crate) async fn recover_script(headers: HeaderMap) -> Response {
    script(CLASSIC, &headers)
}

fn script(text: &'static str, headers: &HeaderMap) -> Response {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let etag = format!("\"{:016x}\"", hasher.finish());
    let known = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
    let is_known = known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag || tag.trim() == "*");
    let caching = [(header::ETAG, etag), (header::CACHE_CONTROL, CACHE_CONTROL.to_owned())];
    if is_known {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], text).into_response()
}
