//! What can go wrong before anything is read.

use std::{io, path::PathBuf};

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
    /// A line of an `.env` file that Laravel would refuse too. The message shows none of it.
    #[error(
        "{}:{line}: not a NAME=VALUE line: put a value with spaces, quotes, # or $ in 'single quotes'", path.display()
    )]
    EnvLine {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}
