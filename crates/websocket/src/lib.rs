//! RFC 6455, the WebSocket protocol, server side.
//!
//! An HTTP server checks the upgrade with [`handshake`], answers 101, and passes the TCP stream to a [`Socket`].
//! Incoming bytes are decoded without a buffer that outlives its message. An outgoing [`frame`] is encoded once and
//! shared by all its receivers, because a server does not mask. An idle [`Socket`] owns its stream and no buffer.
//!
//! The only extension is [`Deflate`]. Its windows do not outlive a message, so receivers share a compressed frame too,
//! and an idle connection owns no window.

mod client_message;
mod close;
mod decode;
mod deflate;
mod error;
mod extension;
pub mod frame;
pub mod handshake;
mod header;
mod mask;
mod socket;

pub use client_message::ClientMessage;
pub use close::{Close, CloseCode};
pub use decode::Decoder;
pub use error::{DecodeError, HandshakeError, ReadError};
pub use extension::Deflate;
pub use socket::{Patience, Received, Socket};
