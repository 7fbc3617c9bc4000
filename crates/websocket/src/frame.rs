//! Frames of a server. They are not masked, so all receivers can share one buffer.

use bytes::{Buf, Bytes};

use crate::{
    CloseCode, deflate,
    header::{MAX_CONTROL, RSV1},
};

/// The largest header of a server's frame in bytes: 2 bytes and a 64-bit length.
const ROOM: usize = 10;

/// The largest reason of a close frame in bytes: the payload without the code.
const MAX_REASON: usize = MAX_CONTROL as usize - 2;

const FIN: u8 = 0x80;
const TEXT: u8 = FIN | 0x1;
const CLOSE: u8 = FIN | 0x8;
const PING: u8 = FIN | 0x9;
const PONG: u8 = FIN | 0xA;

/// Encodes a text frame. `append` appends the payload, in UTF-8, to the given buffer.
///
/// The buffer starts with room for a header. The header is written into it once the length of the payload is known, so
/// the payload is not moved. `capacity` is the expected length of the payload in bytes; a good estimate saves
/// allocations.
///
/// # Panics
///
/// If `append` shortens the buffer.
#[must_use]
pub fn text(capacity: usize, append: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let mut buffer = Vec::with_capacity(ROOM + capacity);
    buffer.resize(ROOM, 0);
    append(&mut buffer);
    assert!(buffer.len() >= ROOM, "the payload of a frame is only appended to");
    sealed(buffer, TEXT)
}

/// Compresses a frame made by [`text`] for clients with which [`Deflate`](crate::Deflate) was negotiated. `None` if it
/// would not get shorter. `level` is 1 (fastest) to 9 (smallest).
#[must_use]
pub fn compressed(frame: &Bytes, level: u32) -> Option<Bytes> {
    let payload = payload(frame);
    let mut buffer = vec![0; ROOM];
    if !deflate::compress(payload, level, &mut buffer) {
        return None;
    }
    buffer.shrink_to_fit();
    Some(sealed(buffer, TEXT | RSV1))
}

/// A copy of a frame made by [`text`] with another end: the last `cut` bytes of the payload are replaced with `tail`.
#[must_use]
pub fn with_end(frame: &Bytes, cut: usize, tail: &[u8]) -> Bytes {
    let payload = payload(frame);
    let kept = &payload[..payload.len().saturating_sub(cut)];
    text(kept.len() + tail.len(), |copy| {
        copy.extend_from_slice(kept);
        copy.extend_from_slice(tail);
    })
}

/// The payload of a frame of [`text`].
#[must_use]
pub fn payload(frame: &Bytes) -> &[u8] {
    let header = match frame.get(1) {
        Some(127) => ROOM,
        Some(126) => 4,
        _ => 2,
    };
    frame.get(header..).unwrap_or_default()
}

/// Writes the header directly before the payload, and removes the unused part of the space reserved for it.
fn sealed(mut buffer: Vec<u8>, first: u8) -> Bytes {
    let start = seal(&mut buffer, first);
    let mut frame = Bytes::from(buffer);
    frame.advance(start);
    frame
}

/// Writes the header directly before the payload, and returns its position.
fn seal(buffer: &mut [u8], first: u8) -> usize {
    let length = buffer.len() - ROOM;
    let start = match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ 0..=125), _) => {
            buffer[ROOM - 1] = length;
            ROOM - 2
        }
        (_, Ok(length)) => {
            buffer[ROOM - 2..ROOM].copy_from_slice(&length.to_be_bytes());
            buffer[ROOM - 3] = 126;
            ROOM - 4
        }
        _ => {
            buffer[ROOM - 8..ROOM].copy_from_slice(&(length as u64).to_be_bytes());
            buffer[ROOM - 9] = 127;
            0
        }
    };
    buffer[start] = first;
    start
}

/// Encodes a ping. A payload is cut to 125 bytes.
#[must_use]
pub fn ping(payload: &[u8]) -> Bytes {
    control(PING, payload)
}

/// Encodes the answer to a ping with its payload. A payload is cut to 125 bytes, the limit for a ping.
#[must_use]
pub fn pong(payload: &[u8]) -> Bytes {
    control(PONG, payload)
}

/// Encodes a close frame. A reason is cut to the whole characters in its first 123 bytes.
#[must_use]
pub fn close(code: CloseCode, reason: &str) -> Bytes {
    let reason = &reason[..reason.floor_char_boundary(MAX_REASON)];
    control(CLOSE, &[&code.0.to_be_bytes(), reason.as_bytes()].concat())
}

fn control(first: u8, payload: &[u8]) -> Bytes {
    let length = u8::try_from(payload.len()).map_or(MAX_CONTROL, |length| length.min(MAX_CONTROL));
    [&[first, length], &payload[..usize::from(length)]].concat().into()
}
