//! Reads files of unknown size. A shell's `<(…)` is a pipe.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// The largest size of a file, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The content of a file.
///
/// # Errors
/// When the file cannot be read, or is larger than 1 MiB.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it has more than {MAX_BYTES} bytes, which is the limit")));
    }
    Ok(bytes)
}
