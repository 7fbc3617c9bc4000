//! Connections that connect, subscribe, and leave at once.

use clairon_bench_args::MAX_CHURN;

use crate::{
    BenchError,
    clock::Nanos,
    net::{Engine, Entry, Subscription, What},
    scenario::schedule::Schedule,
};

#[derive(Debug)]
pub(super) struct Visitors {
    channel: usize,
    schedule: Schedule,
    /// The number of open visitors.
    pub(super) active: usize,
    /// The number of visits that ended.
    pub(super) cycles: u64,
}

impl Visitors {
    pub(super) fn new(channel: usize, rate: f64) -> Self {
        Self { channel, schedule: Schedule::new(rate, 1), active: 0, cycles: 0 }
    }

    pub(super) fn hear(&mut self, entry: &Entry, engine: &mut Engine<'_>) -> Result<(), BenchError> {
        match entry.what {
            What::Joined(_) => engine.swarm.leave(entry.connection)?,
            What::Left => {
                self.active -= 1;
                self.cycles += 1;
            }
            What::Lost(_) => self.active -= 1,
            What::Numbered(_) | What::Notice(_) => {}
        }
        Ok(())
    }

    /// Opens the due visitors and returns the next time to call it.
    pub(super) fn tick(&mut self, engine: &mut Engine<'_>, now: Nanos) -> Result<Option<Nanos>, BenchError> {
        while self.schedule.take_due(now).is_some() {
            if self.active < MAX_CHURN {
                engine.swarm.open(Subscription::Public(self.channel), None)?;
                self.active += 1;
            }
        }
        Ok(self.schedule.next())
    }
}
