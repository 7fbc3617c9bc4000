//! What a client says.

use crate::Close;

/// One message, put together from its fragments, or one control frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// To be answered with [`frame::pong`](crate::frame::pong) of the same payload, at most 125 bytes.
    Ping(Vec<u8>),
    /// An answer to a ping, or a heartbeat of the client's own.
    Pong(Vec<u8>),
    /// The client's last word: what comes after it is ignored. `None` where it gives no code.
    Close(Option<Close>),
}
