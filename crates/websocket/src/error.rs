//! The errors in the bytes of a peer.

use std::io;

use http::StatusCode;

use crate::CloseCode;

/// The reason why a request is not a WebSocket upgrade (RFC 6455, 4.2.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// The method is not GET.
    #[error("a WebSocket starts with GET, not with {}", shown(.0))]
    Method(http::Method),
    /// HTTP/1.0 cannot upgrade; HTTP/2 and later upgrade in a different way.
    #[error("a WebSocket starts with HTTP/1.1, not with {0:?}")]
    HttpVersion(http::Version),
    /// An ordinary request, or a proxy dropped the header `Upgrade`.
    #[error("the header Upgrade must contain `websocket`: the request is no upgrade, or a proxy removed the header")]
    Upgrade,
    /// An ordinary request, or a proxy changed the header `Connection`.
    #[error("the header Connection must contain `upgrade`: the request is no upgrade, or a proxy changed the header")]
    Connection,
    /// The client uses an outdated version.
    #[error("the header Sec-WebSocket-Version must be 13, once (found: {found} times, {size} bytes)")]
    Version {
        /// The number of these headers.
        found: usize,
        /// The length of the first header, in bytes.
        size: usize,
    },
    /// The client's key is malformed.
    #[error("the header Sec-WebSocket-Key must be 16 bytes in base64, once (found: {found} times, {size} bytes)")]
    Key {
        /// The number of these headers.
        found: usize,
        /// The length of the first header, in bytes.
        size: usize,
    },
}

/// The start of a method. A method is ASCII and may have any length.
fn shown(method: &http::Method) -> &str {
    let text = method.as_str();
    text.get(..20).unwrap_or(text)
}

impl HandshakeError {
    /// The status of the answer. 405 needs `Allow: GET`. 426 needs `Upgrade: websocket` and `Sec-WebSocket-Version:
    /// 13`.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Upgrade | Self::Connection | Self::Version { .. } => StatusCode::UPGRADE_REQUIRED,
            Self::HttpVersion(_) | Self::Key { .. } => StatusCode::BAD_REQUEST,
        }
    }
}

/// The reason why a client's bytes are refused. The connection must be closed with [`close_code`](Self::close_code).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A client's frame must be masked (5.1).
    #[error("a client's frame must be masked")]
    Unmasked,
    /// The reserved bits must be 0, because no negotiated extension uses them in this frame (5.2). permessage-deflate
    /// uses RSV1 in the first frame of a message only (RFC 7692, 6).
    #[error("the reserved bits of this frame must be 0 (they are {bits:03b}): no negotiated extension uses them")]
    ReservedBits {
        /// RSV1 to RSV3; RSV1 is the highest bit.
        bits: u8,
    },
    /// An opcode that the RFC reserves (5.2).
    #[error("the opcode {opcode:#x} is reserved")]
    Opcode {
        /// The opcode, 0 to 15.
        opcode: u8,
    },
    /// A control frame exceeds 125 bytes (5.5).
    #[error("a control frame has {size} bytes, the limit is 125")]
    ControlTooLong {
        /// The declared length, in bytes.
        size: u64,
    },
    /// A control frame is fragmented (5.5).
    #[error("a control frame must not be fragmented")]
    ControlFragmented,
    /// A continuation frame without a message to continue (5.4).
    #[error("a continuation frame without a message to continue")]
    UnexpectedContinuation,
    /// A new message starts before the last fragment of the previous one (5.4).
    #[error("a new message starts before the last fragment of the previous one")]
    ExpectedContinuation,
    /// A length is not encoded in the shortest form (5.2).
    #[error("the length {size} is not written in the shortest form")]
    LengthForm {
        /// The length, in bytes.
        size: u64,
    },
    /// A 64-bit length has its highest bit set (5.2).
    #[error("the length {size} is over 2^63 - 1")]
    LengthRange {
        /// The length, in bytes.
        size: u64,
    },
    /// A message exceeds the limit. This is detected in a header, before the payload arrives, or while the message is
    /// inflated.
    #[error("the message has at least {size} bytes, the limit is {limit}")]
    TooBig {
        /// The length of all fragments so far, including the declared one, or of the inflated part, in bytes.
        size: u64,
        /// The caller's limit, in bytes.
        limit: usize,
    },
    /// A text, or the reason in a close frame, is not UTF-8 (8.1).
    #[error("the text is not UTF-8 at byte {position}")]
    Utf8 {
        /// The number of valid bytes before the error.
        position: usize,
    },
    /// A compressed message is not valid DEFLATE (RFC 7692, 7.2.2).
    #[error("the compressed message cannot be inflated")]
    Deflate,
    /// The payload of a close frame is a single byte, half of a code (5.5.1).
    #[error("the payload of a close frame has 1 byte: it must be empty or start with a code of 2 bytes")]
    CloseLength,
    /// The close code must not be sent in a frame (7.4).
    #[error("the close code {code} is not allowed: 1000 to 1003, 1007 to 1014 and 3000 to 4999 are")]
    CloseCode {
        /// The code.
        code: u16,
    },
}

impl DecodeError {
    /// The code of the close frame that the client gets.
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::TooBig { .. } => CloseCode::TOO_BIG,
            Self::Utf8 { .. } | Self::Deflate => CloseCode::INVALID_DATA,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }
}

/// The reason why a [`Socket`](crate::Socket) returns no more messages.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The client closed the stream without a close frame. Browsers do this when the network changes.
    #[error("the client closed the connection without a close frame")]
    Eof,
    /// The stream failed.
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
    /// The client violated the protocol.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}
