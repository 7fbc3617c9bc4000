//! The file of an open SQLite database.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::server_lock::ServerLock;

/// The permission bits with which the group or other users can read or change a file.
const OTHERS: u32 = 0o066;

/// The identity of the file at the time when it was opened.
///
/// An open file outlives its name. After the file is deleted or replaced by a backup, writes to the open file would be
/// lost without an error.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    path: PathBuf,
    identity: (u64, u64),
    /// The lock of a server.
    _lock: Option<ServerLock>,
}

impl DatabaseFile {
    /// The file at `path`.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), identity: identity(path)?, _lock: None })
    }

    /// Holds the lock of a server as long as the file is open.
    pub(crate) fn holding(self, lock: ServerLock) -> Self {
        Self { _lock: Some(lock), ..self }
    }

    /// The database file and the files that SQLite keeps beside it, if other users can read or change them.
    pub(crate) fn exposed(&self) -> Vec<PathBuf> {
        let beside = |suffix: &str| {
            let mut name = self.path.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        let is_exposed = |path: &PathBuf| fs::metadata(path).is_ok_and(|metadata| metadata.mode() & OTHERS != 0);
        ["", "-wal", "-shm"].map(beside).into_iter().filter(is_exposed).collect()
    }

    /// True if the path still leads to this file.
    pub(crate) fn is_there(&self) -> bool {
        identity(&self.path).is_ok_and(|identity| identity == self.identity)
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}
