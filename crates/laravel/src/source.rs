//! Reads files up to a size limit.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
    path::Path,
};

use crate::LaravelError;

/// The size limit of a file, in bytes. A cached configuration has some 100 KiB.
const MAX_BYTES: u64 = 4 << 20;

/// The bytes of a file; nothing if it does not exist.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, LaravelError> {
    let failed = |error| LaravelError::Read { path: path.to_owned(), error };
    // The check comes before opening the file, because opening a pipe blocks until another process writes to it.
    match fs::metadata(path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Err(LaravelError::Kind { path: path.to_owned() }),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    }
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    let size = bytes.len() as u64;
    if size > MAX_BYTES {
        return Err(LaravelError::Size { path: path.to_owned(), size, limit: MAX_BYTES });
    }
    Ok(Some(bytes))
}

/// The text of a file of up to 4 MiB; nothing if it does not exist. Bytes that are not UTF-8 are replaced.
///
/// # Errors
/// When it cannot be read, or is too large.
pub fn read_text(path: &Path) -> Result<Option<String>, LaravelError> {
    Ok(read(path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}
