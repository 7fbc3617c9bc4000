//! The server's frames, byte by byte and as an independent client decodes them.

use std::io::{self, Cursor, Read, Write};

use clairon_websocket::{CloseCode, frame};
use proptest::prelude::*;
use tungstenite::{Message, WebSocket, protocol::Role};

/// A stream that returns its content to a reader and accepts every write.
struct Wire(Cursor<Vec<u8>>);

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn client(bytes: &[u8]) -> WebSocket<Wire> {
    WebSocket::from_raw_socket(Wire(Cursor::new(bytes.to_vec())), Role::Client, None)
}

fn text(payload: &str) -> bytes::Bytes {
    frame::text(payload.len(), |buffer| buffer.extend_from_slice(payload.as_bytes()))
}

#[test]
fn every_form_of_a_length() {
    for (length, header) in [
        (0, &[0x81, 0][..]),
        (125, &[0x81, 125]),
        (126, &[0x81, 126, 0, 126]),
        (65_535, &[0x81, 126, 0xFF, 0xFF]),
        (65_536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] {
        let payload = "x".repeat(length);
        let frame = text(&payload);
        assert_eq!(&frame[..header.len()], header);
        assert_eq!(&frame[header.len()..], payload.as_bytes());
        assert_eq!(client(&frame).read().expect("a message"), Message::text(payload));
    }
}

#[test]
fn a_wrong_guess_of_the_capacity() {
    assert_eq!(frame::text(0, |buffer| buffer.extend_from_slice(b"hello"))[..], b"\x81\x05hello"[..]);
}

#[test]
fn control_frames() {
    assert_eq!(frame::ping(b"")[..], [0x89, 0]);
    assert_eq!(frame::pong(b"abc")[..], *b"\x8A\x03abc");
    assert_eq!(frame::close(CloseCode(4100), "Over capacity")[..], *b"\x88\x0f\x10\x04Over capacity");
    assert_eq!(frame::ping(&[7; 200]).len(), 2 + 125);
}

#[test]
fn a_long_reason_is_cut_between_characters() {
    let frame = frame::close(CloseCode::NORMAL, &"€".repeat(100));
    let Message::Close(Some(close)) = client(&frame).read().expect("a message") else { panic!("a close frame") };
    assert_eq!(close.reason.as_str(), "€".repeat(41));
    assert_eq!(frame::close(CloseCode::NORMAL, &"x".repeat(124)).len(), 2 + 125);
}

proptest! {
    #[test]
    fn a_client_reads_what_was_written(payloads in prop::collection::vec(".{0,200}", 0..8)) {
        let stream: Vec<u8> = payloads.iter().flat_map(|payload| text(payload)).collect();
        let mut client = client(&stream);
        for payload in payloads {
            prop_assert_eq!(client.read().expect("a message"), Message::text(payload));
        }
    }
}
