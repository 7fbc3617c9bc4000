//! What can go wrong when a node joins the others.

/// Why a node could not join. No text holds a secret; each is complete by itself.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The URL names no Redis that this program can use.
    #[error("the Redis URL {problem}")]
    Url {
        /// What is wrong with it, without repeating it.
        problem: String,
    },
    /// Another setting has a value that it cannot have.
    #[error("the cluster's {field} {problem} allowed")]
    Setting {
        /// Its name.
        field: &'static str,
        /// What it is, and what is allowed.
        problem: String,
    },
    /// Redis cannot be reached, or does not let this node in.
    #[error("cannot use Redis at {address}: {problem}")]
    Redis {
        /// Where, without user and password.
        address: String,
        /// What Redis, the network or this program says.
        problem: String,
    },
    /// A question could not be answered now.
    #[error("Redis does not answer: {problem}")]
    Unavailable {
        /// What Redis or the network says.
        problem: String,
    },
}

impl ClusterError {
    pub(crate) fn setting(field: &'static str, problem: String) -> Self {
        Self::Setting { field, problem }
    }

    pub(crate) fn url(problem: impl Into<String>) -> Self {
        Self::Url { problem: problem.into() }
    }
}

/// Why an event could not be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// There is no connection to the other nodes.
    #[error("the bus between the nodes cannot be reached")]
    Unavailable,
}
