//! What HTTP is spoken over.

use tokio::io::{AsyncRead, AsyncWrite};

/// A TCP connection, TLS over one, or TLS over that: a receiver with TLS behind a proxy with TLS. One type for all of
/// them, so that HTTP and TLS over it are compiled once.
pub(super) type BoxedStream = Box<dyn Stream>;

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}
