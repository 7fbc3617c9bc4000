//! All WebSocket connections.

use mio::{Interest, Registry, Token, event::Event};

use super::{
    Subscription, Tally,
    connection::{Arrival, Connection, Phase},
    frame,
    source::Sources,
};
use crate::{BenchError, clock::Clock, target::Target};

const READ_WRITE: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// The connections, each in a slot whose number is its token.
#[derive(Debug)]
pub(super) struct Swarm<'t> {
    target: &'t Target,
    clock: Clock,
    slots: Vec<Option<Connection>>,
    free: Vec<usize>,
    /// Slots whose connection was subscribed since these were last taken.
    pub(super) arrived: Vec<usize>,
    /// How many connections are gone for good since it was last asked.
    pub(super) departed: usize,
}

impl<'t> Swarm<'t> {
    pub(super) const fn new(target: &'t Target, clock: Clock) -> Self {
        Self { target, clock, slots: Vec::new(), free: Vec::new(), arrived: Vec::new(), departed: 0 }
    }

    pub(super) fn open(
        &mut self,
        registry: &Registry,
        sources: &mut Sources,
        subscription: Subscription,
        receive_buffer: Option<usize>,
    ) -> Result<(), BenchError> {
        let stream = sources.connect(receive_buffer)?;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        let connection = self.slots[slot].insert(Connection::new(stream, subscription, self.clock.now()));
        registry
            .register(&mut connection.stream, Token(slot), READ_WRITE)
            .map_err(BenchError::io("registering a connection"))
    }

    pub(super) fn subscription(&self, slot: usize) -> Option<Subscription> {
        self.slots[slot].as_ref().map(|connection| connection.subscription)
    }

    /// Says goodbye. The connection is gone when the server has answered.
    pub(super) fn leave(&mut self, slot: usize) -> Result<(), BenchError> {
        let Some(connection) = self.slots[slot].as_mut() else { return Ok(()) };
        connection.phase = Phase::Leaving;
        connection.send(&frame::from_client(frame::CLOSE, &1000_u16.to_be_bytes()))
    }

    /// Sends a message. Nothing happens where the server has ended the connection.
    pub(super) fn send(&mut self, slot: usize, message: &str) -> Result<(), BenchError> {
        match self.slots[slot].as_mut() {
            Some(connection) => connection.send(&frame::from_client(frame::TEXT, message.as_bytes())),
            None => Ok(()),
        }
    }

    /// Stops reading, or reads again.
    pub(super) fn set_paused(&mut self, registry: &Registry, slot: usize, paused: bool) -> Result<(), BenchError> {
        let Some(connection) = self.slots[slot].as_mut() else { return Ok(()) };
        let (phase, interest) = if paused { (Phase::Paused, Interest::WRITABLE) } else { (Phase::Ready, READ_WRITE) };
        connection.phase = phase;
        registry
            .reregister(&mut connection.stream, Token(slot), interest)
            .map_err(BenchError::io("registering a connection"))
    }

    /// Takes whatever the poller has seen at a slot. A slot may be empty or used anew by then: the reads tell.
    pub(super) fn on_event(&mut self, event: &Event, scratch: &mut [u8], tally: &mut Tally) -> Result<(), BenchError> {
        let slot = event.token().0;
        let Some(connection) = self.slots[slot].as_mut() else { return Ok(()) };
        let before = connection.phase;
        match before {
            Phase::Connecting => connection.start(self.target)?,
            Phase::Paused if event.is_error() || event.is_write_closed() => connection.end(tally)?,
            Phase::Paused => {}
            _ if event.is_readable() || event.is_read_closed() => {
                read_all(connection, event.is_read_closed(), scratch, self.clock, tally, self.target)?;
            }
            _ => {}
        }
        match connection.phase {
            Phase::Ready if before != Phase::Ready => self.arrived.push(slot),
            Phase::Gone => self.release(slot),
            _ => {}
        }
        Ok(())
    }

    fn release(&mut self, slot: usize) {
        self.slots[slot] = None;
        self.free.push(slot);
        self.departed += 1;
    }
}

/// Reads until nothing is left. The poller reports changes only, but a read that does not fill the space has emptied the
/// socket, so the read that would find nothing is saved, unless the stream's end is still to be found.
fn read_all(
    connection: &mut Connection,
    has_ended: bool,
    scratch: &mut [u8],
    clock: Clock,
    tally: &mut Tally,
    target: &Target,
) -> Result<(), BenchError> {
    while connection.phase != Phase::Gone
        && let Some(size) = connection.read(scratch)?
    {
        if size == 0 {
            return connection.end(tally);
        }
        let mut arrival = Arrival { now: clock.now(), tally: &mut *tally, target };
        connection.receive(&scratch[..size], &mut arrival)?;
        if size < scratch.len() && !has_ended {
            break;
        }
    }
    Ok(())
}
