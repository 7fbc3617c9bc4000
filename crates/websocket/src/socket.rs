//! A stream of messages.

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

/// How much is read at once, in bytes, into space that all sockets of a thread share.
const SCRATCH: usize = 64 * 1024;

/// How many frames are written by one system call. Their slices lie on the stack.
const BATCH: usize = 64;

/// How much a peer may send, in bytes, after it was told that the connection ends.
const MAX_DISCARDED: usize = 16 * 1024 * 1024;

/// The longest message, in bytes, that is put together in the hope of a close frame behind it.
const MAX_DISCARDED_MESSAGE: usize = 128 * 1024;

thread_local! {
    static SCRATCH_SPACE: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into_boxed_slice());
}

/// How long a peer is waited for while its connection is being closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long the peer may take nothing of what is left to be written, before it is given up. A peer that takes
    /// something has as long again.
    pub write: Duration,
    /// How long the peer may take to answer the close frame. One that had to be waited for while the rest was written
    /// has at least `write`: the kernel may hold much that comes before the close frame.
    pub answer: Duration,
}

/// The server's end of a WebSocket, after the handshake.
///
/// It holds no buffer while the peer is silent. Reading and writing may be polled by the same task in any order, and by
/// one task only; both take part in tokio's cooperative scheduling, so no peer keeps a thread for itself.
#[derive(Debug)]
pub struct Socket {
    /// Shared with the [`direct_writer`](Self::direct_writer)s.
    stream: Arc<TcpStream>,
    decoder: Decoder,
    /// What was read and not decoded yet: the rest of a read that held several messages. Never empty.
    unread: Option<Box<Bytes>>,
}

impl Socket {
    /// Takes over a stream after its handshake. `unread` is what was read past the request.
    ///
    /// Nagle's algorithm should be off (`TCP_NODELAY`): it would hold back small frames.
    #[must_use]
    pub fn new(stream: TcpStream, unread: Bytes) -> Self {
        let mut socket = Self { stream: Arc::new(stream), decoder: Decoder::new(), unread: None };
        socket.keep(unread);
        socket
    }

    /// A function that writes to the stream at once, from any task, as much as it takes without waiting, and says how
    /// much that was: nothing where the stream is broken, which its own task will find out.
    ///
    /// The caller sees to it that nobody else writes meanwhile, and that what was not taken is written next.
    pub fn direct_writer(&self) -> impl Fn(&[u8]) -> usize + Send + Sync + use<> {
        let stream = self.stream.clone();
        move |frame| stream.try_write(frame).unwrap_or(0)
    }

    /// Waits for the next message, whose payload may have `max_message` bytes; asked whenever bytes have come.
    ///
    /// # Errors
    ///
    /// The stream is at its end or broken, or the peer broke the protocol or the limit. Nothing more will come; the
    /// connection has to be dropped, or after a [`ReadError::Decode`] be closed with [`close`](Self::close).
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

    /// Writes the frames of `batch`, none of them empty. Ready when the batch is; while the peer is too slow for the
    /// rest, what is written is gone from the batch, down to the byte.
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

    /// Says goodbye: writes what is `pending`, the rest of a frame first, then `frame`, a close frame, and waits until
    /// the peer has answered it or has closed the stream, within `patience`.
    ///
    /// The wait is more than courtesy: if a stream is dropped while something is still arriving, the kernel resets it,
    /// and the peer may never see the close frame.
    pub fn close(
        mut self,
        frame: Bytes,
        mut pending: VecDeque<Bytes>,
        patience: Patience,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        pending.push_back(frame);
        Box::pin(async move {
            // However it went, the stream is dropped, and nobody is left to be told.
            let _ = self.say_goodbye(pending, patience).await;
        })
    }

    async fn say_goodbye(&mut self, mut pending: VecDeque<Bytes>, patience: Patience) -> io::Result<()> {
        let is_slow = self.write_all(&mut pending, patience.write).await?;
        // What a slow peer has to take before the close frame is in the kernel's buffer, out of sight.
        let answer = if is_slow { patience.write.max(patience.answer) } else { patience.answer };
        timeout(answer, self.wait_for_answer()).await?
    }

    /// Writes all frames, for as long as the peer takes at least a byte within `patience`. True if it had to be waited
    /// for.
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

    /// Writes at least a byte, whether the stream is said to be ready or not: the kernel says so only once a third of
    /// its buffer is free, so a peer that reads very slowly is not seen to.
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
            // The close frame of a peer that broke the protocol cannot be found: only the end of its stream is an
            // answer.
            SockRef::from(&*self.stream).shutdown(Shutdown::Write)?;
            while self.discard(&mut quota).await? {}
        }
        Ok(())
    }

    /// Reads once and drops it, but for a close frame. False at the end of the stream or of the quota.
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

/// Reads into `scratch`. Nothing means the end of the stream.
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

/// One system call: `send` for a single frame, which is cheaper than `writev` and the usual case.
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
