//! The bytes of a connection, over TCP or a Unix socket, with TLS or without.
//!
//! An idle [`Stream`] owns no buffer: all streams of a thread read into, decrypt and encrypt in the same memory. What a
//! socket does not take at once is the only thing that is kept, and with TLS the beginning of a record.

mod frames;
mod proxy_header;
mod raw;
mod scratch;
mod stream;
mod tls;

pub use proxy_header::{InvalidProxyHeader, ProxyHeader};
pub use raw::RawStream;
pub use stream::Stream;
