//! A WebSocket client that can violate every rule: it writes any frame, whole or in parts, and reads frame by frame.

use std::net::TcpStream;
use std::time::Instant;

use clairon_test_servers::DEADLINE;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use serde_json::Value;

use crate::http::{HttpConnection, Response};
use crate::server::Server;

/// A frame that continues a message.
pub const CONTINUATION: u8 = 0x0;
/// A text frame.
pub const TEXT: u8 = 0x1;
/// A binary frame.
pub const BINARY: u8 = 0x2;
/// A close frame.
pub const CLOSE: u8 = 0x8;
/// A ping frame.
pub const PING: u8 = 0x9;
/// A pong frame.
pub const PONG: u8 = 0xA;

const FIN: u8 = 0x80;
/// The reserved bit that marks a compressed message (RFC 7692, 6).
const RSV1: u8 = 0x40;
/// The last bytes of every compressed message. They are not sent (7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame to send.
#[derive(Clone, Debug)]
pub struct RawFrame {
    first: u8,
    payload: Vec<u8>,
    is_masked: bool,
}

/// A received frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// A text message.
    Text(String),
    /// A text message that arrived compressed, inflated.
    Compressed(String),
    /// A ping frame.
    Ping(Vec<u8>),
    /// A pong frame.
    Pong(Vec<u8>),
    /// A close frame: its code, if it has one, and its reason.
    Close(Option<u16>, String),
    /// The end of the TCP connection.
    End,
}

/// A WebSocket after its handshake.
#[derive(Debug)]
pub struct RawSocket {
    connection: HttpConnection,
    /// The server's answer to the handshake.
    pub response: Response,
}

impl RawFrame {
    /// A masked frame with a whole message.
    #[must_use]
    pub fn new(opcode: u8, payload: impl AsRef<[u8]>) -> Self {
        Self { first: FIN | opcode, payload: payload.as_ref().to_vec(), is_masked: true }
    }

    /// A close frame.
    #[must_use]
    pub fn close(code: u16, reason: &str) -> Self {
        Self::new(CLOSE, [&code.to_be_bytes(), reason.as_bytes()].concat())
    }

    /// A frame with a whole message, compressed for permessage-deflate.
    #[must_use]
    pub fn compressed(opcode: u8, message: impl AsRef<[u8]>) -> Self {
        Self::new(opcode, deflate(message.as_ref())).reserved(0b100)
    }

    /// The same frame as the first fragment of several.
    #[must_use]
    pub fn unfinished(mut self) -> Self {
        self.first &= !FIN;
        self
    }

    /// The same frame with reserved bits: RSV1 to RSV3 as a number from 0 to 7.
    #[must_use]
    pub fn reserved(mut self, bits: u8) -> Self {
        self.first |= bits << 4;
        self
    }

    /// The same frame without a mask, which only a server may send.
    #[must_use]
    pub fn unmasked(mut self) -> Self {
        self.is_masked = false;
        self
    }

    /// The payload before it is masked.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Its bytes, with the length in the shortest form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let size = self.payload.len();
        let length = match (u8::try_from(size), u16::try_from(size)) {
            (Ok(short @ ..=125), _) => vec![short],
            (_, Ok(medium)) => [&[126][..], &medium.to_be_bytes()].concat(),
            _ => [&[127][..], &(size as u64).to_be_bytes()].concat(),
        };
        self.with_length(&length)
    }

    /// Its bytes with the given length: the second byte of the frame without its mask bit, and the bytes that follow.
    #[must_use]
    pub fn with_length(&self, length: &[u8]) -> Vec<u8> {
        let mut bytes = vec![self.first];
        bytes.extend_from_slice(length);
        if self.is_masked {
            bytes[1] |= FIN;
            bytes.extend_from_slice(&MASK);
            bytes.extend(self.payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        } else {
            bytes.extend_from_slice(&self.payload);
        }
        bytes
    }
}

/// The request that opens a WebSocket, with the key of the example in RFC 6455, 1.3. Each header line ends with CRLF.
#[must_use]
pub fn handshake(path: &str, headers: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n"
    )
}

impl RawSocket {
    /// Opens a WebSocket.
    ///
    /// # Panics
    /// When the server does not answer the handshake correctly.
    #[must_use]
    pub fn open(server: &Server, path: &str) -> Self {
        Self::open_with(server, path, "")
    }

    /// Does the same with additional headers, each with its line end.
    ///
    /// # Panics
    /// When the server does not answer the handshake correctly.
    #[must_use]
    pub fn open_with(server: &Server, path: &str, headers: &str) -> Self {
        let mut connection = HttpConnection::open(server);
        connection.write(handshake(path, headers));
        Self::switched(connection)
    }

    /// The same with an offer of extensions, such as `permessage-deflate`.
    ///
    /// # Panics
    /// When the server's answer is not a valid 101.
    #[must_use]
    pub fn open_offering(server: &Server, path: &str, offer: &str) -> Self {
        let mut connection = HttpConnection::open(server);
        connection.write(handshake(path, &format!("Sec-WebSocket-Extensions: {offer}\r\n")));
        Self::switched_with_extensions(connection)
    }

    /// Opens a WebSocket over a connection.
    ///
    /// # Panics
    /// When the server does not answer the handshake correctly.
    #[must_use]
    pub fn over(mut connection: HttpConnection, path: &str) -> Self {
        connection.write(handshake(path, ""));
        Self::switched(connection)
    }

    /// Takes over a connection on which a [`handshake`] was sent.
    ///
    /// # Panics
    /// When the server does not answer the handshake correctly.
    #[must_use]
    pub fn switched(connection: HttpConnection) -> Self {
        let socket = Self::switched_with_extensions(connection);
        assert_eq!(socket.extensions(), None, "none was offered: {:?}", socket.response);
        socket
    }

    /// The same after a [`handshake`] that offered extensions.
    ///
    /// # Panics
    /// When the server's answer is not a valid 101.
    #[must_use]
    pub fn switched_with_extensions(mut connection: HttpConnection) -> Self {
        let response = connection.response();
        assert_eq!(response.status, 101, "{response:?}");
        let header = |name| response.header(name).map(str::to_ascii_lowercase);
        assert_eq!(header("upgrade").as_deref(), Some("websocket"), "{response:?}");
        assert_eq!(header("connection").as_deref(), Some("upgrade"), "{response:?}");
        assert_eq!(response.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{response:?}");
        Self { connection, response }
    }

    /// The extensions that the server has accepted.
    #[must_use]
    pub fn extensions(&self) -> Option<&str> {
        self.response.header("sec-websocket-extensions")
    }

    /// The same connection, for a thread that writes while this one reads.
    #[must_use]
    pub fn writer(&self) -> TcpStream {
        self.connection.writer()
    }

    /// Writes bytes.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.connection.write(bytes);
    }

    /// Writes a frame.
    pub fn send(&mut self, frame: &RawFrame) {
        self.write(frame.to_bytes());
    }

    /// Writes a text message.
    pub fn text(&mut self, text: &str) {
        self.send(&RawFrame::new(TEXT, text));
    }

    /// Reads a frame.
    ///
    /// # Panics
    /// When none arrives in time, or it violates the rules for a server's frame: whole, not masked, no reserved bits
    /// except that of a compressed text after the extension was negotiated.
    pub fn receive(&mut self) -> Received {
        self.receive_in_pieces(1, || {})
    }

    /// Reads a frame, its payload in `pieces` pieces with a pause before each.
    ///
    /// # Panics
    /// Like [`Self::receive`].
    pub fn receive_in_pieces(&mut self, pieces: usize, mut pause: impl FnMut()) -> Received {
        let Some(head) = self.connection.read(2) else { return Received::End };
        let is_compressed = head[0] == FIN | RSV1 | TEXT && self.extensions().is_some();
        let first = if is_compressed { head[0] & !RSV1 } else { head[0] };
        assert!(first & 0xF0 == FIN && head[1] & FIN == 0, "not a frame of a server: {head:02x?}");
        let size = match head[1] {
            126 => self.number(2),
            127 => self.number(8),
            short => usize::from(short),
        };
        let mut payload = Vec::new();
        while payload.len() < size {
            pause();
            let piece = size.div_ceil(pieces).min(size - payload.len());
            let Some(bytes) = self.connection.read(piece) else { return Received::End };
            payload.extend(bytes);
        }
        match head[0] & 0x0F {
            TEXT if is_compressed => Received::Compressed(utf8(inflate(&payload))),
            TEXT => Received::Text(utf8(payload)),
            PING => Received::Ping(payload),
            PONG => Received::Pong(payload),
            CLOSE => match payload.split_first_chunk() {
                Some((code, reason)) => Received::Close(Some(u16::from_be_bytes(*code)), utf8(reason.to_vec())),
                None => Received::Close(None, String::new()),
            },
            opcode => panic!("a frame with opcode {opcode:#x}: {payload:02x?}"),
        }
    }

    /// Reads the next event. A frame of any other kind is a failure.
    ///
    /// # Panics
    /// When none arrives in time.
    pub fn event(&mut self) -> Value {
        match self.receive() {
            Received::Text(text) | Received::Compressed(text) => {
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in the event {text}"))
            }
            other => panic!("no event but {other:?}"),
        }
    }

    /// Reads to the end and returns the code and reason of the close frame, which must be the last frame.
    ///
    /// # Panics
    /// When the end does not arrive in time.
    pub fn closed(&mut self) -> (Option<u16>, String) {
        let deadline = Instant::now() + DEADLINE;
        let mut close = None;
        while Instant::now() < deadline {
            match self.receive() {
                Received::Close(code, reason) if close.is_none() => {
                    // The client must answer a close frame. The server may have closed the connection already.
                    let echo = RawFrame::close(code.unwrap_or(1000), "").to_bytes();
                    let _ = self.connection.try_write(&echo);
                    close = Some((code, reason));
                }
                Received::End => return close.unwrap_or_else(|| panic!("the end without a close frame")),
                other => assert!(close.is_none(), "after the close frame: {other:?}"),
            }
        }
        panic!("the connection was not closed in time")
    }

    /// Drops the connection without a closing handshake.
    pub fn abort(self) {
        drop(self.connection);
    }

    fn number(&mut self, size: usize) -> usize {
        let bytes = self.connection.read(size).unwrap_or_else(|| panic!("the end within a frame"));
        bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
    }
}

/// The bytes that are sent for a compressed message.
fn deflate(message: &[u8]) -> Vec<u8> {
    let mut sent = Vec::with_capacity(message.len() + 1_000);
    let done = Compress::new(Compression::default(), false).compress_vec(message, &mut sent, FlushCompress::Sync);
    done.unwrap_or_else(|error| panic!("compressing {} bytes: {error}", message.len()));
    assert!(sent.ends_with(&TAIL), "not compressed to the end: {} bytes", message.len());
    sent.truncate(sent.len() - TAIL.len());
    sent
}

fn inflate(sent: &[u8]) -> Vec<u8> {
    let (mut inflater, mut message) = (Decompress::new(false), Vec::new());
    for input in [sent, &TAIL] {
        let end = inflater.total_in() + input.len() as u64;
        while inflater.total_in() < end || message.len() == message.capacity() {
            message.reserve(64 * 1024);
            let left = usize::try_from(end - inflater.total_in()).unwrap_or_default();
            inflater
                .decompress_vec(&input[input.len() - left..], &mut message, FlushDecompress::Sync)
                .unwrap_or_else(|error| panic!("inflating {} bytes: {error}", sent.len()));
        }
    }
    message
}

fn utf8(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| panic!("text that is not UTF-8: {error}"))
}
