//! The errors of reading a project's files.

use std::{io, path::PathBuf};

use crate::InvalidEnvFile;

/// Why a file of the project is not used.
#[derive(Debug, thiserror::Error)]
pub enum LaravelError {
    /// The file cannot be read.
    #[error("{}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The file is too large.
    #[error("{}: {size} bytes, more than the {limit} that are read", path.display())]
    Size {
        /// The file.
        path: PathBuf,
        /// The number of bytes read, one more than the limit.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// Laravel refuses the `.env` file. The message shows nothing of its content.
    #[error("{}{problem}", path.display())]
    EnvFile {
        /// The file.
        path: PathBuf,
        /// The reason.
        problem: InvalidEnvFile,
    },
    /// The path is not a regular file. A pipe or device might never end.
    #[error("{}: not a regular file", path.display())]
    Kind {
        /// The path.
        path: PathBuf,
    },
}
