//! The errors that end the server.

/// The reason why the server could not start or continue.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The apps could not be read.
    #[error(transparent)]
    Registry(#[from] clairon_registry::RegistryError),
    /// The other nodes cannot be joined.
    #[error(transparent)]
    Cluster(#[from] clairon_cluster::ClusterError),
    /// A socket option is not supported.
    #[error("the listening socket cannot be set up: {0}")]
    Listener(#[from] std::io::Error),
}
