//! What can go wrong before anything is read.

use std::{io, path::PathBuf};

use crate::InvalidEnvFile;

/// Why a file of the project is not used at all.
#[derive(Debug, thiserror::Error)]
pub enum LaravelError {
    /// It cannot be read.
    #[error("{}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It is larger than any such file is.
    #[error("{}: {size} bytes, more than the {limit} that are read", path.display())]
    Size {
        /// The file.
        path: PathBuf,
        /// Its size in bytes, as far as it was read.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// It is no `.env` file. The message shows nothing of it.
    #[error("{}{problem}", path.display())]
    EnvFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: InvalidEnvFile,
    },
    /// It is a pipe or a device, say, which might never end.
    #[error("{}: not a regular file", path.display())]
    Kind {
        /// What should be a file.
        path: PathBuf,
    },
}
