//! A stream of WebSocket messages over TCP.

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::poll_fn,
    io::{self, IoSlice},
    net::Shutdown,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes};
use socket2::SockRef;
use tokio::{
    net::TcpStream,
    task::coop,
    time::{Instant, sleep, timeout},
};

use crate::{ClientMessage, Decoder, ReadError, decode::End};

/// The largest number of bytes in one read. All sockets of a thread share the buffer.
const SCRATCH: usize = 64 * 1024;

/// The largest number of frames in one write system call. Their slices are on the stack.
const BATCH: usize = 64;

/// The largest number of bytes that are read and discarded from a peer after the close frame was sent.
const MAX_DISCARDED: usize = 16 * 1024 * 1024;

/// The largest message in bytes that is decoded while waiting for the peer's close frame.
const MAX_DISCARDED_MESSAGE: usize = 128 * 1024;

thread_local! {
    static SCRATCH_SPACE: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into_boxed_slice());
}

/// The time that a peer has for its part of a closing handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// The peer is given up when it has read none of the remaining bytes for this long. Each byte that it reads
    /// restarts the time.
    pub write: Duration,
    /// The time for the answer to the close frame. It is at least `write` for a peer that was slow to read the rest,
    /// because the kernel may still hold much data before the close frame.
    pub answer: Duration,
}

/// The server's side of a WebSocket, after the handshake.
///
/// It holds no buffer while the peer is silent. One task polls reading and writing, in any order. Both take part in
/// tokio's cooperative scheduling, so no peer occupies a thread.
#[derive(Debug)]
pub struct Socket {
    /// Shared with the [`direct_writer`](Self::direct_writer)s.
    stream: Arc<TcpStream>,
    decoder: Decoder,
    /// Bytes that are read but not yet decoded: the rest of a read with several messages. Never empty.
    unread: Option<Box<Bytes>>,
}

impl Socket {
    /// Takes over a stream after its handshake. `unread` contains the bytes that were read after the request.
    ///
    /// Nagle's algorithm should be off (`TCP_NODELAY`), because it delays small frames.
    #[must_use]
    pub fn new(stream: TcpStream, unread: Bytes) -> Self {
        let mut socket = Self { stream: Arc::new(stream), decoder: Decoder::new(), unread: None };
        socket.keep(unread);
        socket
    }

    /// The same for a client with which [`Deflate`](crate::Deflate) is negotiated: its messages may be compressed.
    #[must_use]
    pub fn with_deflate(self) -> Self {
        Self { decoder: self.decoder.with_deflate(), ..self }
    }

    /// A function that writes to the stream at once, from any task, as many bytes as it accepts without waiting. It
    /// returns their number: 0 if the stream is broken, which the socket's own task finds out.
    ///
    /// The caller ensures that nothing else writes at the same time, and that the remaining bytes are written next.
    pub fn direct_writer(&self) -> impl Fn(&[u8]) -> usize + Send + Sync + use<> {
        let stream = self.stream.clone();
        move |frame| stream.try_write(frame).unwrap_or(0)
    }

    /// Waits for the next message. `max_message` returns the limit for its payload in bytes; it is called each time
    /// bytes arrive.
    ///
    /// # Errors
    ///
    /// The stream has ended or is broken, or the peer violated the protocol or the limit. No message follows: the
    /// caller must drop the connection, or after a [`ReadError::Decode`] close it with [`close`](Self::close).
    pub fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        max_message: impl Fn() -> usize,
    ) -> Poll<Result<ClientMessage, ReadError>> {
        if self.unread.is_some() {
            ready!(pin!(coop::consume_budget()).poll(cx));
            if let Some(message) = self.decode_unread(max_message())? {
                return Poll::Ready(Ok(message));
            }
        }
        SCRATCH_SPACE.with_borrow_mut(|scratch| {
            loop {
                let mut input = ready!(receive(&self.stream, cx, scratch))?;
                if input.is_empty() {
                    return Poll::Ready(Err(ReadError::Eof));
                }
                if let Some(message) = self.decoder.decode(&mut input, max_message())? {
                    self.keep(Bytes::copy_from_slice(input));
                    return Poll::Ready(Ok(message));
                }
            }
        })
    }

    fn decode_unread(&mut self, max_message: usize) -> Result<Option<ClientMessage>, ReadError> {
        let Some(mut unread) = self.unread.take() else { return Ok(None) };
        let mut input = &unread[..];
        let message = self.decoder.decode(&mut input, max_message)?;
        let decoded = unread.len() - input.len();
        unread.advance(decoded);
        if !unread.is_empty() {
            self.unread = Some(unread);
        }
        Ok(message)
    }

    fn keep(&mut self, unread: Bytes) {
        self.unread = (!unread.is_empty()).then(|| Box::new(unread));
    }

    /// Writes the frames of `batch`. None of them may be empty. It is ready when all are written. Until then every
    /// written byte is removed from the batch.
    ///
    /// # Errors
    ///
    /// The stream is broken.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, batch: &mut VecDeque<Bytes>) -> Poll<io::Result<()>> {
        while !batch.is_empty() {
            ready!(pin!(coop::consume_budget()).poll(cx));
            match try_write(&self.stream, batch) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(written) => remove_written(batch, written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(self.stream.poll_write_ready(cx))?;
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Performs the closing handshake: writes `pending`, which may start with the rest of a frame, then `frame`, a
    /// close frame. Then it waits until the peer answers or closes the stream, within `patience`.
    ///
    /// The wait is necessary: if a stream is dropped while bytes arrive, the kernel resets it, and the peer may never
    /// get the close frame.
    pub fn close(
        mut self,
        frame: Bytes,
        mut pending: VecDeque<Bytes>,
        patience: Patience,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        pending.push_back(frame);
        Box::pin(async move {
            // The stream is dropped in any case, and no caller can use the result.
            let _ = self.say_goodbye(pending, patience).await;
        })
    }

    async fn say_goodbye(&mut self, mut pending: VecDeque<Bytes>, patience: Patience) -> io::Result<()> {
        let is_slow = self.write_all(&mut pending, patience.write).await?;
        // The kernel's buffer may still hold data that a slow peer must read before the close frame.
        let answer = if is_slow { patience.write.max(patience.answer) } else { patience.answer };
        timeout(answer, self.wait_for_answer()).await?
    }

    /// Writes all frames. It fails when the peer reads no byte within `patience`. Returns true if it had to wait for
    /// the peer.
    async fn write_all(&mut self, pending: &mut VecDeque<Bytes>, patience: Duration) -> io::Result<bool> {
        let mut deadline = pin!(sleep(patience));
        let mut is_slow = false;
        poll_fn(|cx| {
            loop {
                let left = size(pending);
                if let Poll::Ready(result) = self.poll_write(cx, pending) {
                    return Poll::Ready(result);
                }
                is_slow = true;
                if size(pending) == left {
                    ready!(deadline.as_mut().poll(cx));
                    self.try_write_anyway(pending)?;
                }
                deadline.as_mut().reset(Instant::now() + patience);
            }
        })
        .await?;
        Ok(is_slow)
    }

    /// Tries to write at least a byte even if the stream is not reported as ready. The kernel reports it only when a
    /// third of its buffer is free, so a peer that reads very slowly would seem to read nothing.
    fn try_write_anyway(&self, pending: &mut VecDeque<Bytes>) -> io::Result<()> {
        let Some(frame) = pending.front() else { return Ok(()) };
        match SockRef::from(&*self.stream).send(frame) {
            Ok(written) => {
                remove_written(pending, written);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(io::ErrorKind::TimedOut.into()),
            Err(error) => Err(error),
        }
    }

    async fn wait_for_answer(&mut self) -> io::Result<()> {
        while let Ok(Some(_)) = self.decode_unread(MAX_DISCARDED_MESSAGE) {}
        let mut quota = MAX_DISCARDED;
        while self.decoder.end().is_none() && self.discard(&mut quota).await? {}
        if self.decoder.end() == Some(End::Failed) {
            // After a protocol violation the peer's close frame cannot be found, so only the end of its stream counts
            // as an answer.
            SockRef::from(&*self.stream).shutdown(Shutdown::Write)?;
            while self.discard(&mut quota).await? {}
        }
        Ok(())
    }

    /// Reads once and discards the bytes, except for a close frame. Returns false at the end of the stream or of the
    /// quota.
    async fn discard(&mut self, quota: &mut usize) -> io::Result<bool> {
        poll_fn(|cx| {
            SCRATCH_SPACE.with_borrow_mut(|scratch| {
                let mut input = ready!(receive(&self.stream, cx, scratch))?;
                let is_open = !input.is_empty() && input.len() <= *quota;
                *quota = quota.saturating_sub(input.len());
                while let Ok(Some(_)) = self.decoder.decode(&mut input, MAX_DISCARDED_MESSAGE) {}
                Poll::Ready(Ok(is_open))
            })
        })
        .await
    }
}

/// Reads into `scratch`. An empty slice means the end of the stream.
fn receive<'a>(stream: &TcpStream, cx: &mut Context<'_>, scratch: &'a mut [u8]) -> Poll<io::Result<&'a [u8]>> {
    loop {
        ready!(stream.poll_read_ready(cx))?;
        match stream.try_read(scratch) {
            Ok(length) => return Poll::Ready(Ok(&scratch[..length])),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Poll::Ready(Err(error)),
        }
    }
}

/// One system call: `send` for a single frame, the usual case, which is cheaper than `writev`.
fn try_write(stream: &TcpStream, batch: &VecDeque<Bytes>) -> io::Result<usize> {
    if let (Some(frame), 1) = (batch.front(), batch.len()) {
        return stream.try_write(frame);
    }
    let mut slices = [IoSlice::new(&[]); BATCH];
    for (slice, frame) in slices.iter_mut().zip(batch) {
        *slice = IoSlice::new(frame);
    }
    stream.try_write_vectored(&slices[..batch.len().min(BATCH)])
}

fn size(batch: &VecDeque<Bytes>) -> usize {
    batch.iter().map(Bytes::len).sum()
}

fn remove_written(batch: &mut VecDeque<Bytes>, mut written: usize) {
    while let Some(frame) = batch.front_mut() {
        if frame.len() > written {
            frame.advance(written);
            return;
        }
        written -= frame.len();
        batch.pop_front();
    }
}
