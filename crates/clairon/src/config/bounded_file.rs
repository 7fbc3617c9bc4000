//! Reading files that may be anything: a shell's `<(…)` is a pipe.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// The longest file, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// All of a file.
///
/// # Errors
/// When it cannot be read, or is longer than any such file is.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it has more than {MAX_BYTES} bytes, which is the limit")));
    }
    Ok(bytes)
}
