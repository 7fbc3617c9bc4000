//! Subscribers that stop reading while their channel is flooded. The server must close them with 4100.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use crate::{
    BenchError,
    clock::{Nanos, nanos},
    net::{DataKind, Engine, Entry, Job, Subscription, What},
    stamp::Kind,
};

/// The close code for a client that reads too slowly.
pub(super) const TOO_SLOW: u16 = 4100;

/// The receive buffer of subscribers that do not read, in bytes. It is small, so that data queues at the server.
const RECEIVE_BUFFER: usize = 16 * 1024;

/// The flood: 12 MB, more than a socket's send buffer and a bounded queue together.
const FLOOD: Job =
    Job { kind: Kind::Event, due: 0, channel: 0, events: 10, payload: 10_000, data: DataKind::Filler, close: false };
const FLOOD_REQUESTS: usize = 120;

const INTERVAL: Duration = Duration::from_secs(20);

/// The time for the subscribers to read the close frame.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, PartialEq, Eq)]
enum Phase {
    Resting,
    Gathering,
    /// The subscribers do not read, and the flood is being sent.
    Asleep,
    /// The subscribers read again since this time.
    Awake(Nanos),
}

#[derive(Debug)]
pub(super) struct Sleepers {
    channel: usize,
    number: usize,
    phase: Phase,
    next: Nanos,
    connections: HashSet<usize>,
    pub(super) rounds: u64,
    /// The number of closed subscribers by close code.
    pub(super) closed: BTreeMap<Option<u16>, u64>,
    /// The number of subscribers that were not closed.
    pub(super) left_open: u64,
}

impl Sleepers {
    pub(super) fn new(channel: usize, number: usize) -> Self {
        Self {
            channel,
            number,
            phase: Phase::Resting,
            next: 0,
            connections: HashSet::new(),
            rounds: 0,
            closed: BTreeMap::new(),
            left_open: 0,
        }
    }

    pub(super) fn hear(&mut self, entry: &Entry) {
        match entry.what {
            What::Joined(_) => {
                self.connections.insert(entry.connection);
            }
            What::Lost(code) => {
                self.connections.remove(&entry.connection);
                *self.closed.entry(code).or_default() += 1;
            }
            What::Left => {
                self.connections.remove(&entry.connection);
            }
            What::Numbered(_) | What::Notice(_) => {}
        }
    }

    pub(super) fn is_resting(&self) -> bool {
        self.phase == Phase::Resting
    }

    /// Continues a round, or starts one if it is due and not `is_over`.
    pub(super) fn tick(&mut self, engine: &mut Engine<'_>, now: Nanos, is_over: bool) -> Result<(), BenchError> {
        match self.phase {
            Phase::Resting if !is_over && now >= self.next => {
                self.next = now + nanos(INTERVAL);
                for _ in 0..self.number {
                    engine.swarm.open(Subscription::Public(self.channel), Some(RECEIVE_BUFFER))?;
                }
                self.phase = Phase::Gathering;
            }
            Phase::Gathering if self.connections.len() == self.number => {
                self.set_paused(engine, true)?;
                for _ in 0..FLOOD_REQUESTS {
                    engine.publisher.submit(Job { due: now, channel: self.channel, ..FLOOD });
                }
                self.phase = Phase::Asleep;
            }
            Phase::Asleep if engine.publisher.is_done() => {
                self.set_paused(engine, false)?;
                self.phase = Phase::Awake(now);
            }
            Phase::Awake(since) if self.connections.is_empty() || now - since > nanos(PATIENCE) => {
                self.left_open += self.connections.len() as u64;
                for &connection in &self.connections {
                    engine.swarm.leave(connection)?;
                }
                self.connections.clear();
                self.rounds += 1;
                self.phase = Phase::Resting;
            }
            _ => {}
        }
        Ok(())
    }

    fn set_paused(&self, engine: &mut Engine<'_>, paused: bool) -> Result<(), BenchError> {
        self.connections.iter().try_for_each(|&connection| engine.swarm.set_paused(connection, paused))
    }

    /// The number of subscribers that were not closed, or with another code than 4100.
    pub(super) fn faults(&self) -> u64 {
        let otherwise = self.closed.iter().filter(|(code, _)| **code != Some(TOO_SLOW));
        otherwise.map(|(_, count)| count).sum::<u64>() + self.left_open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_end_than_4100_is_a_fault() {
        let mut sleepers = Sleepers::new(7, 4);
        for (connection, end) in
            [What::Lost(Some(4100)), What::Lost(None), What::Lost(Some(1006)), What::Left].into_iter().enumerate()
        {
            let subscription = Subscription::Public(7);
            sleepers.hear(&Entry { connection, subscription, what: What::Joined(String::new()) });
            sleepers.hear(&Entry { connection, subscription, what: end });
        }
        assert!(sleepers.connections.is_empty());
        assert_eq!((sleepers.closed.len(), sleepers.faults()), (3, 2));
    }
}
