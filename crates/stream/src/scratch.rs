//! Memory that all streams of a thread share.

use std::cell::RefCell;

/// The size of one read, in bytes.
pub(crate) const READ: usize = 64 * 1024;

/// The longest plaintext of a TLS record, in bytes (RFC 8446, 5.1).
pub(crate) const PLAINTEXT: usize = 16 * 1024;

/// The longest TLS record, in bytes, including its header and the overhead of encryption in TLS 1.2 (RFC 5246, 6.2.3).
pub(crate) const RECORD: usize = PLAINTEXT + 2_048 + 5;

/// Buffers for reading, decrypting and encrypting.
pub(crate) struct Scratch {
    /// Bytes read from a socket, after the incomplete record of the previous read.
    pub(crate) received: Box<[u8]>,
    /// Plaintext: decrypted, or to be encrypted.
    pub(crate) plain: Vec<u8>,
    /// Ciphertext: a record, possibly after a key update.
    pub(crate) encrypted: Box<[u8]>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch {
        received: vec![0; RECORD + READ].into_boxed_slice(),
        plain: Vec::new(),
        encrypted: vec![0; 2 * RECORD].into_boxed_slice(),
    });
}

/// Calls a function with the buffers of this thread.
pub(crate) fn with<T>(use_it: impl FnOnce(&mut Scratch) -> T) -> T {
    SCRATCH.with_borrow_mut(use_it)
}
