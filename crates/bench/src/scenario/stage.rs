//! The base of all scenarios: connections, measurements and progress.

use std::time::Duration;

use super::{meter::Meter, progress::Progress};
use crate::{
    BenchError,
    clock::{Nanos, nanos},
    net::{Engine, Subscription},
    process,
    report::Measurement,
    target::Target,
};

/// The longest time without progress while connections open or close.
const PATIENCE: Duration = Duration::from_secs(30);

/// The default number of connections in setup at once.
pub(super) const PARALLEL: usize = 100;

/// The connections to one server, its processes, the results, and the progress bar.
#[derive(Debug)]
pub(super) struct Stage<'t> {
    pub(super) engine: Engine<'t>,
    pub(super) target: &'t Target,
    pub(super) progress: Progress,
    pub(super) measurement: Measurement,
}

impl<'t> Stage<'t> {
    pub(super) fn new(target: &'t Target, progress: Progress) -> Result<Self, BenchError> {
        Ok(Self { engine: Engine::new(target)?, target, progress, measurement: Measurement::default() })
    }

    pub(super) fn meter(&self) -> Result<Meter<'t>, BenchError> {
        Meter::start(self.target)
    }

    /// The server's memory in KiB, if its process is known.
    pub(super) fn memory(&self) -> Result<Option<u64>, BenchError> {
        let pids = &self.target.pids;
        if pids.is_empty() { Ok(None) } else { process::memory(pids).map(Some) }
    }

    /// Opens `count` connections and waits until all are subscribed.
    pub(super) fn open(
        &mut self,
        count: usize,
        subscription: impl Fn(usize) -> Subscription,
    ) -> Result<Vec<usize>, BenchError> {
        self.open_with(count, PARALLEL, None, subscription)
    }

    /// Opens connections, at most `parallel` in setup at once. `receive_buffer` is in bytes; without it the system
    /// chooses.
    pub(super) fn open_with(
        &mut self,
        count: usize,
        parallel: usize,
        receive_buffer: Option<usize>,
        subscription: impl Fn(usize) -> Subscription,
    ) -> Result<Vec<usize>, BenchError> {
        self.progress.begin("connecting", count);
        let mut connections = Vec::with_capacity(count);
        let (mut opened, mut last) = (0, self.engine.now());
        while connections.len() < count {
            while opened < count && opened - connections.len() < parallel {
                self.engine.swarm.open(subscription(opened), receive_buffer)?;
                opened += 1;
            }
            self.engine.turn(None)?;
            let arrived = self.engine.swarm.arrived();
            if !arrived.is_empty() {
                last = self.engine.now();
                connections.extend(arrived);
                self.progress.show(connections.len());
            }
            self.check_progress(last, "connecting", connections.len(), count)?;
        }
        Ok(connections)
    }

    /// Closes all `connections` and waits until they have ended.
    pub(super) fn close(&mut self, connections: &[usize]) -> Result<(), BenchError> {
        self.progress.begin("leaving", connections.len());
        let (mut gone, mut last) = (0, self.engine.now());
        let mut waiting = connections.chunks(PARALLEL);
        let mut sent = 0;
        while gone < connections.len() {
            if gone >= sent {
                for &connection in waiting.next().unwrap_or_default() {
                    self.engine.swarm.leave(connection)?;
                    sent += 1;
                }
            }
            self.engine.turn(None)?;
            let departed = self.engine.swarm.departed();
            if departed > 0 {
                last = self.engine.now();
                gone += departed;
                self.progress.show(gone);
            }
            self.check_progress(last, "leaving", gone, connections.len())?;
        }
        Ok(())
    }

    /// Waits, and handles all arrivals.
    pub(super) fn rest(&mut self, step: &str, span: Duration) -> Result<(), BenchError> {
        let start = self.engine.now();
        self.progress.begin(step, 100);
        loop {
            let passed = self.engine.now() - start;
            if passed >= nanos(span) {
                return Ok(());
            }
            self.progress.show(percent(passed, nanos(span)));
            self.engine.turn(Some(start + nanos(span)))?;
        }
    }

    fn check_progress(&self, last: Nanos, what: &'static str, done: usize, wanted: usize) -> Result<(), BenchError> {
        if done < wanted && self.engine.now() - last > nanos(PATIENCE) {
            return Err(BenchError::Stuck { what, done, wanted, patience: PATIENCE });
        }
        Ok(())
    }
}

/// A part of `whole` in percent, at most 100.
pub(super) fn percent(done: Nanos, whole: Nanos) -> usize {
    usize::try_from(done.saturating_mul(100) / whole.max(1)).map_or(100, |percent| percent.min(100))
}
