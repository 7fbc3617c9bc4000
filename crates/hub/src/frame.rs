//! A frame that several connections receive.

use std::{cell::OnceCell, sync::Arc};

use bytes::Bytes;

use crate::Session;

/// Compresses a frame. `None`: the frame is sent uncompressed, because it is short or would not get shorter.
pub type Compress = Arc<dyn Fn(&Bytes) -> Option<Bytes> + Send + Sync>;

/// The base-2 logarithm of the longest window, in bytes. A connection with this window accepts compressed frames of any
/// length.
const LONGEST_WINDOW: u8 = 15;

/// A frame for several connections. It is sent compressed to the connections that negotiated compression. The first
/// such connection causes the compression; the others share its result.
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
    /// The uncompressed frame.
    #[must_use]
    pub const fn plain(&self) -> &Bytes {
        &self.plain
    }

    /// The size of the uncompressed frame, in bytes.
    pub(crate) const fn plain_len(&self) -> usize {
        self.plain.len()
    }

    /// The bytes that `session` receives: the frame, compressed or not.
    pub(crate) fn of(&self, session: &Session, compress: Option<&Compress>) -> Bytes {
        self.compressed(session.window_bits(), compress).unwrap_or(&self.plain).clone()
    }

    /// The compressed frame, if it fits into the window. A frame that is not longer than the window can be inflated
    /// whatever window compressed it.
    fn compressed(&self, window_bits: u8, compress: Option<&Compress>) -> Option<&Bytes> {
        let compress = compress.filter(|_| window_bits > 0)?;
        let fits = window_bits >= LONGEST_WINDOW || self.plain.len() <= 1 << window_bits;
        if !fits {
            return None;
        }
        self.compressed.get_or_init(|| compress(&self.plain)).as_ref()
    }
}
