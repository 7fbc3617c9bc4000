//! What can be wrong with what a peer sends.

use std::io;

use http::StatusCode;

use crate::CloseCode;

/// Why a request is no WebSocket upgrade (RFC 6455, 4.2.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// Not GET.
    #[error("a WebSocket starts with GET, not with {}", shown(.0))]
    Method(http::Method),
    /// HTTP/1.0, which cannot upgrade, or HTTP/2 and later, which do it in another way.
    #[error("a WebSocket starts with HTTP/1.1, not with {0:?}")]
    HttpVersion(http::Version),
    /// An ordinary request, or a proxy in between that does not pass the header on.
    #[error("the header Upgrade must hold `websocket`: the request is no upgrade, or a proxy removed the header")]
    Upgrade,
    /// The same for the other header.
    #[error("the header Connection must hold `upgrade`: the request is no upgrade, or a proxy changed the header")]
    Connection,
    /// An outdated client.
    #[error("the header Sec-WebSocket-Version must be 13, once (found: {found} times, {size} bytes)")]
    Version {
        /// How often the header is there.
        found: usize,
        /// The length of the first one, in bytes.
        size: usize,
    },
    /// A broken client.
    #[error("the header Sec-WebSocket-Key must be 16 bytes in base64, once (found: {found} times, {size} bytes)")]
    Key {
        /// How often the header is there.
        found: usize,
        /// The length of the first one, in bytes.
        size: usize,
    },
}

/// The beginning of a method, which may be of any length. It is ASCII.
fn shown(method: &http::Method) -> &str {
    let text = method.as_str();
    text.get(..20).unwrap_or(text)
}

impl HandshakeError {
    /// The status to answer with. 405 needs `Allow: GET`, and 426 needs `Upgrade: websocket` and
    /// `Sec-WebSocket-Version: 13`.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Upgrade | Self::Connection | Self::Version { .. } => StatusCode::UPGRADE_REQUIRED,
            Self::HttpVersion(_) | Self::Key { .. } => StatusCode::BAD_REQUEST,
        }
    }
}

/// Why a client's bytes are refused. The connection has to be closed with [`close_code`](Self::close_code).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Client frames are masked (5.1).
    #[error("a client's frame must be masked")]
    Unmasked,
    /// No extension is negotiated that could give the bits a meaning (5.2).
    #[error("the reserved bits of a frame must be 0 (they are {bits:03b}): no extension was negotiated")]
    ReservedBits {
        /// RSV1 to RSV3, the first one highest.
        bits: u8,
    },
    /// A kind of frame that the RFC keeps for later (5.2).
    #[error("the opcode {opcode:#x} is reserved")]
    Opcode {
        /// What the frame says, 0 to 15.
        opcode: u8,
    },
    /// A control frame that is too long (5.5).
    #[error("a control frame has {size} bytes, the limit is 125")]
    ControlTooLong {
        /// The length that its header declares, in bytes.
        size: u64,
    },
    /// A control frame that is not the last of its message (5.5).
    #[error("a control frame must not be fragmented")]
    ControlFragmented,
    /// Nothing to continue (5.4).
    #[error("a continuation frame without a message that it continues")]
    UnexpectedContinuation,
    /// A message inside of another one (5.4).
    #[error("a new message before the last fragment of the one before")]
    ExpectedContinuation,
    /// A length that could be written with fewer bytes (5.2).
    #[error("the length {size} is not written in the shortest form")]
    LengthForm {
        /// The length, in bytes.
        size: u64,
    },
    /// A 64-bit length with its highest bit set (5.2).
    #[error("the length {size} is over 2^63 - 1")]
    LengthRange {
        /// The length, in bytes.
        size: u64,
    },
    /// A message over the limit, known from a header before its payload is there.
    #[error("the message has at least {size} bytes, the limit is {limit}")]
    TooBig {
        /// The length of its fragments so far, the declared one included, in bytes.
        size: u64,
        /// What the caller allows, in bytes.
        limit: usize,
    },
    /// Text, or the reason of a close frame, that is not UTF-8 (8.1).
    #[error("the text is not UTF-8 at byte {position}")]
    Utf8 {
        /// How many bytes of it are valid.
        position: usize,
    },
    /// Half a code (5.5.1).
    #[error("the payload of a close frame has 1 byte: it must be empty or start with a code of 2 bytes")]
    CloseLength,
    /// A code that nobody may send (7.4).
    #[error("the close code {code} is not allowed: 1000 to 1003, 1007 to 1014 and 3000 to 4999 are")]
    CloseCode {
        /// What the frame says.
        code: u16,
    },
}

impl DecodeError {
    /// What to tell the client.
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::TooBig { .. } => CloseCode::TOO_BIG,
            Self::Utf8 { .. } => CloseCode::INVALID_DATA,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }
}

/// Why nothing more comes out of a [`Socket`](crate::Socket).
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The client closed the stream without a close frame, as browsers do when the network changes.
    #[error("the client closed the connection without a close frame")]
    Eof,
    /// The stream broke.
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
    /// The client broke the protocol.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}
