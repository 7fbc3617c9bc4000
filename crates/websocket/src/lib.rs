//! RFC 6455, the WebSocket protocol, server side.
//!
//! An HTTP server checks the upgrade with [`handshake`], answers 101, and hands the plain stream to a [`Socket`]. What
//! comes in is decoded without a buffer that outlives its message; what goes out is a [`frame`], encoded once and
//! shared by every receiver, because a server does not mask. An idle [`Socket`] owns its stream and no buffer.
//!
//! No extension is ever negotiated, `permessage-deflate` included: a compressed frame could not be shared, and its
//! windows cost more memory than all the rest of a connection.

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
