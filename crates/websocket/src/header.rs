//! The header of a client's frame (RFC 6455, 5.2).

use crate::DecodeError;

/// The largest header in bytes: 2 bytes, a 64-bit length, a mask.
pub(crate) const MAX_HEADER: usize = 14;

/// The largest payload of a control frame in bytes (5.5).
pub(crate) const MAX_CONTROL: u8 = 125;

/// The reserved bits of a header's first byte.
const RESERVED: u8 = 0b0111_0000;
/// The reserved bit that marks a compressed message (RFC 7692, 6).
pub(crate) const RSV1: u8 = 0b0100_0000;

/// The type of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn parse(opcode: u8) -> Result<Self, DecodeError> {
        Ok(match opcode {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return Err(DecodeError::Opcode { opcode }),
        })
    }

    /// True for a control frame, which may come between the fragments of a message.
    pub(crate) const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    /// True for the first frame of a message.
    const fn begins_message(self) -> bool {
        matches!(self, Self::Text | Self::Binary)
    }
}

/// A complete header. It obeys all rules for a single frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) opcode: Opcode,
    /// True for the last fragment of a message.
    pub(crate) fin: bool,
    /// True if the frame begins a compressed message (RFC 7692, 6).
    pub(crate) is_compressed: bool,
    pub(crate) mask: [u8; 4],
    /// The length of the payload in bytes; at most 125 in a control frame.
    pub(crate) length: u64,
}

impl Header {
    /// Parses a header at the start of `bytes`. Returns it with its length, or `None` if it is incomplete. With
    /// `deflate` the header may begin a compressed message.
    pub(crate) fn parse(bytes: &[u8], deflate: bool) -> Result<Option<(Self, usize)>, DecodeError> {
        let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
        let masked = second & 0x80 != 0;
        let Some((length, rest)) = length(second & 0x7F, rest) else { return Ok(None) };
        let mask = match rest.first_chunk() {
            _ if !masked => return Err(DecodeError::Unmasked),
            Some(&mask) => mask,
            None => return Ok(None),
        };
        let opcode = Opcode::parse(first & 0x0F)?;
        let is_compressed = deflate && opcode.begins_message() && first & RSV1 != 0;
        let header = Self { opcode, fin: first & 0x80 != 0, is_compressed, mask, length };
        header.check(first, second)?;
        Ok(Some((header, bytes.len() - rest.len() + mask.len())))
    }

    fn check(&self, first: u8, second: u8) -> Result<(), DecodeError> {
        let size = self.length;
        let shortest = match second & 0x7F {
            126 => size > 125,
            127 => size > u64::from(u16::MAX),
            _ => true,
        };
        let allowed = if self.is_compressed { RSV1 } else { 0 };
        if first & RESERVED & !allowed != 0 {
            return Err(DecodeError::ReservedBits { bits: first >> 4 & 0b111 });
        }
        if size > i64::MAX.unsigned_abs() {
            return Err(DecodeError::LengthRange { size });
        }
        if !shortest {
            return Err(DecodeError::LengthForm { size });
        }
        if self.opcode.is_control() && !self.fin {
            return Err(DecodeError::ControlFragmented);
        }
        if self.opcode.is_control() && size > u64::from(MAX_CONTROL) {
            return Err(DecodeError::ControlTooLong { size });
        }
        Ok(())
    }
}

/// The length of the payload, and the bytes after the length.
fn length(short: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    match short {
        126 => rest.split_first_chunk().map(|(bytes, rest)| (u64::from(u16::from_be_bytes(*bytes)), rest)),
        127 => rest.split_first_chunk().map(|(bytes, rest)| (u64::from_be_bytes(*bytes), rest)),
        _ => Some((u64::from(short), rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> DecodeError {
        Header::parse(bytes, false).expect_err("a broken header")
    }

    #[test]
    fn complete_and_incomplete() {
        let bytes = [0x81, 0xFE, 0x01, 0x00, 1, 2, 3, 4, 0xEE];
        for end in 0..8 {
            assert!(Header::parse(&bytes[..end], false).expect("no error").is_none(), "{end} bytes");
        }
        let (header, size) = Header::parse(&bytes, false).expect("no error").expect("complete");
        assert_eq!((header.length, header.mask, header.fin, size), (256, [1, 2, 3, 4], true, 8));
    }

    #[test]
    fn rules() {
        assert_eq!(refused(&[0x81, 0x00]), DecodeError::Unmasked);
        assert_eq!(refused(&[0xC1, 0x80, 0, 0, 0, 0]), DecodeError::ReservedBits { bits: 0b100 });
        assert_eq!(refused(&[0x91, 0x80, 0, 0, 0, 0]), DecodeError::ReservedBits { bits: 0b001 });
        for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
            assert_eq!(refused(&[0x80 | opcode, 0x80, 0, 0, 0, 0]), DecodeError::Opcode { opcode });
        }
        assert_eq!(refused(&[0x09, 0x80, 0, 0, 0, 0]), DecodeError::ControlFragmented);
        assert_eq!(refused(&[0x89, 0xFE, 0, 126, 0, 0, 0, 0]), DecodeError::ControlTooLong { size: 126 });
        assert_eq!(refused(&[0x82, 0xFE, 0, 125, 0, 0, 0, 0]), DecodeError::LengthForm { size: 125 });
    }

    #[test]
    fn the_first_frame_of_a_message_may_be_compressed() {
        let parse = |first| Header::parse(&[first, 0x80, 0, 0, 0, 0], true);
        for (first, is_compressed) in [(0xC1, true), (0x42, true), (0x81, false), (0x80, false), (0x89, false)] {
            let (header, _) = parse(first).expect("no error").expect("complete");
            assert_eq!(header.is_compressed, is_compressed, "{first:#x}");
        }
        for (first, bits) in [(0xC0, 4), (0xC8, 4), (0xC9, 4), (0xCA, 4), (0xE1, 6), (0xA1, 2), (0x91, 1), (0xF2, 7)] {
            assert_eq!(parse(first).expect_err("reserved bits"), DecodeError::ReservedBits { bits }, "{first:#x}");
        }
    }

    #[test]
    fn long_lengths() {
        let frame = |length: u64| {
            let mut bytes = vec![0x82, 0xFF];
            bytes.extend(length.to_be_bytes());
            bytes.extend([0; 4]);
            bytes
        };
        assert_eq!(refused(&frame(65_535)), DecodeError::LengthForm { size: 65_535 });
        assert_eq!(refused(&frame(1 << 63)), DecodeError::LengthRange { size: 1 << 63 });
        let (header, size) = Header::parse(&frame(65_536), false).expect("no error").expect("complete");
        assert_eq!((header.length, size), (65_536, MAX_HEADER));
    }
}
