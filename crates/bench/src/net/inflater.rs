//! Compressed messages (RFC 7692), each with a window of its own.

use std::{sync::Arc, time::Duration};

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use rustix::time::{ClockId, clock_gettime};

use crate::BenchError;

/// The end of every compressed message, which is not sent.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// The longest message, in bytes.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// How often a message is compressed to find out how long that takes.
const ROUNDS: u32 = 200;

/// Inflates what a server has compressed. Receivers of one event get the same bytes, so these are inflated once.
#[derive(Debug)]
pub(crate) struct Inflater {
    decompressor: Decompress,
    /// The last message, as it came and inflated.
    last: (Vec<u8>, Arc<[u8]>),
}

impl Inflater {
    pub(super) fn new() -> Self {
        Self { decompressor: Decompress::new(false), last: (Vec::new(), Arc::default()) }
    }

    pub(super) fn inflate(&mut self, sent: &[u8]) -> Result<Arc<[u8]>, BenchError> {
        if self.last.0 != sent {
            self.last = (sent.to_vec(), self.inflate_anew(sent)?);
        }
        Ok(self.last.1.clone())
    }

    fn inflate_anew(&mut self, sent: &[u8]) -> Result<Arc<[u8]>, BenchError> {
        let wrong = BenchError::Protocol("a compressed message that cannot be inflated");
        let mut message = Vec::with_capacity(8 * sent.len() + 64);
        self.decompressor.reset(false);
        let input = [sent, &TAIL].concat();
        loop {
            let consumed = usize::try_from(self.decompressor.total_in()).unwrap_or(usize::MAX);
            let Some(rest) = input.get(consumed..) else { return Err(wrong) };
            let inflated = self.decompressor.decompress_vec(rest, &mut message, FlushDecompress::Sync);
            if inflated.is_err() || message.len() > MAX_MESSAGE {
                return Err(wrong);
            }
            if message.len() < message.capacity() {
                return Ok(message.into());
            }
            message.reserve(message.len());
        }
    }

    /// The processor time to compress the last message once.
    pub(crate) fn cost_of_last(&self, level: u32) -> Option<Duration> {
        let (_, message) = &self.last;
        if message.is_empty() {
            return None;
        }
        let mut compressor = Compress::new(Compression::new(level), false);
        let mut buffer = Vec::with_capacity(message.len() + 1_000);
        let start = processor_time();
        for _ in 0..ROUNDS {
            buffer.clear();
            compressor.reset();
            compressor.compress_vec(message, &mut buffer, FlushCompress::Sync).ok()?;
        }
        Some(processor_time().saturating_sub(start) / ROUNDS)
    }
}

/// The processor time of this thread. Other work on the machine does not count.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_compressed_is_inflated() {
        let mut inflater = Inflater::new();
        // The example of RFC 7692, 7.2.3.1.
        let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        for _ in 0..2 {
            assert_eq!(&*inflater.inflate(&hello).unwrap(), b"Hello");
        }
        assert!(inflater.cost_of_last(6).is_some());
        assert!(inflater.inflate(b"no deflate").is_err());
    }
}
