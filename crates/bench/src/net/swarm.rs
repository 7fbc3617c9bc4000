//! All WebSocket connections.

use std::mem;

use mio::{Interest, event::Event};
use slab::Slab;

use super::{
    Subscription, Tally,
    connection::{Arrival, Connection, Phase},
    dialer::{Dialer, READ_WRITE},
    frame,
    inflater::Inflater,
    transport::Transport,
};
use crate::{BenchError, clock::Clock, target::Target};

/// The connections. The number of a connection's slot is its token.
#[derive(Debug)]
pub(crate) struct Swarm<'t> {
    target: &'t Target,
    clock: Clock,
    dialer: Dialer,
    slots: Slab<Connection>,
    arrived: Vec<usize>,
    departed: usize,
    /// Inflates the messages of all connections.
    pub(crate) inflater: Inflater,
}

impl<'t> Swarm<'t> {
    pub(super) fn new(target: &'t Target, clock: Clock, dialer: Dialer) -> Self {
        Self { target, clock, dialer, slots: Slab::new(), arrived: Vec::new(), departed: 0, inflater: Inflater::new() }
    }

    /// Starts a connection. [`arrived`](Self::arrived) returns it once it is subscribed. `receive_buffer` is in bytes.
    pub(crate) fn open(&mut self, subscription: Subscription, receive_buffer: Option<usize>) -> Result<(), BenchError> {
        let slot = self.slots.vacant_entry();
        let number = slot.key();
        let stream = self.dialer.dial(number, receive_buffer)?;
        let transport = Transport::new(stream, self.target.tls.as_ref())?;
        slot.insert(Connection::new(transport, number, subscription, self.clock.now()));
        Ok(())
    }

    /// The connections that became subscribed since the last call.
    pub(crate) fn arrived(&mut self) -> Vec<usize> {
        mem::take(&mut self.arrived)
    }

    /// The number of connections that ended since the last call, for any reason.
    pub(crate) const fn departed(&mut self) -> usize {
        mem::replace(&mut self.departed, 0)
    }

    /// The subscription of an open connection.
    pub(crate) fn subscription(&self, connection: usize) -> Option<Subscription> {
        self.slots.get(connection).map(|connection| connection.subscription)
    }

    /// Sends a close frame. The connection ends when the server answers.
    pub(crate) fn leave(&mut self, connection: usize) -> Result<(), BenchError> {
        let Some(connection) = self.slots.get_mut(connection) else { return Ok(()) };
        connection.phase = Phase::Leaving;
        connection.send(&frame::from_client(frame::CLOSE, &1000_u16.to_be_bytes()))
    }

    /// Sends a message; does nothing if the server has ended the connection.
    pub(crate) fn send(&mut self, connection: usize, message: &str) -> Result<(), BenchError> {
        let Some(connection) = self.slots.get_mut(connection) else { return Ok(()) };
        connection.send(&frame::from_client(frame::TEXT, message.as_bytes()))
    }

    /// Stops reading, or reads again.
    pub(crate) fn set_paused(&mut self, connection: usize, paused: bool) -> Result<(), BenchError> {
        let token = connection;
        let Some(connection) = self.slots.get_mut(connection) else { return Ok(()) };
        let (phase, interest) = if paused { (Phase::Paused, Interest::WRITABLE) } else { (Phase::Ready, READ_WRITE) };
        connection.phase = phase;
        self.dialer.watch(&mut connection.transport.stream, token, interest)
    }

    /// Handles an event of the poller at a slot. The slot may be empty or reused by then; the read shows it.
    pub(super) fn on_event(&mut self, event: &Event, scratch: &mut [u8], tally: &mut Tally) -> Result<(), BenchError> {
        let slot = event.token().0;
        let Some(connection) = self.slots.get_mut(slot) else { return Ok(()) };
        let before = connection.phase;
        match before {
            Phase::Connecting => connection.start(self.target)?,
            Phase::Paused if event.is_error() || event.is_write_closed() => connection.end(tally)?,
            Phase::Paused => {}
            _ if event.is_readable() || event.is_read_closed() => {
                let mut arrival =
                    Arrival { now: self.clock.now(), tally, inflater: &mut self.inflater, target: self.target };
                read_all(connection, event.is_read_closed(), scratch, self.clock, &mut arrival)?;
            }
            _ => {}
        }
        match connection.phase {
            Phase::Ready if before != Phase::Ready => self.arrived.push(slot),
            Phase::Gone => {
                self.slots.remove(slot);
                self.departed += 1;
            }
            _ => {}
        }
        Ok(())
    }
}

/// Reads until the socket is empty. A read that does not fill the buffer has emptied it, which saves one more read,
/// except at the end of the stream. This is necessary because the poller reports changes only.
fn read_all(
    connection: &mut Connection,
    has_ended: bool,
    scratch: &mut [u8],
    clock: Clock,
    arrival: &mut Arrival<'_>,
) -> Result<(), BenchError> {
    while connection.phase != Phase::Gone
        && let Some(size) = connection.read(scratch)?
    {
        if size == 0 {
            return connection.end(arrival.tally);
        }
        arrival.now = clock.now();
        connection.receive(&scratch[..size], arrival)?;
        if size < scratch.len() && !has_ended && !connection.transport.reads_in_parts() {
            break;
        }
    }
    Ok(())
}
