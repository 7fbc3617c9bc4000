//! A stream of WebSocket messages.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes};
use clairon_stream::Stream;
use tokio::{
    io::AsyncWriteExt,
    task::coop,
    time::{Instant, sleep, timeout},
};

use crate::{ClientMessage, Decoder, ReadError, decode::End};

/// The largest number of bytes that are read and discarded from a peer after the close frame was sent.
const MAX_DISCARDED: usize = 16 * 1024 * 1024;

/// The largest message in bytes that is decoded while waiting for the peer's close frame.
const MAX_DISCARDED_MESSAGE: usize = 128 * 1024;

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

/// What a call of [`Socket::poll_read`] has got.
#[derive(Debug)]
pub struct Received {
    /// The next message; `None` if what was read does not complete one.
    pub message: Option<ClientMessage>,
    /// The number of bytes that were read from the stream; 0 if the message was read before, with another.
    pub bytes: usize,
    /// The number of bytes by which a compressed message is longer than what was sent for it; 0 for other messages.
    pub inflated: usize,
}

/// The server's side of a WebSocket, after the handshake.
///
/// It holds no buffer while the peer is silent. One task polls reading and writing, in any order. Both take part in
/// tokio's cooperative scheduling, so no peer occupies a thread.
#[derive(Debug)]
pub struct Socket {
    stream: Stream,
    decoder: Decoder,
    /// Bytes that are read but not yet decoded: the rest of a read with several messages. Never empty.
    unread: Option<Box<Bytes>>,
}

impl Socket {
    /// Takes over a stream after its handshake. `unread` contains the bytes that were read after the request.
    ///
    /// Nagle's algorithm should be off (`TCP_NODELAY`), because it delays small frames.
    #[must_use]
    pub fn new(stream: Stream, unread: Bytes) -> Self {
        let mut socket = Self { stream, decoder: Decoder::new(), unread: None };
        socket.keep(unread);
        socket
    }

    /// The same socket for a client with which [`Deflate`](crate::Deflate) was negotiated. Its messages may be
    /// compressed.
    #[must_use]
    pub fn with_deflate(self) -> Self {
        Self { decoder: self.decoder.with_deflate(), ..self }
    }

    /// The underlying stream.
    #[must_use]
    pub const fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Waits for the next message, or for a part of it. `max_message` returns the limit for the payload of a message in
    /// bytes; it is called each time bytes arrive.
    ///
    /// # Errors
    ///
    /// The stream has ended or is broken, or the peer violated the protocol or the limit. No message follows: the
    /// caller must drop the connection, or after a [`ReadError::Decode`] close it with [`close`](Self::close).
    pub fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        max_message: impl Fn() -> usize,
    ) -> Poll<Result<Received, ReadError>> {
        let held = self.decoder.buffered();
        if let Some(unread) = self.unread.as_deref().map(Bytes::len) {
            ready!(pin!(coop::consume_budget()).poll(cx));
            if let Some(message) = self.decode_unread(max_message())? {
                let sent = held + unread - self.unread.as_deref().map_or(0, Bytes::len);
                let inflated = message.length().saturating_sub(sent);
                return Poll::Ready(Ok(Received { message: Some(message), bytes: 0, inflated }));
            }
        }
        let Self { stream, decoder, .. } = self;
        let held = decoder.buffered();
        let (received, unread) = ready!(stream.poll_receive(cx, usize::MAX, |mut input| {
            if input.is_empty() {
                return Err(ReadError::Eof);
            }
            let bytes = input.len();
            let message = decoder.decode(&mut input, max_message())?;
            let sent = held + bytes - input.len();
            let inflated = message.as_ref().map_or(0, |message| message.length().saturating_sub(sent));
            Ok((Received { message, bytes, inflated }, Bytes::copy_from_slice(input)))
        }))??;
        self.keep(unread);
        Poll::Ready(Ok(received))
    }

    /// The number of bytes of memory for what was received but not yet returned: an incomplete message, and bytes after
    /// a complete one.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.decoder.buffered() + self.unread.as_deref().map_or(0, Bytes::len)
    }

    /// The number of complete messages that are read but not yet returned.
    #[must_use]
    pub fn waiting_messages(&self) -> usize {
        self.unread.as_deref().map_or(0, |unread| self.decoder.count_messages(unread))
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
        self.stream.poll_write_frames(cx, batch)
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
            self.stream.say_end();
        })
    }

    async fn say_goodbye(&mut self, mut pending: VecDeque<Bytes>, patience: Patience) -> io::Result<()> {
        self.decoder.forget_message();
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
                let left = self.left(pending);
                if let Poll::Ready(result) = self.poll_write(cx, pending) {
                    return Poll::Ready(result);
                }
                is_slow = true;
                if self.left(pending) == left {
                    ready!(deadline.as_mut().poll(cx));
                    self.stream.write_anyway(pending).map_err(|error| match error.kind() {
                        io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
                        _ => error,
                    })?;
                }
                deadline.as_mut().reset(Instant::now() + patience);
            }
        })
        .await?;
        Ok(is_slow)
    }

    /// The number of unwritten bytes: those of `pending` and those that are already encrypted.
    fn left(&self, pending: &VecDeque<Bytes>) -> usize {
        pending.iter().map(Bytes::len).sum::<usize>() + self.stream.unsent()
    }

    async fn wait_for_answer(&mut self) -> io::Result<()> {
        while let Ok(Some(_)) = self.decode_unread(MAX_DISCARDED_MESSAGE) {}
        self.decoder.forget_message();
        let mut quota = MAX_DISCARDED;
        while self.decoder.end().is_none() && self.discard(&mut quota).await? {}
        if self.decoder.end() == Some(End::Failed) {
            // After a protocol violation the peer's close frame cannot be found, so only the end of its stream counts
            // as an answer.
            self.stream.shutdown().await?;
            while self.discard(&mut quota).await? {}
        }
        Ok(())
    }

    /// Reads once and discards the bytes, except for a close frame. Returns false at the end of the stream or of the
    /// quota.
    async fn discard(&mut self, quota: &mut usize) -> io::Result<bool> {
        poll_fn(|cx| {
            let Self { stream, decoder, .. } = self;
            stream.poll_receive(cx, usize::MAX, |mut input| {
                let is_open = !input.is_empty() && input.len() <= *quota;
                *quota = quota.saturating_sub(input.len());
                while let Ok(Some(_)) = decoder.decode(&mut input, MAX_DISCARDED_MESSAGE) {}
                decoder.forget_message();
                is_open
            })
        })
        .await
    }
}
