//! Why a command did not do what it was asked to.

/// What ends a command with another code than 0. The messages show no secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LiveError {
    /// The command line is wrong, or does not fit what the server is named with.
    #[error("{0}")]
    Usage(String),
    /// The server cannot be reached, does not take what it is asked for, or says something unexpected.
    #[error("{0}")]
    Failed(String),
    /// Nobody reads our output any more.
    #[error("the output cannot be written: {0}")]
    Output(#[from] std::io::Error),
}

impl LiveError {
    /// True where the command line is wrong.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(self, Self::Usage(_))
    }
}
