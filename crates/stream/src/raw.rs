//! A connected socket of the operating system.

use std::{
    future::poll_fn,
    io::{self, IoSlice, Read},
    net::Shutdown,
    os::fd::{AsFd, BorrowedFd},
    task::{Context, Poll, ready},
};

use socket2::SockRef;
use tokio::{
    io::Interest,
    net::{TcpStream, UnixStream},
};

/// A connected socket of the operating system.
#[derive(Debug)]
pub enum RawStream {
    /// TCP.
    Tcp(TcpStream),
    /// A Unix socket.
    Unix(UnixStream),
}

/// Calls a method that both kinds of socket have.
macro_rules! either {
    ($raw:expr, $stream:ident => $call:expr) => {
        match $raw {
            RawStream::Tcp($stream) => $call,
            RawStream::Unix($stream) => $call,
        }
    };
}

impl RawStream {
    /// The local port; `None` for a Unix socket.
    #[must_use]
    pub fn local_port(&self) -> Option<u16> {
        match self {
            Self::Tcp(tcp) => tcp.local_addr().ok().map(|address| address.port()),
            Self::Unix(_) => None,
        }
    }

    /// Waits for bytes and reads them into `buffer`. 0 means the end of the stream.
    ///
    /// # Errors
    /// The connection is broken.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        poll_fn(|cx| self.poll_read(cx, buffer)).await
    }

    /// Writes the bytes that the kernel accepts without waiting.
    ///
    /// # Errors
    /// The connection is broken, or `WouldBlock` if the kernel accepts nothing.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        either!(self, stream => stream.try_write(bytes))
    }

    /// Ends the sending direction of the connection.
    ///
    /// # Errors
    /// The connection is broken.
    pub fn shut_down_writing(&self) -> io::Result<()> {
        SockRef::from(self).shutdown(Shutdown::Write)
    }

    pub(crate) fn try_write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        either!(self, stream => stream.try_write_vectored(slices))
    }

    pub(crate) fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_write_ready(cx))
    }

    /// Waits for bytes and reads them into `buffer`.
    ///
    /// A read that does not fill the buffer has emptied the socket. Then tokio's readiness is cleared without the
    /// second system call that would say so. `try_io` clears the readiness from before the read, so bytes that arrive
    /// meanwhile are reported again. It does not clear the end of the stream, which may have come with the last bytes.
    ///
    /// Two things end a read early: urgent data of TCP, and a file descriptor that is passed over a Unix socket. No
    /// client of HTTP sends either. What is behind it is read when more bytes or the end arrive.
    pub(crate) fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(either!(self, stream => stream.poll_read_ready(cx)))?;
            let mut emptied = None;
            let read = || {
                let read = (&*SockRef::from(self)).read(buffer)?;
                if (1..buffer.len()).contains(&read) {
                    emptied = Some(read);
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Ok(read)
            };
            let result = either!(self, stream => stream.try_io(Interest::READABLE, read));
            match (emptied, result) {
                (Some(read), _) => return Poll::Ready(Ok(read)),
                (None, Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
                (None, result) => return Poll::Ready(result),
            }
        }
    }

    /// Writes even if tokio regards the socket as full. The kernel reports a socket as writable only when a third of
    /// its buffer is free, so the progress of a very slow reader would go unnoticed.
    pub(crate) fn try_write_anyway(&self, bytes: &[u8]) -> io::Result<usize> {
        SockRef::from(self).send(bytes)
    }
}

impl AsFd for RawStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        either!(self, stream => stream.as_fd())
    }
}

impl From<TcpStream> for RawStream {
    fn from(stream: TcpStream) -> Self {
        Self::Tcp(stream)
    }
}

impl From<UnixStream> for RawStream {
    fn from(stream: UnixStream) -> Self {
        Self::Unix(stream)
    }
}
