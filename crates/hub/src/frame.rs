//! A frame for several connections.

use std::{cell::OnceCell, sync::Arc};

use bytes::Bytes;

use crate::Session;

/// Compresses a frame. `None` if the frame is to stay as it is: it is short, or would not get shorter.
pub type Compress = Arc<dyn Fn(&Bytes) -> Option<Bytes> + Send + Sync>;

/// The base-2 logarithm of the longest window, in bytes. With it a connection takes compressed frames of any length.
const LONGEST_WINDOW: u8 = 15;

/// A frame that several connections get: as it is, or compressed if the connection has agreed to that. It is compressed
/// when the first such connection gets it, and once.
#[derive(Clone, Debug)]
pub struct Frame {
    plain: Bytes,
    compressed: OnceCell<Option<Bytes>>,
}

impl From<Bytes> for Frame {
    fn from(plain: Bytes) -> Self {
        Self { plain, compressed: OnceCell::new() }
    }
}

impl Frame {
    /// The frame as `session` gets it.
    pub(crate) fn of(&self, session: &Session, compress: Option<&Compress>) -> Bytes {
        self.compressed(session.window_bits(), compress).unwrap_or(&self.plain).clone()
    }

    /// The compressed frame, if it fits the window. A window that is not shorter than the whole frame is as good as the
    /// longest.
    fn compressed(&self, window_bits: u8, compress: Option<&Compress>) -> Option<&Bytes> {
        let compress = compress.filter(|_| window_bits > 0)?;
        let fits = window_bits >= LONGEST_WINDOW || self.plain.len() <= 1 << window_bits;
        if !fits {
            return None;
        }
        self.compressed.get_or_init(|| compress(&self.plain)).as_ref()
    }
}
