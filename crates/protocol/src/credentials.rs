//! The credentials of an app's backend.

use crate::{AppId, AppKey, Secret};

/// An app's id, key and secret, all valid. A backend needs them to sign requests and subscriptions.
#[derive(Clone, Debug)]
pub struct AppCredentials {
    /// The id, which is part of the paths of the HTTP API.
    pub id: AppId,
    /// The public key, with which browsers connect.
    pub key: AppKey,
    /// The secret that signs requests, subscriptions and sign-ins.
    pub secret: Secret,
}
