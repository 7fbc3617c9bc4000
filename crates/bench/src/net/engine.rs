//! The one loop: whatever arrives anywhere is taken here.

use std::{io, time::Duration};

use mio::{Events, Poll, Token};

use super::{Tally, dialer::Dialer, publisher::Publisher, swarm::Swarm, timer::Timer};
use crate::{
    BenchError,
    clock::{Clock, Nanos},
    target::Target,
};

/// What is read at once, in bytes: enough for a burst, so that few frames are cut.
const SCRATCH: usize = 256 * 1024;

/// How many sockets the poller reports at once.
const EVENTS: usize = 1024;

/// Tokens below are WebSocket slots, the timer's is this one, HTTP connections follow.
const TIMER: usize = 1 << 32;

/// The longest that [`Engine::turn`] waits: what is on the screen follows at this pace.
const PATIENCE: Duration = Duration::from_millis(100);

/// All connections to one server, and what they have seen.
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
        let dialer = || Dialer::new(target, poll.registry());
        let clock = Clock::start();
        Ok(Self {
            events: Events::with_capacity(EVENTS),
            scratch: vec![0; SCRATCH].into_boxed_slice(),
            timer: Timer::new(poll.registry(), Token(TIMER))?,
            clock,
            swarm: Swarm::new(target, clock, dialer()?),
            publisher: Publisher::new(target, clock, dialer()?, TIMER + 1),
            tally: Tally::default(),
            poll,
        })
    }

    pub(crate) fn now(&self) -> Nanos {
        self.clock.now()
    }

    /// Takes what arrives until `deadline`, or for a moment; returns after the first of it.
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
