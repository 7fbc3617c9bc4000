//! Signed requests to the HTTP API, as the Pusher libraries make them.

use std::time::{SystemTime, UNIX_EPOCH};

use clairon_protocol::{AppCredentials, auth::Signature};
use md5::{Digest, Md5};

use crate::{
    endpoint::Endpoint,
    http::{HttpClient, HttpError, HttpResponse},
};

/// `GET /apps/{id}/channels`, a request without side effects.
///
/// # Errors
/// When no answer comes.
pub fn channels(
    client: &HttpClient,
    endpoint: &Endpoint,
    credentials: &AppCredentials,
) -> Result<HttpResponse, HttpError> {
    let path_and_query = signed(credentials, "GET", "channels", None);
    client.get(&endpoint.http(&path_and_query))
}

/// `POST /apps/{id}/events` with a JSON body.
///
/// # Errors
/// When no answer comes.
pub fn trigger(
    client: &HttpClient,
    endpoint: &Endpoint,
    credentials: &AppCredentials,
    body: &str,
) -> Result<HttpResponse, HttpError> {
    let path_and_query = signed(credentials, "POST", "events", Some(body));
    client.post(&endpoint.http(&path_and_query), "application/json", body)
}

/// Path and query with their signature. The signature does not cover the endpoint's prefix, as in the Pusher libraries.
fn signed(credentials: &AppCredentials, method: &str, resource: &str, body: Option<&str>) -> String {
    let AppCredentials { id, key, secret } = credentials;
    let path = format!("/apps/{id}/{resource}");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut query = format!("auth_key={key}&auth_timestamp={now}&auth_version=1.0");
    if let Some(body) = body {
        query = format!("{query}&body_md5={}", hex::encode(Md5::digest(body)));
    }
    let signature = Signature::sign(secret, &[method, "\n", &path, "\n", &query].map(str::as_bytes));
    format!("{path}?{query}&auth_signature={}", signature.to_hex())
}
