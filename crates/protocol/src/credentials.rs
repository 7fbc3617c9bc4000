//! The credentials of an app's backend.

use crate::{AppId, AppKey, Secret};

/// An app's id, key and secret, each well formed: what a backend needs to sign requests and subscriptions.
#[derive(Clone, Debug)]
pub struct AppCredentials {
    /// The id in the paths of the HTTP API.
    pub id: AppId,
    /// The public key, which pages connect with.
    pub key: AppKey,
    /// The key of all signatures.
    pub secret: Secret,
}
