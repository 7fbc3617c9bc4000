//! The bytes of a connection, with TLS or without.

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

/// The bytes of a connection, with TLS or without.
///
/// Reading and writing may be polled by one task in any order; both take part in tokio's cooperative scheduling, so no
/// peer keeps a thread for itself.
pub struct Stream {
    /// Shared with the [`direct_writer`](Self::direct_writer)s.
    raw: Arc<RawStream>,
    /// Boxed: most connections come through a proxy that ends TLS.
    tls: Option<Box<TlsSession>>,
}

impl Stream {
    /// A stream without TLS.
    #[must_use]
    pub fn plain(raw: RawStream) -> Self {
        Self { raw: Arc::new(raw), tls: None }
    }

    /// Makes the handshake of TLS, as the server. `received` was read from the socket before. Returns the stream, and
    /// what the client has sent together with the end of its handshake.
    ///
    /// # Errors
    /// The socket is broken or at its end, or the handshake has failed. The client gets an alert then. The error of
    /// rustls is inside.
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

    /// The protocol that was agreed upon in the handshake of TLS (ALPN, RFC 7301).
    #[must_use]
    pub fn alpn_protocol(&self) -> Option<&[u8]> {
        self.tls.as_ref()?.alpn_protocol()
    }

    /// The socket below.
    #[must_use]
    pub fn raw(&self) -> &RawStream {
        &self.raw
    }

    /// A function that writes to the socket at once, from any task, as much as it takes without waiting, and says how
    /// much that was: nothing where the stream is broken, which its own task will find out. There is none with TLS,
    /// where every byte that is written changes the state of the session.
    ///
    /// The caller sees to it that nobody else writes meanwhile, and that what was not taken is written next.
    #[must_use]
    pub fn direct_writer(&self) -> Option<impl Fn(&[u8]) -> usize + Send + Sync + use<>> {
        let raw = self.tls.is_none().then(|| self.raw.clone())?;
        Some(move |bytes: &[u8]| raw.try_write(bytes).unwrap_or(0))
    }

    /// Waits for bytes and hands them to `take`. Nothing means the end of the stream. Without TLS they are not more
    /// than `limit`; with TLS all are handed over that were read and could be decrypted, 82 KiB at most.
    ///
    /// # Errors
    /// The stream is broken.
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

    /// Writes frames, none of them empty. Ready when all are written; while the peer is too slow for the rest, what was
    /// written, or is encrypted to be written next, is gone from `frames`, down to the byte.
    ///
    /// # Errors
    /// The stream is broken.
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

    /// How many bytes are encrypted and not written yet.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.tls.as_ref().map_or(0, |tls| tls.unsent())
    }

    /// Writes at least a byte of what is to be written next, whether the socket is said to be ready or not: the kernel
    /// says so only once a third of its buffer is free, so a peer that reads very slowly is not seen to.
    ///
    /// # Errors
    /// The stream is broken, or `WouldBlock` where the kernel takes nothing.
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

    /// Tells the peer that nothing more will be written, as far as the socket takes that without waiting. With TLS this
    /// is an alert, without which the peer cannot know that nothing was cut off (RFC 8446, 6.1).
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

/// Writes once the socket takes something.
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
