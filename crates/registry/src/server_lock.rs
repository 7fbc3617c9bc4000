//! Detects that several servers use one SQLite file.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// A lock that all servers on a SQLite file hold together. The operating system releases it when the process ends, in
/// whatever way.
///
/// The lock is on its own empty file beside the database, because a process that closes the database file would drop
/// SQLite's locks on it. The lock file remains after the servers have ended.
#[derive(Debug)]
pub(crate) struct ServerLock {
    /// The lock lasts as long as this file is open.
    _file: File,
}

impl ServerLock {
    /// Takes the lock. Returns true with it if another server holds it too.
    pub(crate) fn take(database: &Path) -> io::Result<(Self, bool)> {
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let is_alone = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(error)) => return Err(error),
        };
        if is_alone {
            file.unlock()?;
        }
        // The exclusive lock is held only for the time of this function.
        let is_still_alone = file.try_lock_shared().is_ok();
        if !is_still_alone {
            file.lock_shared()?;
        }
        Ok((Self { _file: file }, !(is_alone && is_still_alone)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_second_finds_the_others_whichever_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("apps.db");
        let take = || ServerLock::take(&path).unwrap();
        let (first, finds) = take();
        assert!(!finds);
        let (second, finds) = take();
        assert!(finds);
        drop(first);
        let (third, finds) = take();
        assert!(finds, "the second is there");
        drop((second, third));
        assert!(!take().1, "they are gone");
    }
}
