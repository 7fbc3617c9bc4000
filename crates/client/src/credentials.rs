//! What a backend signs with.

use clairon_laravel::Connection;
use clairon_protocol::{AppId, AppKey, Secret};

/// An app's id, key and secret, each of a form that a server can take.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// It stands in the paths of the HTTP API.
    pub id: AppId,
    /// It stands in the page.
    pub key: AppKey,
    /// It signs.
    pub secret: Secret,
}

impl Credentials {
    /// Those of a connection, if all three are there and well formed.
    #[must_use]
    pub fn of(connection: &Connection) -> Option<Self> {
        Some(Self {
            id: AppId::parse(&connection.app_id.filled()?).ok()?,
            key: AppKey::parse(&connection.key.filled()?).ok()?,
            secret: Secret::parse(&connection.secret.filled()?).ok()?,
        })
    }
}
