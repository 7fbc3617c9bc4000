//! Messages in the format of permessage-deflate (RFC 7692, 7.2). Each message has its own window, so a thread uses one
//! compressor and one decompressor for all connections.

use std::cell::RefCell;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::DecodeError;

/// The last bytes of every compressed message. They are not sent (7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

/// The largest number of DEFLATE streams in one message. A message needs no more than one, and each costs time.
const MAX_STREAMS: usize = 16;

/// The first estimate of the length of an inflated message, as a multiple of its compressed length.
const USUAL_RATIO: usize = 4;

thread_local! {
    /// The compressor and its level.
    static COMPRESSOR: RefCell<Option<(Compress, u32)>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// Appends `payload` compressed to `buffer`. False if the result is not shorter than the payload; the content of
/// `buffer` is then unspecified. `level` is 1 (fastest) to 9 (smallest).
pub(crate) fn compress(payload: &[u8], level: u32, buffer: &mut Vec<u8>) -> bool {
    let start = buffer.len();
    // Room for one byte more than is useful shows whether the compressor has finished.
    buffer.reserve_exact(payload.len() + TAIL.len());
    let is_done = COMPRESSOR.with_borrow_mut(|compressor| {
        let (compressor, _) = match compressor {
            Some(present) if present.1 == level => present,
            other => other.insert((Compress::new(Compression::new(level), false), level)),
        };
        compressor.reset();
        let done = compressor.compress_vec(payload, buffer, FlushCompress::Sync);
        done.is_ok() && compressor.total_in() == payload.len() as u64 && buffer.len() < buffer.capacity()
    });
    if !is_done || !buffer[start..].ends_with(&TAIL) {
        return false;
    }
    buffer.truncate(buffer.len() - TAIL.len());
    buffer.len() - start < payload.len()
}

/// Inflates the payload of one message, to at most `limit` bytes.
///
/// # Errors
///
/// The inflated message is longer, or the payload is not valid DEFLATE. Inflating stops at the limit, because a few
/// bytes can inflate to very many.
pub(crate) fn inflate(sent: &[u8], limit: usize) -> Result<Vec<u8>, DecodeError> {
    let mut message = Vec::with_capacity(sent.len().saturating_mul(USUAL_RATIO).min(limit).max(1));
    DECOMPRESSOR.with_borrow_mut(|decompressor| {
        decompressor.reset(false);
        let mut streams = 0;
        for mut input in [sent, &TAIL] {
            loop {
                let before = decompressor.total_in();
                let status = decompressor
                    .decompress_vec(input, &mut message, FlushDecompress::Sync)
                    .map_err(|_| DecodeError::Deflate)?;
                let consumed = usize::try_from(decompressor.total_in() - before).map_err(|_| DecodeError::Deflate)?;
                input = &input[consumed..];
                if message.len() > limit {
                    return Err(DecodeError::TooBig { size: message.len() as u64, limit });
                }
                if status == Status::StreamEnd {
                    streams += 1;
                    decompressor.reset(false);
                    if streams > MAX_STREAMS {
                        return Err(DecodeError::Deflate);
                    }
                }
                if message.len() == message.capacity() {
                    // One byte beyond the limit distinguishes a message of exactly that length from a longer one.
                    let most = limit.saturating_add(1) - message.len();
                    message.reserve_exact(message.len().clamp(1, most));
                } else if input.is_empty() || (consumed == 0 && status != Status::StreamEnd) {
                    break;
                }
            }
        }
        Ok(())
    })?;
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compressed(payload: &[u8]) -> Option<Vec<u8>> {
        let mut buffer = Vec::new();
        compress(payload, 6, &mut buffer).then_some(buffer)
    }

    /// The examples of RFC 7692, 7.2.3: one block, a stored one, one that ends its stream, two blocks.
    #[test]
    fn the_examples_of_the_rfc() {
        for sent in [
            &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00][..],
            &[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00],
            &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
            &[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00],
        ] {
            assert_eq!(inflate(sent, 5).as_deref(), Ok(&b"Hello"[..]), "{sent:02x?}");
            assert_eq!(inflate(sent, 4), Err(DecodeError::TooBig { size: 5, limit: 4 }), "{sent:02x?}");
        }
        assert_eq!(inflate(&[0x02, 0x00], 0).as_deref(), Ok(&b""[..]));
        assert_eq!(inflate(&[], 0).as_deref(), Ok(&b""[..]));
    }

    #[test]
    fn what_is_compressed_comes_back() {
        for size in [64, 1_000, 65_535, 65_536, 300_000] {
            let payload: Vec<u8> =
                (0..size).map(|number: u32| b"an event"[number as usize % 8] ^ number.to_be_bytes()[2]).collect();
            for level in [1, 6, 9, 6] {
                let mut buffer = b"header".to_vec();
                assert!(compress(&payload, level, &mut buffer), "{size} bytes at level {level}");
                assert!(buffer.len() < payload.len() && buffer.starts_with(b"header"));
                assert_eq!(inflate(&buffer[6..], payload.len()).as_ref(), Ok(&payload));
            }
        }
    }

    #[test]
    fn what_gets_no_shorter_is_left_alone() {
        let mut state = 1_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            // xorshift64*
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_be_bytes()[0]
        })
        .take(5_000)
        .collect();
        for payload in [&b""[..], b"x", b"Hello", &noise[..100], &noise] {
            assert_eq!(compressed(payload), None, "{} bytes", payload.len());
        }
        assert!(compressed(&b"x".repeat(100)).is_some(), "a failure leaves nothing behind");
    }

    #[test]
    fn a_bomb_is_inflated_up_to_the_limit() {
        let bomb = compressed(&vec![0; 50_000_000]).expect("zeros are compressed well");
        assert!(bomb.len() < 60_000);
        assert_eq!(inflate(&bomb, 1_000), Err(DecodeError::TooBig { size: 1_001, limit: 1_000 }));
        assert_eq!(inflate(&bomb, 50_000_000).map(|message| message.len()), Ok(50_000_000));
    }

    #[test]
    fn what_is_no_deflate_is_refused() {
        for sent in [&b"Hello"[..], &[0xff; 9], &[0x07], &[0x00, 0x05, 0x00, 0x05, 0x00]] {
            assert_eq!(inflate(sent, 1_000), Err(DecodeError::Deflate), "{sent:02x?}");
        }
        // Empty blocks, each of which ends a stream.
        let ends = [0x03, 0x00].repeat(MAX_STREAMS + 1);
        assert_eq!(inflate(&ends, 1_000), Err(DecodeError::Deflate));
        assert_eq!(inflate(b"\xf2\x48\xcd\xc9\xc9\x07\x00", 5).as_deref(), Ok(&b"Hello"[..]), "nothing is left behind");
    }
}
