//! Errors of a cluster.

/// The reason why a node could not join the others, or a question got no answer. No text contains a secret; each is
/// complete by itself.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The URL of Redis is wrong.
    #[error("the Redis URL {problem}")]
    Url {
        /// What is wrong, without the URL, and what is allowed.
        problem: String,
    },
    /// Another setting has a value that is not allowed.
    #[error("cluster setting {field} {problem}")]
    Setting {
        /// The name of the field.
        field: &'static str,
        /// The value, and what is allowed.
        problem: String,
    },
    /// Redis cannot be reached, or refuses this node.
    #[error("cannot use Redis at {address}: {problem}")]
    Redis {
        /// The URL of Redis without user and passwords.
        address: String,
        /// The words of Redis, the network or this program.
        problem: String,
    },
    /// A question has no answer now.
    #[error("Redis does not answer: {problem}")]
    Unavailable {
        /// The words of Redis, the network or this program.
        problem: String,
    },
}

/// The reason why an event was not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// There is no connection to the other nodes.
    #[error("the bus between the nodes cannot be reached")]
    Unavailable,
}

impl ClusterError {
    pub(crate) fn setting(field: &'static str, problem: String) -> Self {
        Self::Setting { field, problem }
    }

    pub(crate) fn url(problem: impl Into<String>) -> Self {
        Self::Url { problem: problem.into() }
    }
}
