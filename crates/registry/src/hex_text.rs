//! Keys, secrets and ids of lower-case hexadecimal digits.

use rand::{RngExt, rand_core::UnwrapErr, rngs::SysRng};

/// `BYTES` random bytes from the operating system, as hexadecimal digits.
///
/// # Panics
/// The operating system has no random numbers.
#[must_use]
pub fn random<const BYTES: usize>() -> String {
    let bytes: [u8; BYTES] = UnwrapErr(SysRng).random();
    hex::encode(bytes)
}

/// True if the text is `BYTES` bytes as lower-case hexadecimal digits.
pub(crate) fn is_hex<const BYTES: usize>(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 2 * BYTES && text.bytes().all(is_digit)
}
