//! The messages of a client.

use crate::Close;

/// A message, assembled from its fragments, or a control frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A ping. The answer is [`frame::pong`](crate::frame::pong) with the same payload of at most 125 bytes.
    Ping(Vec<u8>),
    /// A pong: the answer to a ping, or an unsolicited heartbeat of the client.
    Pong(Vec<u8>),
    /// A close frame. Everything after it is ignored. `None` if it has no code.
    Close(Option<Close>),
}

impl ClientMessage {
    /// The length of the payload in bytes, inflated if it was compressed. Control frames count as empty.
    pub(crate) fn length(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
            Self::Ping(_) | Self::Pong(_) | Self::Close(_) => 0,
        }
    }
}
