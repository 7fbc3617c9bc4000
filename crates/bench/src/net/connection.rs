//! One WebSocket connection of a client.

use std::{io, mem};

use memchr::memmem;

use super::{Subscription, Tally, dialer, frame, http::Head, inflater::Inflater, journal::What, transport::Transport};
use crate::{
    BenchError,
    clock::Nanos,
    stamp::{self, Kind},
    target::Target,
};

/// The phases of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// TCP is not connected yet.
    Connecting,
    /// The handshake request is sent.
    Upgrading,
    /// The WebSocket is open, but the server has not sent the socket id.
    Greeting,
    /// The subscription is sent.
    Subscribing,
    /// The connection is subscribed. All messages are counted.
    Ready,
    /// The connection is subscribed but does not read.
    Paused,
    /// The close frame is sent.
    Leaving,
    /// The connection has ended.
    Gone,
}

/// A connection. It stores received bytes only of an incomplete frame, so an idle connection is small.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) transport: Transport,
    /// The number of its slot.
    number: usize,
    pub(super) phase: Phase,
    pub(super) subscription: Subscription,
    pub(super) opened: Nanos,
    carry: Vec<u8>,
}

/// The context of received bytes: their time, the counts, the inflater of compressed ones, and the server.
pub(super) struct Arrival<'a> {
    pub(super) now: Nanos,
    pub(super) tally: &'a mut Tally,
    pub(super) inflater: &'a mut Inflater,
    pub(super) target: &'a Target,
}

impl Connection {
    pub(super) const fn new(transport: Transport, number: usize, subscription: Subscription, opened: Nanos) -> Self {
        Self { transport, number, phase: Phase::Connecting, subscription, opened, carry: Vec::new() }
    }

    /// Sends the handshake request once TCP is connected.
    pub(super) fn start(&mut self, target: &Target) -> Result<(), BenchError> {
        if dialer::is_connected(&self.transport.stream, target.websockets())? {
            self.send(upgrade_request(target).as_bytes())?;
            self.phase = Phase::Upgrading;
        }
        Ok(())
    }

    /// Sends a small message. The socket's buffer takes it at once unless the server has stopped reading.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), BenchError> {
        match self.transport.write(bytes) {
            Ok(written) if written == bytes.len() => Ok(()),
            Ok(written) => Err(BenchError::Blocked(bytes.len() - written)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(BenchError::Blocked(bytes.len())),
            // The connection is broken. The next read finds the server's last message.
            Err(_) => Ok(()),
        }
    }

    /// Reads once. Returns the number of bytes, 0 at the end of the stream, and nothing if no bytes are there.
    pub(super) fn read(&mut self, scratch: &mut [u8]) -> Result<Option<usize>, BenchError> {
        loop {
            match self.transport.read(scratch) {
                Ok(size) => return Ok(Some(size)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                // A reset counts as the end of the stream.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(Some(0)),
                Err(error) => return Err(BenchError::io("reading")(error)),
            }
        }
    }

    /// Handles received bytes.
    pub(super) fn receive(&mut self, input: &[u8], arrival: &mut Arrival<'_>) -> Result<(), BenchError> {
        arrival.tally.bytes += input.len() as u64;
        let mut carried = mem::take(&mut self.carry);
        let mut rest = if carried.is_empty() {
            input
        } else {
            carried.extend_from_slice(input);
            &carried
        };
        self.advance(&mut rest, arrival)?;
        self.carry = rest.to_vec();
        Ok(())
    }

    /// Handles the end of the stream.
    pub(super) fn end(&mut self, tally: &mut Tally) -> Result<(), BenchError> {
        match self.phase {
            Phase::Connecting | Phase::Upgrading | Phase::Greeting | Phase::Subscribing => {
                return Err(BenchError::refused("a connection", b"it closed the connection"));
            }
            Phase::Ready | Phase::Paused => self.lose(None, tally),
            Phase::Leaving => self.leave(tally),
            Phase::Gone => {}
        }
        Ok(())
    }

    fn advance(&mut self, input: &mut &[u8], arrival: &mut Arrival<'_>) -> Result<(), BenchError> {
        if self.phase == Phase::Upgrading && !self.upgrade(input)? {
            return Ok(());
        }
        while self.phase != Phase::Gone
            && let Some(frame) = frame::take(input)?
        {
            match frame.opcode {
                frame::TEXT if frame.is_compressed => {
                    let message = arrival.inflater.inflate(frame.payload)?;
                    self.hear(&message, arrival)?;
                }
                frame::TEXT => self.hear(frame.payload, arrival)?,
                frame::PING => self.send(&frame::from_client(frame::PONG, frame.payload))?,
                frame::CLOSE => self.close(frame.payload, arrival.tally)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Handles a message.
    fn hear(&mut self, payload: &[u8], arrival: &mut Arrival<'_>) -> Result<(), BenchError> {
        if self.phase == Phase::Ready { self.count(payload, arrival) } else { self.set_up(payload, arrival) }
    }

    /// Reads the answer to the handshake; false if it is incomplete.
    fn upgrade(&mut self, input: &mut &[u8]) -> Result<bool, BenchError> {
        let Some(head) = Head::parse(input)? else { return Ok(false) };
        if head.status() != 101 {
            return Err(BenchError::refused("the upgrade to a WebSocket", input));
        }
        *input = &input[head.size..];
        self.phase = Phase::Greeting;
        Ok(true)
    }

    /// Handles a message before the connection is subscribed.
    fn set_up(&mut self, payload: &[u8], arrival: &mut Arrival<'_>) -> Result<(), BenchError> {
        let says = |event| memmem::find(payload, event).is_some();
        match self.phase {
            Phase::Greeting if says(b"pusher:connection_established") => {
                let id = socket_id(payload).ok_or(BenchError::Protocol("a greeting without a socket id"))?;
                let Target { credentials, recovers, .. } = arrival.target;
                let message = credentials.subscribe(self.subscription, id, *recovers);
                self.send(&frame::from_client(frame::TEXT, message.as_bytes()))?;
                self.phase = Phase::Subscribing;
            }
            Phase::Greeting => return Err(BenchError::refused("a connection", payload)),
            Phase::Subscribing if says(b"subscription_succeeded") => {
                if arrival.target.recovers && !says(br#"\"recovery\":{"#) {
                    return Err(BenchError::NoRecovery);
                }
                arrival.tally.arrivals.record(arrival.now.saturating_sub(self.opened));
                self.phase = Phase::Ready;
                self.note(arrival.tally, || What::Joined(String::from_utf8_lossy(payload).into_owned()));
            }
            Phase::Subscribing if says(b"pusher:error") || says(b"subscription_error") => {
                return Err(BenchError::refused("a subscription", payload));
            }
            _ => {}
        }
        Ok(())
    }

    /// Handles a message of a subscribed connection. This is the hot path.
    fn count(&mut self, payload: &[u8], arrival: &mut Arrival<'_>) -> Result<(), BenchError> {
        match stamp::find(payload) {
            Some((Kind::Numbered, number)) => {
                self.note(arrival.tally, || What::Numbered(number));
                return Ok(());
            }
            Some((kind, sent)) => {
                arrival.tally.deliver(kind, sent, arrival.now);
                return Ok(());
            }
            None => {}
        }
        let says = |event| memmem::find(payload, event).is_some();
        if says(b"pusher:ping") {
            return self.send(&frame::from_client(frame::TEXT, br#"{"event":"pusher:pong","data":{}}"#));
        }
        arrival.tally.notices += 1;
        arrival.tally.errors += u64::from(says(b"pusher:error"));
        self.note(arrival.tally, || What::Notice(String::from_utf8_lossy(payload).into_owned()));
        Ok(())
    }

    /// Handles a close frame.
    fn close(&mut self, payload: &[u8], tally: &mut Tally) -> Result<(), BenchError> {
        match self.phase {
            Phase::Ready | Phase::Paused => self.lose(frame::close_code(payload), tally),
            Phase::Leaving => self.leave(tally),
            _ => return Err(BenchError::refused("a connection", payload.get(2..).unwrap_or_default())),
        }
        Ok(())
    }

    fn lose(&mut self, code: Option<u16>, tally: &mut Tally) {
        self.phase = Phase::Gone;
        tally.lose(code);
        self.note(tally, || What::Lost(code));
    }

    fn leave(&mut self, tally: &mut Tally) {
        self.phase = Phase::Gone;
        tally.departures += 1;
        self.note(tally, || What::Left);
    }

    fn note(&self, tally: &mut Tally, what: impl FnOnce() -> What) {
        if let Some(journal) = &mut tally.journal {
            journal.add(self.number, self.subscription, what());
        }
    }
}

fn upgrade_request(Target { authority, prefix, credentials, compressed, .. }: &Target) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let offer = if *compressed {
        "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"
    } else {
        ""
    };
    // The key is the RFC's example. A random key protects caches of proxies, and there are no proxies here.
    format!(
        "GET {prefix}/app/{key}?protocol=7&client=clairon-bench&version={version} HTTP/1.1\r\nHost: {authority}\r\n\
        Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{offer}\r\n",
        key = credentials.key
    )
}

/// The socket id in `pusher:connection_established`. The data may be JSON in a string, so this searches for digits and
/// a dot after the name, with any number of escaped quotes.
fn socket_id(greeting: &[u8]) -> Option<&str> {
    let name = b"socket_id";
    let rest = &greeting[memmem::find(greeting, name)? + name.len()..];
    let start = rest.iter().position(u8::is_ascii_digit)?;
    let size = rest[start..].iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
    str::from_utf8(&rest[start..start + size]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_id_is_found() {
        let greeting = br#"{"event":"pusher:connection_established","data":"{\"socket_id\":\"123.456\",\"activity_timeout\":30}"}"#;
        assert_eq!(socket_id(greeting), Some("123.456"));
        assert_eq!(socket_id(br#"{"data":{"activity_timeout":30,"socket_id":"1.2"}}"#), Some("1.2"));
        assert_eq!(socket_id(b"{}"), None);
    }
}
