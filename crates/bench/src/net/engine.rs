//! The one loop: whatever arrives anywhere is taken here.

use std::time::Duration;

use mio::{Events, Poll, Token};

use super::{Job, Subscription, Tally, publisher::Publisher, source::Sources, swarm::Swarm, timer::Timer};
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
    sources: Sources,
    swarm: Swarm<'t>,
    publisher: Publisher<'t>,
    pub(crate) tally: Tally,
}

impl<'t> Engine<'t> {
    pub(crate) fn new(target: &'t Target) -> Result<Self, BenchError> {
        let poll = Poll::new().map_err(BenchError::io("making a poller"))?;
        let timer = Timer::new(poll.registry(), Token(TIMER)).map_err(BenchError::io("making a timer"))?;
        let clock = Clock::start();
        Ok(Self {
            poll,
            events: Events::with_capacity(EVENTS),
            scratch: vec![0; SCRATCH].into_boxed_slice(),
            timer,
            clock,
            sources: Sources::new(target),
            swarm: Swarm::new(target, clock),
            publisher: Publisher::new(target, clock, TIMER + 1),
            tally: Tally::default(),
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
        self.publisher.dispatch(self.poll.registry(), &mut self.sources)?;
        match self.poll.poll(&mut self.events, Some(patience)) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => return Ok(()),
            result => result.map_err(BenchError::io("polling"))?,
        }
        for event in &self.events {
            match event.token().0 {
                TIMER => {}
                token if token < TIMER => self.swarm.on_event(event, &mut self.scratch, &mut self.tally)?,
                _ => {
                    let (registry, sources) = (self.poll.registry(), &mut self.sources);
                    self.publisher.on_event(event, &mut self.scratch, &mut self.tally, registry, sources)?;
                }
            }
        }
        self.publisher.dispatch(self.poll.registry(), &mut self.sources)
    }

    /// Starts a connection, which [`arrived`](Self::arrived) once it is subscribed.
    pub(crate) fn open(&mut self, subscription: Subscription, receive_buffer: Option<usize>) -> Result<(), BenchError> {
        self.swarm.open(self.poll.registry(), &mut self.sources, subscription, receive_buffer)
    }

    /// The connections that were subscribed since the last call.
    pub(crate) fn arrived(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.swarm.arrived)
    }

    /// How many connections have gone since the last call, for whatever reason.
    pub(crate) const fn departed(&mut self) -> usize {
        std::mem::replace(&mut self.swarm.departed, 0)
    }

    /// What an open connection listens to.
    pub(crate) fn subscription(&self, connection: usize) -> Option<Subscription> {
        self.swarm.subscription(connection)
    }

    pub(crate) fn leave(&mut self, connection: usize) -> Result<(), BenchError> {
        self.swarm.leave(connection)
    }

    pub(crate) fn send(&mut self, connection: usize, message: &str) -> Result<(), BenchError> {
        self.swarm.send(connection, message)
    }

    pub(crate) fn set_paused(&mut self, connection: usize, paused: bool) -> Result<(), BenchError> {
        self.swarm.set_paused(self.poll.registry(), connection, paused)
    }

    pub(crate) fn set_http_connections(&mut self, count: usize) {
        self.publisher.set_lines(count);
    }

    /// How many more triggers could be on their way.
    pub(crate) fn idle_http_connections(&self) -> usize {
        self.publisher.idle()
    }

    /// Queues a trigger; false where the server is so far behind that it was left out.
    pub(crate) fn publish(&mut self, job: Job) -> bool {
        let is_taken = self.publisher.submit(job);
        self.tally.skipped += u64::from(!is_taken);
        is_taken
    }

    pub(crate) fn is_publishing(&self) -> bool {
        !self.publisher.is_done()
    }
}
