//! Memory that all streams of a thread share.

use std::cell::RefCell;

/// How much is read at once, in bytes.
pub(crate) const READ: usize = 64 * 1024;

/// The longest plaintext of a TLS record, in bytes (RFC 8446, 5.1).
pub(crate) const PLAINTEXT: usize = 16 * 1024;

/// The longest TLS record, in bytes, with its header and with what encryption adds in TLS 1.2 (RFC 5246, 6.2.3).
pub(crate) const RECORD: usize = PLAINTEXT + 2_048 + 5;

/// Space to read, decrypt and encrypt in.
pub(crate) struct Scratch {
    /// What is read from a socket, behind the beginning of a record that was read before.
    pub(crate) received: Box<[u8]>,
    /// What was decrypted, or is to be encrypted.
    pub(crate) plain: Vec<u8>,
    /// What was encrypted: a record, and perhaps an update of keys in front of it.
    pub(crate) encrypted: Box<[u8]>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch {
        received: vec![0; RECORD + READ].into_boxed_slice(),
        plain: Vec::new(),
        encrypted: vec![0; 2 * RECORD].into_boxed_slice(),
    });
}

/// Lends the memory of this thread.
pub(crate) fn with<T>(use_it: impl FnOnce(&mut Scratch) -> T) -> T {
    SCRATCH.with_borrow_mut(use_it)
}
