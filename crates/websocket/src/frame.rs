//! What a server sends: single frames, not masked, so that one buffer serves every receiver.

use bytes::{Buf, Bytes};

use crate::{CloseCode, header::MAX_CONTROL};

/// The longest header of a server's frame: two bytes and a 64-bit length.
const ROOM: usize = 10;

/// The longest reason of a close frame, in bytes: what its code leaves of the payload.
const MAX_REASON: usize = MAX_CONTROL as usize - 2;

const FIN: u8 = 0x80;
const TEXT: u8 = FIN | 0x1;
const CLOSE: u8 = FIN | 0x8;
const PING: u8 = FIN | 0x9;
const PONG: u8 = FIN | 0xA;

/// Encodes a text frame: `append` writes the payload, UTF-8, to the end of the buffer that it gets.
///
/// The buffer starts with room for a header, which is written in front of the payload once its length is known, so the
/// payload is not moved. `capacity` is the expected length of the payload in bytes; a good guess saves allocations.
///
/// # Panics
///
/// If `append` makes the buffer shorter than it was.
#[must_use]
pub fn text(capacity: usize, append: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let mut buffer = Vec::with_capacity(ROOM + capacity);
    buffer.resize(ROOM, 0);
    append(&mut buffer);
    assert!(buffer.len() >= ROOM, "the payload of a frame is only appended to");
    let start = seal(&mut buffer);
    let mut frame = Bytes::from(buffer);
    frame.advance(start);
    frame
}

/// Writes the header directly in front of the payload, and says where it starts.
fn seal(buffer: &mut [u8]) -> usize {
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
    buffer[start] = TEXT;
    start
}

/// Encodes a ping. Of a payload over 125 bytes only the first 125 are sent.
#[must_use]
pub fn ping(payload: &[u8]) -> Bytes {
    control(PING, payload)
}

/// Encodes the answer to a ping, whose payload it repeats. Of a payload over 125 bytes, which no ping can have, only
/// the first 125 are sent.
#[must_use]
pub fn pong(payload: &[u8]) -> Bytes {
    control(PONG, payload)
}

/// Encodes a close frame. Of a reason over 123 bytes only the whole characters in the first 123 are sent.
#[must_use]
pub fn close(code: CloseCode, reason: &str) -> Bytes {
    let reason = &reason[..reason.floor_char_boundary(MAX_REASON)];
    control(CLOSE, &[&code.0.to_be_bytes(), reason.as_bytes()].concat())
}

fn control(first: u8, payload: &[u8]) -> Bytes {
    let length = u8::try_from(payload.len()).map_or(MAX_CONTROL, |length| length.min(MAX_CONTROL));
    [&[first, length], &payload[..usize::from(length)]].concat().into()
}
