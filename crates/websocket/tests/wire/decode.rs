//! The decoder and the rules of RFC 6455, one by one.

use clairon_websocket::{ClientMessage, Close, CloseCode, DecodeError, Decoder};

use crate::{
    client::{BINARY, CLOSE, CONTINUATION, FIN, Frame, PING, PONG, TEXT},
    reference::decode,
};

const LIMIT: usize = 1000;

fn frames(frames: &[Frame]) -> (Vec<ClientMessage>, Option<DecodeError>) {
    let bytes: Vec<u8> = frames.iter().flat_map(Frame::bytes).collect();
    decode([&bytes[..]], LIMIT)
}

fn refused(list: &[Frame]) -> DecodeError {
    frames(list).1.expect("an error")
}

fn text(text: &str) -> ClientMessage {
    ClientMessage::Text(text.to_owned())
}

#[test]
fn many_messages_in_one_read() {
    let (messages, error) = frames(&[
        Frame::new(FIN | TEXT, "one"),
        Frame::new(FIN | BINARY, [1, 2, 3]),
        Frame::new(FIN | PING, "are you there"),
        Frame::new(FIN | PONG, ""),
        Frame::new(FIN | TEXT, ""),
        Frame::new(FIN | CLOSE, b"\x03\xe9bye"),
        Frame::new(FIN | TEXT, "ignored"),
    ]);
    let close = Close { code: CloseCode::GOING_AWAY, reason: "bye".to_owned() };
    assert_eq!(error, None);
    assert_eq!(
        messages,
        [
            text("one"),
            ClientMessage::Binary(vec![1, 2, 3]),
            ClientMessage::Ping(b"are you there".to_vec()),
            ClientMessage::Pong(vec![]),
            text(""),
            ClientMessage::Close(Some(close)),
        ]
    );
}

#[test]
fn control_frames_between_fragments() {
    let (messages, error) = frames(&[
        Frame::new(TEXT, "a"),
        Frame::new(FIN | PING, "1"),
        Frame::new(CONTINUATION, ""),
        Frame::new(FIN | PONG, "2"),
        Frame::new(FIN | CONTINUATION, "b"),
    ]);
    assert_eq!(error, None);
    assert_eq!(messages, [ClientMessage::Ping(b"1".to_vec()), ClientMessage::Pong(b"2".to_vec()), text("ab")]);
}

#[test]
fn order_of_fragments() {
    assert_eq!(refused(&[Frame::new(FIN | CONTINUATION, "")]), DecodeError::UnexpectedContinuation);
    let nested = [Frame::new(TEXT, "a"), Frame::new(FIN | TEXT, "b")];
    assert_eq!(refused(&nested), DecodeError::ExpectedContinuation);
}

#[test]
fn characters_may_be_split_between_fragments() {
    let bytes = "añ€😀".as_bytes();
    let mut list: Vec<Frame> = bytes.iter().map(|byte| Frame::new(CONTINUATION, [*byte])).collect();
    list[0].first = TEXT;
    list.push(Frame::new(FIN | CONTINUATION, ""));
    assert_eq!(frames(&list), (vec![text("añ€😀")], None));
}

#[test]
fn bad_text_is_refused_where_it_is_seen() {
    assert_eq!(refused(&[Frame::new(FIN | TEXT, b"ab\xff")]), DecodeError::Utf8 { position: 2 });
    assert_eq!(refused(&[Frame::new(TEXT, "ä"), Frame::new(CONTINUATION, b"\xc0")]), DecodeError::Utf8 { position: 2 });
    let cut_short = [Frame::new(TEXT, b"a\xe2\x82"), Frame::new(FIN | CONTINUATION, "")];
    assert_eq!(refused(&cut_short), DecodeError::Utf8 { position: 1 });
    let frame = Frame::new(FIN | TEXT, b"a\xff and so on").bytes();
    assert_eq!(decode([&frame[..8]], LIMIT).1, Some(DecodeError::Utf8 { position: 1 }), "the frame is not complete");
}

#[test]
fn close_payloads() {
    assert_eq!(frames(&[Frame::new(FIN | CLOSE, "")]).0, [ClientMessage::Close(None)]);
    assert_eq!(refused(&[Frame::new(FIN | CLOSE, [3])]), DecodeError::CloseLength);
    assert_eq!(refused(&[Frame::new(FIN | CLOSE, [3, 0xED])]), DecodeError::CloseCode { code: 1005 });
    assert_eq!(refused(&[Frame::new(FIN | CLOSE, b"\x03\xe8\xff")]), DecodeError::Utf8 { position: 0 });
}

#[test]
fn the_limit_counts_all_fragments() {
    let whole = Frame::new(FIN | BINARY, vec![0; LIMIT]);
    assert_eq!(frames(&[whole]).0, [ClientMessage::Binary(vec![0; LIMIT])]);
    let too_big = DecodeError::TooBig { size: LIMIT as u64 + 1, limit: LIMIT };
    assert_eq!(refused(&[Frame::new(FIN | BINARY, vec![0; LIMIT + 1])]), too_big);
    assert_eq!(refused(&[Frame::new(BINARY, vec![0; LIMIT]), Frame::new(FIN | CONTINUATION, [0])]), too_big);
    assert_eq!(too_big.close_code(), CloseCode::TOO_BIG);
    assert_eq!(too_big.to_string(), "the message has at least 1001 bytes, the limit is 1000");
}

#[test]
fn the_limit_is_enforced_from_the_header() {
    let mut frame = Frame::new(FIN | BINARY, vec![0; 70_000]).bytes();
    frame.truncate(14);
    assert_eq!(decode([&frame[..]], LIMIT).1, Some(DecodeError::TooBig { size: 70_000, limit: LIMIT }));
}

#[test]
fn memory_grows_with_what_arrives() {
    let frame = Frame::new(FIN | BINARY, vec![7; 1 << 20]).bytes();
    let mut decoder = Decoder::new();
    assert_eq!(decoder.buffered(), 0);
    assert_eq!(decoder.decode(&mut &frame[..1000], usize::MAX), Ok(None));
    assert!(decoder.buffered() < 2000, "{} bytes", decoder.buffered());
    assert_eq!(decoder.decode(&mut &frame[1000..], usize::MAX), Ok(Some(ClientMessage::Binary(vec![7; 1 << 20]))));
    assert_eq!(decoder.buffered(), 0);
}

#[test]
fn memory_does_not_grow_past_the_limit() {
    let fragment = Frame::new(BINARY, vec![7; 50_000]).bytes();
    let (messages, error) = decode(fragment.chunks(1000), 60_000);
    assert!(messages.is_empty());
    assert_eq!(error, None);
}

#[test]
fn empty_fragments_cost_no_memory() {
    let mut decoder = Decoder::new();
    assert_eq!(decoder.decode(&mut &Frame::new(TEXT, "").bytes()[..], LIMIT), Ok(None));
    let before = decoder.buffered();
    let fragment = Frame::new(CONTINUATION, "").bytes();
    for _ in 0..1000 {
        assert_eq!(decoder.decode(&mut &fragment[..], LIMIT), Ok(None));
    }
    assert_eq!(decoder.buffered(), before);
}

#[test]
fn nothing_is_decoded_after_an_error() {
    let mut decoder = Decoder::new();
    assert_eq!(decoder.decode(&mut &b"GET / HTTP/1.1"[..], LIMIT), Err(DecodeError::Unmasked));
    let frame = Frame::new(FIN | TEXT, "hello").bytes();
    let mut input = &frame[..];
    assert_eq!(decoder.decode(&mut input, LIMIT), Ok(None));
    assert!(input.is_empty());
}
