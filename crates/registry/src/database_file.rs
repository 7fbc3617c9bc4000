//! The file of a SQLite database, while it is open.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::server_lock::ServerLock;

/// What the group of a file and everybody else would need to read or change it.
const OTHERS: u32 = 0o066;

/// Which file it was when it was opened.
///
/// An open file outlives its name: what is written to it after somebody deleted it, or put a backup in its place, would
/// be lost without a word.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    path: PathBuf,
    identity: (u64, u64),
    /// Of a server.
    _lock: Option<ServerLock>,
}

impl DatabaseFile {
    /// The file that is now at `path`.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), identity: identity(path)?, _lock: None })
    }

    /// Holds the lock of a server for as long as the file is open.
    pub(crate) fn holding(self, lock: ServerLock) -> Self {
        Self { _lock: Some(lock), ..self }
    }

    /// The file, and those that SQLite keeps beside it, as far as others than their owner may read or change them.
    pub(crate) fn exposed(&self) -> Vec<PathBuf> {
        let beside = |suffix: &str| {
            let mut name = self.path.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        let is_exposed = |path: &PathBuf| fs::metadata(path).is_ok_and(|metadata| metadata.mode() & OTHERS != 0);
        ["", "-wal", "-shm"].map(beside).into_iter().filter(is_exposed).collect()
    }

    /// True where its name leads to it still.
    pub(crate) fn is_there(&self) -> bool {
        identity(&self.path).is_ok_and(|identity| identity == self.identity)
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}
