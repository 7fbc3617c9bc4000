//! The errors of `clairon doctor`.

use std::io;

/// Why the command ends with another code than 0.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    /// An argument is wrong. The text names the argument and what is allowed.
    #[error("{0}")]
    Argument(String),
    /// The system does not know the current folder.
    #[error("the current folder: {0}")]
    Folder(#[source] io::Error),
    /// The report is printed, and checks have failed.
    #[error("{failed} of {checks} checks failed")]
    Failed {
        /// The number of failed checks.
        failed: usize,
        /// The number of checks that were run.
        checks: usize,
    },
}

impl DoctorError {
    /// True if the command line is wrong. Nothing was examined then.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Argument(_))
    }
}
