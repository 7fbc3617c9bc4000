//! Requests to the HTTP API, signed as the Pusher libraries do.

use std::time::{SystemTime, UNIX_EPOCH};

use clairon_protocol::auth::Signature;
use md5::{Digest, Md5};

use crate::{
    credentials::Credentials,
    endpoint::Endpoint,
    http::{Answer, Client},
};

/// `GET /apps/{id}/channels`, which changes nothing.
///
/// # Errors
/// Why there is no answer, in words.
pub fn channels(client: &Client, endpoint: &Endpoint, credentials: &Credentials) -> Result<Answer, String> {
    let target = target(credentials, "GET", "channels", None);
    client.get(&endpoint.http(&target))
}

/// `POST /apps/{id}/events`
///
/// # Errors
/// Why there is no answer, in words.
pub fn trigger(client: &Client, endpoint: &Endpoint, credentials: &Credentials, body: &str) -> Result<Answer, String> {
    let target = target(credentials, "POST", "events", Some(body));
    client.post(&endpoint.http(&target), "application/json", body)
}

/// Path and query. The endpoint's prefix is not signed: no library does.
fn target(credentials: &Credentials, method: &str, what: &str, body: Option<&str>) -> String {
    let Credentials { id, key, secret } = credentials;
    let path = format!("/apps/{id}/{what}");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut query = format!("auth_key={key}&auth_timestamp={now}&auth_version=1.0");
    if let Some(body) = body {
        query = format!("{query}&body_md5={}", hex::encode(Md5::digest(body)));
    }
    let signature = Signature::sign(secret, &[method, "\n", &path, "\n", &query].map(str::as_bytes));
    format!("{path}?{query}&auth_signature={}", signature.to_hex())
}
