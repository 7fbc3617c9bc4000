//! Connections that come and go.

use clairon_bench_args::ChurnArgs;

use super::{drive::Work, stage::Stage};
use crate::{
    BenchError,
    clock::Nanos,
    net::{Engine, Subscription},
    report::Measurement,
};

/// The public channel of the connections that come and go. It differs from those of a fan-out.
const CHANNEL: usize = 1;

/// Keeps `parallel` connections in progress. Each one connects, subscribes, and leaves at once.
#[derive(Debug)]
pub(super) struct Churn {
    parallel: usize,
    /// The number of members of the presence channel that see it; 0 for a public channel.
    watchers: usize,
    active: usize,
    /// The number of connections that were opened.
    opened: usize,
    /// After how many of them a user comes again.
    users: usize,
    pub(super) cycles: u64,
}

impl Churn {
    pub(super) const fn new(parallel: usize, watchers: usize, users: usize) -> Self {
        Self { parallel, watchers, active: 0, opened: 0, users, cycles: 0 }
    }

    fn subscription(&mut self) -> Subscription {
        // The lower numbers are the watchers' users.
        let user = self.watchers + 1 + self.opened % self.users;
        self.opened += 1;
        if self.watchers == 0 { Subscription::Public(CHANNEL) } else { Subscription::Presence { user } }
    }
}

impl Work for Churn {
    fn tick(&mut self, engine: &mut Engine<'_>, _now: Nanos, is_over: bool) -> Result<Option<Nanos>, BenchError> {
        for connection in engine.swarm.arrived() {
            engine.swarm.leave(connection)?;
        }
        let gone = engine.swarm.departed().min(self.active);
        self.active -= gone;
        self.cycles += gone as u64;
        engine.tally.expected_notices += (gone * self.watchers * 2) as u64;
        while !is_over && self.active < self.parallel {
            let subscription = self.subscription();
            engine.swarm.open(subscription, None)?;
            self.active += 1;
        }
        Ok(None)
    }

    fn is_settled(&self, _engine: &Engine<'_>) -> bool {
        self.active == 0
    }
}

pub(super) fn run(mut stage: Stage<'_>, arguments: &ChurnArgs) -> Result<Measurement, BenchError> {
    let watchers = arguments.watchers;
    stage.open(watchers, |user| Subscription::Presence { user })?;
    let mut churn = Churn::new(arguments.parallel(), watchers, arguments.users.unwrap_or(usize::MAX));
    let usage = stage.drive(arguments.time.duration, &mut churn)?;
    let tally = &stage.engine.tally;
    stage.measurement.add_count("cycles", churn.cycles);
    stage.measurement.add_rate("cycles", churn.cycles, usage);
    stage.measurement.add_latency("connect and subscribe", &tally.arrivals);
    if watchers > 0 {
        stage.measurement.add_count("watchers", watchers as u64);
        stage.measurement.add_count("member messages", tally.notices);
        let missing = tally.expected_notices.saturating_sub(tally.notices);
        stage.measurement.add_count("member messages missing", missing);
    }
    stage.finish("cycle", churn.cycles, usage)
}
