//! Compressed messages: valid fragmentation, and invalid frames.

use clairon_websocket::{ClientMessage, CloseCode, DecodeError, Decoder, frame};
use flate2::{Compress, Compression, FlushCompress};
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::client::{BINARY, CLOSE, CONTINUATION, FIN, Frame, PING, RSV1, TEXT};

const LIMIT: usize = 1000;

/// The bytes that a client sends for a compressed message, without the end that all messages share (RFC 7692, 7.2.1).
fn deflated(message: &[u8]) -> Vec<u8> {
    let mut sent = Vec::with_capacity(message.len() + 100);
    Compress::new(Compression::default(), false)
        .compress_vec(message, &mut sent, FlushCompress::Sync)
        .expect("room for all of it");
    sent.truncate(sent.len() - 4);
    sent
}

fn decode_chunks<'a>(
    chunks: impl IntoIterator<Item = &'a [u8]>,
    limit: usize,
) -> (Vec<ClientMessage>, Option<DecodeError>) {
    let (mut decoder, mut messages) = (Decoder::new().with_deflate(), Vec::new());
    for mut chunk in chunks {
        loop {
            match decoder.decode(&mut chunk, limit) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => return (messages, Some(error)),
            }
        }
    }
    (messages, None)
}

fn decode(frames: &[Frame]) -> (Vec<ClientMessage>, Option<DecodeError>) {
    let bytes: Vec<u8> = frames.iter().flat_map(Frame::bytes).collect();
    decode_chunks([&bytes[..]], LIMIT)
}

fn refused(frames: &[Frame]) -> DecodeError {
    decode(frames).1.expect("an error")
}

#[test]
fn compressed_and_plain_messages_follow_each_other() {
    let hello = deflated("hellö".as_bytes());
    let (messages, error) = decode(&[
        Frame::new(FIN | RSV1 | TEXT, hello.clone()),
        Frame::new(FIN | TEXT, "plain"),
        Frame::new(FIN | RSV1 | BINARY, deflated(b"\xff\x00")),
        Frame::new(RSV1 | TEXT, &hello[..3]),
        Frame::new(FIN | PING, "between"),
        Frame::new(CONTINUATION, ""),
        Frame::new(FIN | CONTINUATION, &hello[3..]),
        Frame::new(FIN | RSV1 | TEXT, [0]),
    ]);
    assert_eq!(error, None);
    let text = |text: &str| ClientMessage::Text(text.to_owned());
    assert_eq!(
        messages,
        [
            text("hellö"),
            text("plain"),
            ClientMessage::Binary(vec![0xff, 0]),
            ClientMessage::Ping(b"between".to_vec()),
            text("hellö"),
            text(""),
        ]
    );
}

#[test]
fn nothing_is_compressed_that_was_not_negotiated() {
    let frame = Frame::new(FIN | RSV1 | TEXT, deflated(b"hello")).bytes();
    let error = DecodeError::ReservedBits { bits: 0b100 };
    assert_eq!(Decoder::new().decode(&mut &frame[..], LIMIT), Err(error));
}

#[test]
fn only_the_first_frame_says_that_a_message_is_compressed() {
    let hello = deflated(b"hello");
    let error = DecodeError::ReservedBits { bits: 0b100 };
    assert_eq!(
        refused(&[Frame::new(RSV1 | TEXT, &hello[..2]), Frame::new(FIN | RSV1 | CONTINUATION, &hello[2..])]),
        error
    );
    assert_eq!(refused(&[Frame::new(BINARY, &hello[..2]), Frame::new(FIN | RSV1 | CONTINUATION, &hello[2..])]), error);
    for opcode in [PING, CLOSE] {
        assert_eq!(refused(&[Frame::new(FIN | RSV1 | opcode, "")]), error);
    }
}

#[test]
fn text_is_checked_once_it_is_inflated() {
    assert_eq!(refused(&[Frame::new(FIN | RSV1 | TEXT, deflated(b"ab\xff"))]), DecodeError::Utf8 { position: 2 });
    let error = refused(&[Frame::new(FIN | RSV1 | TEXT, "no deflate")]);
    assert_eq!((error, error.close_code()), (DecodeError::Deflate, CloseCode::INVALID_DATA));
}

#[test]
fn the_limit_holds_for_what_is_sent_and_for_what_it_is_inflated() {
    let whole = deflated(&[b'x'; LIMIT]);
    assert_eq!(decode(&[Frame::new(FIN | RSV1 | TEXT, whole)]).0, [ClientMessage::Text("x".repeat(LIMIT))]);
    let too_big = |size| DecodeError::TooBig { size, limit: LIMIT };
    assert_eq!(refused(&[Frame::new(FIN | RSV1 | TEXT, deflated(&vec![b'x'; 1_000_000]))]), too_big(LIMIT as u64 + 1));
    let mut header = Frame::new(FIN | RSV1 | TEXT, vec![0; 70_000]).bytes();
    header.truncate(14);
    assert_eq!(decode_chunks([&header[..]], LIMIT).1, Some(too_big(70_000)));
}

#[test]
fn a_compressed_message_leaves_no_memory_behind() {
    let mut decoder = Decoder::new().with_deflate();
    let frame = Frame::new(FIN | RSV1 | TEXT, deflated(&[b'x'; LIMIT])).bytes();
    let (start, end) = frame.split_at(frame.len() - 1);
    assert_eq!(decoder.decode(&mut &start[..], LIMIT), Ok(None));
    assert!((1..600).contains(&decoder.buffered()), "{} bytes", decoder.buffered());
    assert!(decoder.decode(&mut &end[..], LIMIT).is_ok_and(|message| message.is_some()));
    assert_eq!(decoder.buffered(), 0);
}

#[test]
fn a_servers_frame_is_compressed_as_a_whole() {
    for size in [50, 200, 70_000, 20_000_000] {
        let payload = "an event ".repeat(size / 9);
        let plain = frame::text(payload.len(), |buffer| buffer.extend_from_slice(payload.as_bytes()));
        let compressed = frame::compressed(&plain, 3).expect("repetitions");
        assert!(compressed.len() < plain.len());
        // A client's frame differs only in its mask, which is all zeros here.
        let header = match compressed[1] {
            127 => 10,
            126 => 4,
            _ => 2,
        };
        let mut sent = compressed[..header].to_vec();
        sent[1] |= 0x80;
        sent.extend([0; 4]);
        sent.extend_from_slice(&compressed[header..]);
        assert_eq!(decode_chunks([&sent[..]], payload.len()), (vec![ClientMessage::Text(payload)], None));
    }
    assert_eq!(frame::compressed(&frame::text(5, |buffer| buffer.extend_from_slice(b"Hello")), 9), None);
}

proptest! {
    #[test]
    fn any_bytes_in_any_chunks(
        streams in vec((any::<bool>(), 0..3_u8, vec(any::<u8>(), 0..60)), 0..6),
        noise in vec(any::<u8>(), 0..40),
        cuts in vec(any::<Index>(), 0..8),
    ) {
        let mut stream = Vec::new();
        for (is_compressed, kind, payload) in streams {
            let frame = match (is_compressed, kind) {
                (true, 0) => Frame::new(FIN | RSV1 | TEXT, deflated(&payload)),
                (true, 1) => Frame::new(RSV1 | BINARY, deflated(&payload)),
                (true, _) => Frame::new(FIN | RSV1 | BINARY, payload),
                (false, 0) => Frame::new(FIN | CONTINUATION, payload),
                (false, _) => Frame::new(FIN | BINARY, payload),
            };
            stream.extend(frame.bytes());
        }
        stream.extend(noise);
        let whole = decode_chunks([&stream[..]], 200);
        let mut points: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        points.sort_unstable();
        let mut rest = &stream[..];
        let mut chunks = Vec::new();
        for (cut, before) in points.iter().zip([0].iter().chain(&points)) {
            let (chunk, after) = rest.split_at(cut - before);
            chunks.push(chunk);
            rest = after;
        }
        chunks.push(rest);
        prop_assert_eq!(&decode_chunks(chunks, 200), &whole);
        prop_assert_eq!(&decode_chunks(stream.chunks(1), 200), &whole);
    }
}
