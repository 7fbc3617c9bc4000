//! Decodes streams with another implementation, and lists the permitted differences. The fuzz target `decode` includes
//! this file too.

use std::io::{self, Cursor, Read, Write};

use clairon_websocket::{ClientMessage, Close, CloseCode, DecodeError, Decoder};
use tungstenite::{
    WebSocket,
    protocol::{Role, WebSocketConfig},
};

/// Decodes a stream that arrives in pieces. Returns its messages and the error that ended it. Asserts that the decoder
/// never buffers more than one message, a control frame and its own state.
pub(crate) fn decode<'a>(
    chunks: impl IntoIterator<Item = &'a [u8]>,
    max_message: usize,
) -> (Vec<ClientMessage>, Option<DecodeError>) {
    let (mut decoder, mut messages) = (Decoder::new(), Vec::new());
    for mut chunk in chunks {
        loop {
            match decoder.decode(&mut chunk, max_message) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => return (messages, Some(error)),
            }
        }
        assert!(chunk.is_empty(), "what is not a whole message is kept");
        assert!(decoder.buffered() <= max_message + 384, "{} bytes are buffered", decoder.buffered());
    }
    (messages, None)
}

/// The limit of a message, in bytes.
pub(crate) const LIMIT: usize = 300;

/// The way in which a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// With a close frame, or between two messages.
    Accepted,
    /// With an error.
    Refused,
}

/// A stream without further bytes that is not closed.
struct Wire(Cursor<Vec<u8>>);

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
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

/// Decodes a stream with the other implementation.
fn reference(stream: &[u8]) -> (Vec<ClientMessage>, End) {
    let config = WebSocketConfig::default().max_message_size(Some(LIMIT)).max_frame_size(Some(LIMIT));
    let mut socket = WebSocket::from_raw_socket(Wire(Cursor::new(stream.to_vec())), Role::Server, Some(config));
    let mut messages = Vec::new();
    loop {
        let message = match socket.read() {
            Ok(message) => message,
            Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                return (messages, End::Accepted);
            }
            Err(_) => return (messages, End::Refused),
        };
        messages.push(convert(message));
        if matches!(messages.last(), Some(ClientMessage::Close(_))) {
            return (messages, End::Accepted);
        }
    }
}

fn convert(message: tungstenite::Message) -> ClientMessage {
    match message {
        tungstenite::Message::Text(text) => ClientMessage::Text(text.to_string()),
        tungstenite::Message::Binary(bytes) => ClientMessage::Binary(bytes.to_vec()),
        tungstenite::Message::Ping(bytes) => ClientMessage::Ping(bytes.to_vec()),
        tungstenite::Message::Pong(bytes) => ClientMessage::Pong(bytes.to_vec()),
        tungstenite::Message::Close(close) => ClientMessage::Close(
            close.map(|close| Close { code: CloseCode(close.code.into()), reason: close.reason.to_string() }),
        ),
        tungstenite::Message::Frame(frame) => unreachable!("reading gives no raw frame: {frame}"),
    }
}

/// The close frame that the other implementation returns for an unknown close code.
fn refused_close() -> ClientMessage {
    ClientMessage::Close(Some(Close { code: CloseCode::PROTOCOL_ERROR, reason: "Protocol violation".to_owned() }))
}

/// Asserts that both decoders return the same messages for a stream, apart from intended differences.
pub(crate) fn compare(stream: &[u8]) {
    let (ours, error) = decode([stream], LIMIT);
    let (mut theirs, mut end) = reference(stream);
    match error {
        // A length that is not in the shortest form violates 5.2, "the minimal number of bytes MUST be used". The other
        // decoder accepts it.
        Some(DecodeError::LengthForm { .. }) => {
            assert!(theirs.starts_with(&ours));
            return;
        }
        // A close code that must not be sent. The other decoder returns a close frame with 1002 instead.
        Some(DecodeError::CloseCode { .. }) if ours.len() < theirs.len() => {
            assert_eq!(theirs.pop(), Some(refused_close()));
            end = End::Refused;
        }
        // 1014, which IANA registered later. The other decoder returns a close frame with 1002 instead.
        None if matches!(ours.last(), Some(ClientMessage::Close(Some(Close { code: CloseCode(1014), .. })))) => {
            assert_eq!(theirs.pop(), Some(refused_close()));
            theirs.extend(ours.last().cloned());
        }
        // The other decoder checks a frame only when it is complete. Here the stream ends within the frame.
        Some(_) if end == End::Accepted => end = End::Refused,
        _ => {}
    }
    assert_eq!(ours, theirs);
    assert_eq!(error.map_or(End::Accepted, |_| End::Refused), end, "{error:?}");
}
