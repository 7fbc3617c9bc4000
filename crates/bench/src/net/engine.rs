//! The event loop of all connections.

use std::{io, time::Duration};

use mio::{Events, Poll, Token};

use super::{Tally, dialer::Dialer, publisher::Publisher, swarm::Swarm, timer::Timer};
use crate::{
    BenchError,
    clock::{Clock, Nanos},
    target::Target,
};

/// The size of the read buffer, in bytes. It holds a burst, so few frames are split.
const SCRATCH: usize = 256 * 1024;

/// The number of sockets that the poller reports at once.
const EVENTS: usize = 1024;

/// The token of the timer. Lower tokens are WebSocket slots, higher ones HTTP connections.
const TIMER: usize = 1 << 32;

/// The longest wait of [`Engine::turn`], and so the longest time between updates of the screen.
const PATIENCE: Duration = Duration::from_millis(100);

/// All connections to one server, and the counts of what arrived.
#[derive(Debug)]
pub(crate) struct Engine<'t> {
    poll: Poll,
    events: Events,
    scratch: Box<[u8]>,
    timer: Timer,
    clock: Clock,
    pub(crate) swarm: Swarm<'t>,
    pub(crate) publisher: Publisher<'t>,
    pub(crate) tally: Tally,
}

impl<'t> Engine<'t> {
    pub(crate) fn new(target: &'t Target) -> Result<Self, BenchError> {
        Self::start(target).map_err(BenchError::io("making a poller"))
    }

    fn start(target: &'t Target) -> io::Result<Self> {
        let poll = Poll::new()?;
        let dialer = |address| Dialer::new(address, target.sources, poll.registry());
        let clock = Clock::start();
        Ok(Self {
            events: Events::with_capacity(EVENTS),
            scratch: vec![0; SCRATCH].into_boxed_slice(),
            timer: Timer::new(poll.registry(), Token(TIMER))?,
            clock,
            swarm: Swarm::new(target, clock, dialer(target.websockets())?),
            publisher: Publisher::new(target, clock, dialer(target.address)?, TIMER + 1),
            tally: Tally::default(),
            poll,
        })
    }

    pub(crate) fn now(&self) -> Nanos {
        self.clock.now()
    }

    /// Waits until `deadline`, or for at most [`PATIENCE`], and handles the first events that arrive.
    pub(crate) fn turn(&mut self, deadline: Option<Nanos>) -> Result<(), BenchError> {
        let now = self.now();
        let patience = match deadline {
            Some(deadline) if deadline <= now => Duration::ZERO,
            Some(deadline) => {
                self.timer.set(deadline, now).map_err(BenchError::io("setting a timer"))?;
                PATIENCE
            }
            None => PATIENCE,
        };
        self.publisher.dispatch()?;
        match self.poll.poll(&mut self.events, Some(patience)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            result => result.map_err(BenchError::io("polling"))?,
        }
        for event in &self.events {
            match event.token().0 {
                TIMER => {}
                token if token < TIMER => self.swarm.on_event(event, &mut self.scratch, &mut self.tally)?,
                _ => self.publisher.on_event(event, &mut self.scratch, &mut self.tally)?,
            }
        }
        self.publisher.dispatch()
    }
}
