//! RFC 6455, the WebSocket protocol, server side.
//!
//! An HTTP server checks the upgrade with [`handshake`], answers 101, and passes the TCP stream to a [`Socket`].
//! Incoming bytes are decoded without a buffer that outlives its message. An outgoing [`frame`] is encoded once and
//! shared by all its receivers, because a server does not mask. An idle [`Socket`] owns its stream and no buffer.
//!
//! No extension is negotiated, not even `permessage-deflate`: receivers could not share a compressed frame, and its
//! windows would need more memory than the rest of a connection.

mod client_message;
mod close;
mod decode;
mod error;
pub mod frame;
pub mod handshake;
mod header;
mod mask;
mod socket;

pub use client_message::ClientMessage;
pub use close::{Close, CloseCode};
pub use decode::Decoder;
pub use error::{DecodeError, HandshakeError, ReadError};
pub use socket::{Patience, Socket};
