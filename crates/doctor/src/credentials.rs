//! What the backend signs with.

use clairon_laravel::Connection;
use clairon_protocol::{AppId, AppKey, Secret};

/// An app's id, key and secret, each of a form that a server can take.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) id: AppId,
    pub(crate) key: AppKey,
    pub(crate) secret: Secret,
}

impl Credentials {
    /// Those of a connection, if all three are there and well formed.
    pub(crate) fn of(connection: &Connection) -> Option<Self> {
        Some(Self {
            id: AppId::parse(&connection.app_id.filled()?).ok()?,
            key: AppKey::parse(&connection.key.filled()?).ok()?,
            secret: Secret::parse(&connection.secret.filled()?).ok()?,
        })
    }
}
