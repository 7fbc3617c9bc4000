//! A stream whose first bytes are already received.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use clairon_stream::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that first returns the bytes that were received before.
pub(crate) struct PrefixedStream {
    received: Bytes,
    stream: Stream,
}

impl PrefixedStream {
    pub(crate) const fn new(received: Bytes, stream: Stream) -> Self {
        Self { received, stream }
    }

    /// True for a stream with TLS.
    pub(crate) const fn is_tls(&self) -> bool {
        self.stream.is_tls()
    }

    /// The stream, and the received bytes that were not read yet.
    pub(crate) fn into_parts(self) -> (Stream, Bytes) {
        (self.stream, self.received)
    }
}

impl AsyncRead for PrefixedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { received, stream } = &mut *self;
        if received.is_empty() {
            // TLS may decrypt more than fits into the reader's buffer.
            *received = ready!(stream.poll_receive(cx, buffer.remaining(), |bytes| {
                let (now, later) = bytes.split_at(bytes.len().min(buffer.remaining()));
                buffer.put_slice(now);
                Bytes::copy_from_slice(later)
            }))?;
            return Poll::Ready(Ok(()));
        }
        let length = received.len().min(buffer.remaining());
        buffer.put_slice(&received[..length]);
        received.advance(length);
        if received.is_empty() {
            // An idle connection keeps no buffer.
            *received = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for PrefixedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
