//! The server side of a TLS session. It has no buffers while it is idle.

use std::{
    io,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes, BytesMut};
use rustls::{
    ServerConfig,
    server::{ServerConnectionData, UnbufferedServerConnection},
    unbuffered::{ConnectionState, EncodeError, EncryptError, InsufficientSizeError, UnbufferedStatus, WriteTraffic},
};
use tokio::task::coop;

use crate::{
    RawStream,
    frames::{self, Frames},
    scratch::{self, PLAINTEXT, RECORD, Scratch},
};

/// A session that can encrypt data.
type Traffic<'a> = WriteTraffic<'a, ServerConnectionData>;

/// The server side of a TLS session.
pub(crate) struct TlsSession {
    connection: UnbufferedServerConnection,
    /// An incomplete record or handshake message.
    received: Vec<u8>,
    /// Encrypted bytes that the socket did not accept yet.
    unsent: BytesMut,
    peer: Peer,
}

/// The state of the receiving direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    /// The peer may send.
    Open,
    /// The peer has sent its closing alert, or its socket is at the end. The peer may still read.
    AtEnd,
    /// The session failed. Nothing can be received or sent.
    Failed,
}

impl TlsSession {
    /// A session before its handshake. `received` was read from the socket.
    pub(crate) fn new(config: Arc<ServerConfig>, received: &[u8]) -> io::Result<Self> {
        let connection = UnbufferedServerConnection::new(config).map_err(io::Error::other)?;
        Ok(Self { connection, received: received.to_vec(), unsent: BytesMut::new(), peer: Peer::Open })
    }

    pub(crate) fn alpn_protocol(&self) -> Option<&[u8]> {
        self.connection.alpn_protocol()
    }

    pub(crate) fn unsent(&self) -> usize {
        self.unsent.len()
    }

    /// Makes the handshake. Returns the bytes that the client sent together with its end.
    pub(crate) fn poll_handshake(&mut self, raw: &RawStream, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        scratch::with(|scratch| {
            loop {
                scratch.plain.clear();
                let kept = self.restore(scratch);
                self.process(raw, scratch, kept)?;
                if !self.connection.is_handshaking() {
                    // Unsent bytes are written before any later ones.
                    return Poll::Ready(Ok(Bytes::copy_from_slice(&scratch.plain)));
                }
                ready!(self.poll_flush(raw, cx))?;
                let kept = self.restore(scratch);
                let read = ready!(raw.poll_read(cx, &mut scratch.received[kept..]))?;
                if read == 0 {
                    return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
                }
                self.received.extend_from_slice(&scratch.received[kept..kept + read]);
            }
        })
    }

    /// Waits until something is decrypted into `scratch.plain`. It is empty at the end of the stream.
    pub(crate) fn poll_receive(
        &mut self,
        raw: &RawStream,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
    ) -> Poll<io::Result<()>> {
        scratch.plain.clear();
        while scratch.plain.is_empty() && self.peer == Peer::Open {
            let kept = self.restore(scratch);
            let read = ready!(raw.poll_read(cx, &mut scratch.received[kept..]))?;
            if read == 0 {
                self.peer = Peer::AtEnd;
            } else {
                self.process(raw, scratch, kept + read)?;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Copies the incomplete record to the beginning of `scratch.received`, and returns its length.
    fn restore(&self, scratch: &mut Scratch) -> usize {
        let kept = self.received.len();
        scratch.received[..kept].copy_from_slice(&self.received);
        kept
    }

    /// Decrypts the first `length` bytes of `scratch.received`, appends the result to `scratch.plain`, and keeps an
    /// incomplete record. Answers messages of TLS itself, as far as the socket accepts the answer.
    fn process(&mut self, raw: &RawStream, scratch: &mut Scratch, length: usize) -> io::Result<()> {
        let mut used = 0;
        let outcome = loop {
            let UnbufferedStatus { mut discard, state } =
                self.connection.process_tls_records(&mut scratch.received[used..length]);
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(Ok(record)) = traffic.next_record() {
                        discard += record.discard;
                        scratch.plain.extend_from_slice(record.payload);
                    }
                }
                Ok(ConnectionState::EncodeTlsData(mut message)) => {
                    append(&mut self.unsent, |buffer| message.encode(buffer).map_err(Into::into))?;
                }
                // The message is in `unsent`. Later bytes follow it there.
                Ok(ConnectionState::TransmitTlsData(message)) => message.done(),
                Ok(ConnectionState::PeerClosed) => self.peer = Peer::AtEnd,
                Ok(_) => break Ok(used + discard),
                Err(error) => break Err(error),
            }
            used += discard;
        };
        if outcome.is_err() {
            self.queue_alert()?;
            self.peer = Peer::Failed;
        }
        // Bytes that the socket does not accept are written later, or not at all if the session failed.
        let flushed = self.try_flush(raw);
        let used = outcome.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        flushed?;
        if length - used > RECORD {
            self.peer = Peer::Failed;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a message of the TLS handshake is too long"));
        }
        self.received = scratch.received[used..length].to_vec();
        Ok(())
    }

    /// Queues the alert for an error.
    fn queue_alert(&mut self) -> io::Result<()> {
        while self.connection.wants_write()
            && let UnbufferedStatus { state: Ok(ConnectionState::EncodeTlsData(mut alert)), .. } =
                self.connection.process_tls_records(&mut [])
        {
            append(&mut self.unsent, |buffer| alert.encode(buffer).map_err(Into::into))?;
        }
        Ok(())
    }

    /// Lets `write` append to the unsent bytes. Pending messages of TLS itself come before them.
    fn append_traffic(
        &mut self,
        mut write: impl FnMut(&mut Traffic<'_>, &mut BytesMut) -> io::Result<()>,
    ) -> io::Result<()> {
        while self.peer != Peer::Failed {
            // `received` holds no complete record. An incomplete handshake message refers to it.
            let UnbufferedStatus { discard, state } = self.connection.process_tls_records(&mut self.received);
            match state {
                Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                    write(&mut traffic, &mut self.unsent)?;
                    self.received.drain(..discard);
                    return Ok(());
                }
                Ok(ConnectionState::EncodeTlsData(mut message)) => {
                    append(&mut self.unsent, |buffer| message.encode(buffer).map_err(Into::into))?;
                }
                Ok(ConnectionState::TransmitTlsData(message)) => message.done(),
                Ok(ConnectionState::PeerClosed) => self.peer = Peer::AtEnd,
                // Both sides have ended their sending direction, or the session failed.
                Ok(_) | Err(_) => self.peer = Peer::Failed,
            }
            self.received.drain(..discard);
        }
        Err(io::ErrorKind::BrokenPipe.into())
    }

    /// Encrypts at most [`PLAINTEXT`] bytes into one record and writes the part that the socket accepts. No other bytes
    /// may be unsent.
    fn write(&mut self, raw: &RawStream, plain: &[u8], encrypted: &mut [u8]) -> io::Result<()> {
        let mut length = 0;
        self.append_traffic(|traffic, _| {
            length = traffic.encrypt(plain, encrypted).map_err(io::Error::other)?;
            Ok(())
        })?;
        let encrypted = &encrypted[..length];
        let written = if self.unsent.is_empty() { try_write(raw, encrypted)? } else { 0 };
        self.unsent.extend_from_slice(&encrypted[written..]);
        Ok(())
    }

    pub(crate) fn poll_write_frames(
        &mut self,
        raw: &RawStream,
        cx: &mut Context<'_>,
        batch: &mut Frames,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.poll_flush(raw, cx))?;
            if batch.is_empty() {
                return Poll::Ready(Ok(()));
            }
            ready!(pin!(coop::consume_budget()).poll(cx));
            scratch::with(|Scratch { plain, encrypted, .. }| {
                if batch.len() == 1
                    && let Some(frame) = batch.front_mut()
                {
                    let part = frame.split_to(frame.len().min(PLAINTEXT));
                    frames::remove(batch, 0);
                    return self.write(raw, &part, encrypted);
                }
                plain.clear();
                frames::take(batch, plain, PLAINTEXT);
                self.write(raw, plain, encrypted)
            })?;
        }
    }

    pub(crate) fn poll_write(
        &mut self,
        raw: &RawStream,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_flush(raw, cx))?;
        ready!(pin!(coop::consume_budget()).poll(cx));
        let part = &bytes[..bytes.len().min(PLAINTEXT)];
        if !part.is_empty() {
            scratch::with(|scratch| self.write(raw, part, &mut scratch.encrypted))?;
        }
        Poll::Ready(Ok(part.len()))
    }

    pub(crate) fn poll_flush(&mut self, raw: &RawStream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            ready!(raw.poll_write_ready(cx))?;
            self.try_flush(raw)?;
        }
        Poll::Ready(Ok(()))
    }

    /// Writes the unsent bytes that the socket accepts.
    fn try_flush(&mut self, raw: &RawStream) -> io::Result<()> {
        if !self.unsent.is_empty() {
            let written = try_write(raw, &self.unsent)?;
            self.remove_sent(written);
        }
        Ok(())
    }

    pub(crate) fn write_anyway(&mut self, raw: &RawStream) -> io::Result<()> {
        if !self.unsent.is_empty() {
            let written = raw.try_write_anyway(&self.unsent)?;
            self.remove_sent(written);
        }
        Ok(())
    }

    fn remove_sent(&mut self, count: usize) {
        self.unsent.advance(count);
        if self.unsent.is_empty() {
            // An idle session keeps no buffer.
            self.unsent = BytesMut::new();
        }
    }

    /// Sends the closing alert, once.
    pub(crate) fn say_end(&mut self, raw: &RawStream) {
        // A failed session cannot send an alert.
        let _ = self.append_traffic(|traffic, unsent| {
            append(unsent, |buffer| traffic.queue_close_notify(buffer).map_err(Into::into))
        });
        let _ = self.try_flush(raw);
    }
}

/// The reason why a message of TLS cannot be written to a buffer.
enum WriteError {
    TooSmall(usize),
    Other(io::Error),
}

impl From<EncodeError> for WriteError {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::InsufficientSize(InsufficientSizeError { required_size }) => Self::TooSmall(required_size),
            EncodeError::AlreadyEncoded => Self::Other(io::Error::other(error)),
        }
    }
}

impl From<EncryptError> for WriteError {
    fn from(error: EncryptError) -> Self {
        match error {
            EncryptError::InsufficientSize(InsufficientSizeError { required_size }) => Self::TooSmall(required_size),
            EncryptError::EncryptExhausted => Self::Other(io::Error::other(error)),
        }
    }
}

/// Appends the output of `write` to `bytes`. The first call of `write` returns the length.
fn append(bytes: &mut BytesMut, mut write: impl FnMut(&mut [u8]) -> Result<usize, WriteError>) -> io::Result<()> {
    let start = bytes.len();
    loop {
        match write(&mut bytes[start..]) {
            Ok(written) => {
                bytes.truncate(start + written);
                return Ok(());
            }
            Err(WriteError::TooSmall(size)) => bytes.resize(start + size, 0),
            Err(WriteError::Other(error)) => return Err(error),
        }
    }
}

/// Writes the bytes that the socket accepts, possibly none.
fn try_write(raw: &RawStream, bytes: &[u8]) -> io::Result<usize> {
    match raw.try_write(bytes) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        result => result,
    }
}
