//! Compares the WebSocket decoder with an independent one, on any bytes in any pieces.
//!
//! Input: a byte with the number of pieces (lower half) and whether valid frames follow the stream (highest bit); a
//! byte with the length of each piece; the stream.
#![no_main]

#[path = "../../crates/websocket/tests/wire/reference.rs"]
mod reference;

use libfuzzer_sys::fuzz_target;

use self::reference::{LIMIT, compare, decode};

/// An empty ping, masked with zeros.
const PING: [u8; 6] = [0x89, 0x80, 0, 0, 0, 0];

fuzz_target!(|input: &[u8]| {
    let Some((&first, rest)) = input.split_first() else { return };
    let Some((lengths, stream)) = rest.split_at_checked(usize::from(first & 0x0f)) else { return };
    let mut stream = stream.to_vec();
    if first & 0x80 != 0 {
        // More than the payload of the longest admitted frame, so no frame is cut short.
        stream.extend(PING.repeat(LIMIT / PING.len() + 3));
    }
    compare(&stream);
    let whole = decode([&stream[..]], LIMIT);
    assert_eq!(decode(pieces(&stream, lengths), LIMIT), whole);
    assert_eq!(decode(stream.chunks(1), LIMIT), whole);
});

/// Splits the stream into pieces of these lengths. The last piece is the rest.
fn pieces<'a>(stream: &'a [u8], lengths: &[u8]) -> Vec<&'a [u8]> {
    let mut rest = stream;
    let mut pieces = Vec::with_capacity(lengths.len() + 1);
    for &length in lengths {
        let (piece, after) = rest.split_at(usize::from(length).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}
