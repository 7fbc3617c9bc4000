//! Subscribers that do not read.

use std::time::Duration;

use clairon_bench_args::SlowArgs;

use super::{broadcast::Broadcast, drive::Work, stage::Stage};
use crate::{
    BenchError,
    clock::{Nanos, nanos},
    net::{Engine, Subscription, Tally},
    process,
    report::Measurement,
    stamp::Kind,
};

/// The receive buffer of subscribers that do not read, in bytes. It is small, so that data queues at the server.
const RECEIVE_BUFFER: usize = 16 * 1024;

/// The time between readings of the server's memory.
const MEMORY_INTERVAL: Duration = Duration::from_millis(500);

/// The time for the paused subscribers to read what happened to them.
const WAKE_UP: Duration = Duration::from_secs(2);

/// A broadcast that also records the server's memory.
struct Watched<'t> {
    broadcast: Broadcast,
    pids: &'t [u32],
    next: Nanos,
    /// The largest reading, in KiB.
    peak: u64,
}

impl Work for Watched<'_> {
    fn tick(&mut self, engine: &mut Engine<'_>, now: Nanos, is_over: bool) -> Result<Option<Nanos>, BenchError> {
        if now >= self.next {
            self.next = now + nanos(MEMORY_INTERVAL);
            self.peak = self.peak.max(process::memory(self.pids)?);
        }
        let due = self.broadcast.tick(engine, now, is_over)?;
        Ok(Some(due.map_or(self.next, |due| due.min(self.next))))
    }

    fn is_settled(&self, engine: &Engine<'_>) -> bool {
        self.broadcast.is_settled(engine)
    }
}

pub(super) fn run(mut stage: Stage<'_>, arguments: &SlowArgs) -> Result<Measurement, BenchError> {
    let SlowArgs { connections, slow, traffic } = arguments;
    stage.open(*connections, |_| Subscription::Public(0))?;
    let sleepers = stage.open_with(*slow, *slow, Some(RECEIVE_BUFFER), |_| Subscription::Public(0))?;
    for &sleeper in &sleepers {
        stage.engine.swarm.set_paused(sleeper, true)?;
    }
    stage.engine.publisher.set_connections(traffic.http_connections);
    let before = stage.memory()?;
    let broadcast = Broadcast::new(traffic, 1, *connections, 10_000, 100.0);
    let mut watched = Watched { broadcast, pids: &stage.target.pids, next: 0, peak: 0 };
    let usage = stage.drive(traffic.time.duration, &mut watched)?;
    let tally = std::mem::take(&mut stage.engine.tally);
    let deliveries = tally.events(Kind::Event).latency.count();
    stage.measurement.add_count("readers", *connections as u64);
    stage.measurement.add_triggers(&tally, usage);
    stage.measurement.add_deliveries("deliveries", Kind::Event, &tally, usage);
    wake(&mut stage, &sleepers, tally)?;
    if let (Some(before), Some(after)) = (before, stage.memory()?) {
        stage.measurement.add_memory("server memory before", before);
        stage.measurement.add_memory("server memory at most", watched.peak);
        stage.measurement.add_memory("server memory after", after);
    }
    stage.finish("delivery", deliveries, usage)
}

/// Lets the paused subscribers read again, and counts those that are still connected. Late events are not counted.
fn wake(stage: &mut Stage<'_>, sleepers: &[usize], tally: Tally) -> Result<(), BenchError> {
    for &sleeper in sleepers {
        stage.engine.swarm.set_paused(sleeper, false)?;
    }
    stage.rest("waking", WAKE_UP)?;
    let late = std::mem::replace(&mut stage.engine.tally, tally);
    let left: u64 = late.lost.values().sum::<u64>() + stage.engine.tally.lost.values().sum::<u64>();
    for (code, count) in late.lost {
        *stage.engine.tally.lost.entry(code).or_default() += count;
    }
    stage.measurement.add_count("slow", sleepers.len() as u64);
    stage.measurement.add_count("slow not disconnected", (sleepers.len() as u64).saturating_sub(left));
    Ok(())
}
