//! What another implementation makes of a stream, and where it may differ. The fuzz target `decode` is built on this
//! file too.

use std::io::{self, Cursor, Read, Write};

use clairon_websocket::{ClientMessage, Close, CloseCode, DecodeError, Decoder};
use tungstenite::{
    WebSocket,
    protocol::{Role, WebSocketConfig},
};

/// The messages of a stream that comes in pieces, and the error that ended it. Asserts that no more is buffered
/// than one message, a control frame, and where the decoder is in them.
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

/// How a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// With a close frame, or in the middle of nothing.
    Accepted,
    /// With an error.
    Refused,
}

/// A stream that has no more to say, but is not at its end.
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

/// What the other implementation makes of a stream.
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

/// What the other implementation hands out for a close code that it does not know.
fn refused_close() -> ClientMessage {
    ClientMessage::Close(Some(Close { code: CloseCode::PROTOCOL_ERROR, reason: "Protocol violation".to_owned() }))
}

/// Asserts that both decoders make the same of a stream, apart from what is different on purpose.
pub(crate) fn compare(stream: &[u8]) {
    let (ours, error) = decode([stream], LIMIT);
    let (mut theirs, mut end) = reference(stream);
    match error {
        // A length that is not written in the shortest form breaks 5.2, "the minimal number of bytes MUST be used". The
        // other decoder takes it.
        Some(DecodeError::LengthForm { .. }) => {
            assert!(theirs.starts_with(&ours));
            return;
        }
        // A close code that nobody may send. The other decoder hands out a close frame with 1002 in its place.
        Some(DecodeError::CloseCode { .. }) if ours.len() < theirs.len() => {
            assert_eq!(theirs.pop(), Some(refused_close()));
            end = End::Refused;
        }
        // 1014, which IANA has registered since. The other decoder hands out the same close frame in its place.
        None if matches!(ours.last(), Some(ClientMessage::Close(Some(Close { code: CloseCode(1014), .. })))) => {
            assert_eq!(theirs.pop(), Some(refused_close()));
            theirs.extend(ours.last().cloned());
        }
        // The other decoder waits for the whole frame before it looks for errors; here that is a frame cut short by the
        // end of the stream.
        Some(_) if end == End::Accepted => end = End::Refused,
        _ => {}
    }
    assert_eq!(ours, theirs);
    assert_eq!(error.map_or(End::Accepted, |_| End::Refused), end, "{error:?}");
}
