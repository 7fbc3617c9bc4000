//! The bytes of a connection, over TCP or a Unix socket, with or without TLS.
//!
//! An idle [`Stream`] owns no buffer. All streams of a thread share the memory in which they read, decrypt and encrypt.
//! A stream keeps only bytes that its socket did not accept yet and, with TLS, an incomplete record.

mod frames;
mod proxy_header;
mod raw;
mod scratch;
mod stream;
mod tls;

pub use proxy_header::{InvalidProxyHeader, ProxyHeader};
pub use raw::RawStream;
pub use stream::Stream;
