//! Why a project is not, or not favourably, reported on.

use std::io;

/// What ends the command with another code than 0.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    /// An argument is wrong; the text names it and what is allowed.
    #[error("{0}")]
    Argument(String),
    /// The system does not tell which folder this is.
    #[error("the present folder: {0}")]
    Folder(io::Error),
    /// Everything was examined and printed, and something is wrong.
    #[error("{failed} of {checks} checks failed")]
    Failed {
        /// How many checks have failed.
        failed: usize,
        /// How many were run.
        checks: usize,
    },
}

impl DoctorError {
    /// True where the command line is wrong and nothing was examined.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Argument(_))
    }
}
