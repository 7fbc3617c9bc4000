//! The bytes of a connection, with or without TLS.

use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    io::{self, IoSlice},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use rustls::ServerConfig;
use tokio::{
    io::AsyncWrite,
    net::{TcpStream, UnixStream},
    task::coop,
};

use crate::{RawStream, frames, scratch, tls::TlsSession};

/// The bytes of a connection, with or without TLS.
///
/// One task may poll reading and writing in any order. Both take part in tokio's cooperative scheduling, so no peer can
/// occupy a thread.
pub struct Stream {
    /// Shared with the [`direct_writer`](Self::direct_writer)s.
    raw: Arc<RawStream>,
    /// Boxed, because most connections come through a proxy that terminates TLS.
    tls: Option<Box<TlsSession>>,
}

impl Stream {
    /// A stream without TLS.
    #[must_use]
    pub fn plain(raw: RawStream) -> Self {
        Self { raw: Arc::new(raw), tls: None }
    }

    /// Makes the TLS handshake as the server. `received` was read from the socket before. Returns the stream, and the
    /// bytes that the client sent together with the end of its handshake.
    ///
    /// # Errors
    /// The connection is broken or closed, or the handshake failed. The client then gets an alert, and the error
    /// contains that of rustls.
    pub async fn accept_tls(raw: RawStream, config: Arc<ServerConfig>, received: &[u8]) -> io::Result<(Self, Bytes)> {
        let mut session = Box::new(TlsSession::new(config, received)?);
        let early = poll_fn(|cx| session.poll_handshake(&raw, cx)).await?;
        Ok((Self { raw: Arc::new(raw), tls: Some(session) }, early))
    }

    /// True for a stream with TLS.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// The protocol negotiated in the TLS handshake (ALPN, RFC 7301).
    #[must_use]
    pub fn alpn_protocol(&self) -> Option<&[u8]> {
        self.tls.as_ref()?.alpn_protocol()
    }

    /// The underlying socket.
    #[must_use]
    pub fn raw(&self) -> &RawStream {
        &self.raw
    }

    /// A function that writes to the socket from any task. It writes the bytes that the kernel accepts without waiting,
    /// and returns their number. It returns 0 if the connection is broken; the connection's own task detects that.
    /// `None` with TLS, because each written byte changes the state of the session.
    ///
    /// The caller ensures that nothing else is written at the same time, and that the remaining bytes are written next.
    #[must_use]
    pub fn direct_writer(&self) -> Option<impl Fn(&[u8]) -> usize + Send + Sync + use<>> {
        let raw = self.tls.is_none().then(|| self.raw.clone())?;
        Some(move |bytes: &[u8]| raw.try_write(bytes).unwrap_or(0))
    }

    /// Waits for bytes and passes them to `take`. No bytes mean the end of the stream. Without TLS there are at most
    /// `limit` bytes. With TLS `take` gets all bytes that were decrypted, at most 82 KiB.
    ///
    /// # Errors
    /// The connection is broken.
    pub fn poll_receive<T>(
        &mut self,
        cx: &mut Context<'_>,
        limit: usize,
        take: impl FnOnce(&[u8]) -> T,
    ) -> Poll<io::Result<T>> {
        scratch::with(|scratch| {
            if let Some(tls) = &mut self.tls {
                ready!(tls.poll_receive(&self.raw, cx, scratch))?;
                return Poll::Ready(Ok(take(&scratch.plain)));
            }
            let length = limit.min(scratch::READ);
            let read = ready!(self.raw.poll_read(cx, &mut scratch.received[..length]))?;
            Poll::Ready(Ok(take(&scratch.received[..read])))
        })
    }

    /// Writes frames, none of them empty. Ready when all are written. While pending, `frames` contains exactly the
    /// bytes that are neither written nor encrypted yet.
    ///
    /// # Errors
    /// The connection is broken.
    pub fn poll_write_frames(&mut self, cx: &mut Context<'_>, frames: &mut VecDeque<Bytes>) -> Poll<io::Result<()>> {
        if let Some(tls) = &mut self.tls {
            return tls.poll_write_frames(&self.raw, cx, frames);
        }
        while !frames.is_empty() {
            ready!(pin!(coop::consume_budget()).poll(cx));
            match frames::try_write(&self.raw, frames) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(written) => frames::remove(frames, written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready!(self.raw.poll_write_ready(cx))?,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// The number of bytes that are encrypted but not written.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.tls.as_ref().map_or(0, |tls| tls.unsent())
    }

    /// Writes at least one byte, even if the socket is not reported as writable. The kernel reports that only when a
    /// third of its buffer is free, so the progress of a very slow reader would go unnoticed.
    ///
    /// # Errors
    /// The connection is broken, or `WouldBlock` if the kernel accepts nothing.
    pub fn write_anyway(&mut self, frames: &mut VecDeque<Bytes>) -> io::Result<()> {
        match (&mut self.tls, frames.front()) {
            (Some(tls), _) => tls.write_anyway(&self.raw),
            (None, Some(frame)) => {
                let written = self.raw.try_write_anyway(frame)?;
                frames::remove(frames, written);
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    /// Ends the sending direction, if the kernel accepts that without waiting. With TLS this is an alert; without it
    /// the peer could not rule out that the stream was truncated (RFC 8446, 6.1).
    pub fn say_end(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.say_end(&self.raw);
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Self { raw, tls } = &mut *self;
        match tls {
            Some(tls) => tls.poll_write(raw, cx, bytes),
            None => poll_try(raw, cx, |raw| raw.try_write(bytes)),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { raw, tls } = &mut *self;
        tls.as_mut().map_or(Poll::Ready(Ok(())), |tls| tls.poll_flush(raw, cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.say_end();
        ready!(self.as_mut().poll_flush(cx))?;
        Poll::Ready(self.raw.shut_down_writing())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_tls() {
            let first = slices.iter().find(|slice| !slice.is_empty());
            return self.as_mut().poll_write(cx, first.map_or(&[], |slice| slice));
        }
        poll_try(&self.raw, cx, |raw| raw.try_write_vectored(slices))
    }

    fn is_write_vectored(&self) -> bool {
        !self.is_tls()
    }
}

/// Writes as soon as the socket accepts bytes.
fn poll_try(
    raw: &RawStream,
    cx: &mut Context<'_>,
    write: impl Fn(&RawStream) -> io::Result<usize>,
) -> Poll<io::Result<usize>> {
    loop {
        ready!(raw.poll_write_ready(cx))?;
        match write(raw) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => return Poll::Ready(result),
        }
    }
}

impl From<TcpStream> for Stream {
    fn from(stream: TcpStream) -> Self {
        Self::plain(stream.into())
    }
}

impl From<UnixStream> for Stream {
    fn from(stream: UnixStream) -> Self {
        Self::plain(stream.into())
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("raw", &self.raw).field("is_tls", &self.is_tls()).finish_non_exhaustive()
    }
}
