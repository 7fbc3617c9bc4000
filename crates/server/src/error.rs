//! What can end the server.

/// Why the server could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The apps could not be read.
    #[error(transparent)]
    Registry(#[from] clairon_registry::RegistryError),
}
