//! The request of a delivery.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use clairon_protocol::auth::Signature;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request,
    header::{
        ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING,
        USER_AGENT,
    },
};
use http_body_util::Full;
use percent_encoding::percent_decode_str;
use url::Url;

use super::{connector::Route, failure::SendFailure};
use crate::delivery::Delivery;

const KEY: HeaderName = HeaderName::from_static("x-pusher-key");
const SIGNATURE: HeaderName = HeaderName::from_static("x-pusher-signature");
const DELIVERY: HeaderName = HeaderName::from_static("x-clairon-delivery");
const REPLAY_OF: HeaderName = HeaderName::from_static("x-clairon-replay-of");

/// Headers that are set here or by the connection. Headers of an endpoint with these names are ignored.
const RESERVED: [HeaderName; 10] = [
    HOST,
    CONTENT_TYPE,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    CONNECTION,
    PROXY_AUTHORIZATION,
    KEY,
    SIGNATURE,
    DELIVERY,
    REPLAY_OF,
];

const AGENT: &str = concat!("clairon/", env!("CARGO_PKG_VERSION"));

/// The request, in the form for the connection of `route`.
pub(super) fn request(delivery: &Delivery, route: &Route) -> Result<Request<Full<Bytes>>, SendFailure> {
    let mut request = Request::new(Full::new(delivery.body.clone()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = target(&delivery.url, route).parse().map_err(|_| SendFailure::Url)?;
    *request.headers_mut() = headers(delivery, route)?;
    Ok(request)
}

/// The path and the query. For a forwarding proxy, the whole URL (RFC 9112, 3.2.2).
fn target(url: &Url, route: &Route) -> String {
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    match route.forwarding_proxy() {
        Some(_) => format!("http://{}{path}", route.origin.authority()),
        None => path.to_owned(),
    }
}

fn headers(delivery: &Delivery, route: &Route) -> Result<HeaderMap, SendFailure> {
    let mut headers = HeaderMap::new();
    headers.insert(HOST, value(HOST.as_str(), &route.origin.authority())?);
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    if let Some(credentials) = authorization(&delivery.url) {
        headers.insert(AUTHORIZATION, credentials);
    }
    for (name, text) in &delivery.headers {
        let header = name.parse::<HeaderName>().map_err(|_| SendFailure::Header { name: name.clone() })?;
        if !RESERVED.contains(&header) {
            headers.insert(header, value(name, text)?);
        }
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(KEY, value(KEY.as_str(), delivery.key.as_str())?);
    let signature = Signature::sign(&delivery.secret, &[&delivery.body]).to_hex();
    headers.insert(SIGNATURE, value(SIGNATURE.as_str(), &signature)?);
    headers.insert(DELIVERY, value(DELIVERY.as_str(), &delivery.id)?);
    if let Some(id) = &delivery.replay_of {
        headers.insert(REPLAY_OF, value(REPLAY_OF.as_str(), id)?);
    }
    if let Some(credentials) = route.forwarding_proxy().and_then(|proxy| proxy.authorization.clone()) {
        headers.insert(PROXY_AUTHORIZATION, credentials);
    }
    Ok(headers)
}

fn value(name: &str, text: &str) -> Result<HeaderValue, SendFailure> {
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| SendFailure::Header { name: name.to_owned() })
}

/// The value of `Authorization` for the user and the password of a URL, with the scheme `Basic`.
pub(super) fn authorization(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut pair = percent_decode_str(url.username()).collect::<Vec<u8>>();
    pair.push(b':');
    pair.extend(percent_decode_str(url.password().unwrap_or_default()));
    let mut value = HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}
