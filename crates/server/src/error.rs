//! What can end the server.

/// Why the server could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The apps could not be read.
    #[error(transparent)]
    Registry(#[from] clairon_registry::RegistryError),
    /// The other nodes cannot be joined.
    #[error(transparent)]
    Cluster(#[from] clairon_cluster::ClusterError),
    /// The listening socket does not take an option.
    #[error("the listening socket cannot be set up: {0}")]
    Listener(#[from] std::io::Error),
}
