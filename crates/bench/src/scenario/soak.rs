//! All loads at the same time for a long run, with an account of every message and every member.

mod report;
mod roster;
mod sequence;
mod sleepers;
mod steady;
mod storm;
mod visitors;

use std::{collections::BTreeMap, time::Duration};

use self::{
    sleepers::Sleepers,
    steady::{Account, Steady},
    storm::Storm,
    visitors::Visitors,
};
use clairon_bench_args::SoakArgs;

use super::stage::{Stage, percent};
use crate::{
    BenchError,
    clock::{Nanos, nanos},
    net::{Entry, Journal, Subscription, What, public_channel, query},
    report::Measurement,
    target::Target,
};

const MINUTE: Duration = Duration::from_mins(1);

/// The time between checks of work that waits for other connections.
const STEP: Duration = Duration::from_millis(50);

/// The time for started work to end after the run.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) fn run(mut stage: Stage<'_>, arguments: &SoakArgs) -> Result<Measurement, BenchError> {
    let channels = arguments.channels;
    stage.engine.tally.journal = Some(Journal::default());
    stage.engine.publisher.set_connections(1);
    stage.open(arguments.connections, |index| Subscription::Public(index % channels))?;
    stage.open(arguments.watchers, |user| Subscription::Presence { user })?;
    let mut soak = Soak::new(arguments);
    let meter = stage.meter()?;
    soak.drive(&mut stage, arguments.duration)?;
    let usage = meter.stop()?;
    stage.rest("settling", STEP)?;
    soak.check_counts(&mut stage, true)?;
    soak.report(stage, usage)
}

#[derive(Debug)]
struct Soak {
    steady: Steady,
    visitors: Visitors,
    sleepers: Sleepers,
    storm: Storm,
    /// The number of the visitors' channel, after those of the steady subscribers. The sleepers' channel follows.
    others: usize,
    /// Connections that the server ended without a reason, by the code of the close frame.
    lost: BTreeMap<Option<u16>, u64>,
    /// The number of `pusher:error` messages to connections that read.
    errors: u64,
    /// The numbers of right and wrong counts of the HTTP API.
    counts: (u64, u64),
    /// The server's memory in KiB, once a minute.
    memory: Vec<u64>,
}

impl Soak {
    fn new(arguments: &SoakArgs) -> Self {
        let others = arguments.channels;
        Self {
            steady: Steady::new(arguments),
            visitors: Visitors::new(others, arguments.churn_rate),
            sleepers: Sleepers::new(others + 1, arguments.slow),
            storm: Storm::new(arguments.watchers, arguments.members),
            others,
            lost: BTreeMap::new(),
            errors: 0,
            counts: (0, 0),
            memory: Vec::new(),
        }
    }

    /// Runs all loads for `span`, then waits for started work to end.
    fn drive(&mut self, stage: &mut Stage<'_>, span: Duration) -> Result<(), BenchError> {
        stage.progress.begin("soaking", 100);
        let start = stage.engine.now();
        let end = start + nanos(span);
        let mut next_minute = start;
        loop {
            let now = stage.engine.now();
            self.hear(stage)?;
            if now >= next_minute {
                self.tell(stage)?;
                next_minute += nanos(MINUTE);
            }
            let is_over = now >= end;
            let due = self.tick(stage, now, is_over)?;
            if is_over && (self.is_settled(stage) || now - end > nanos(PATIENCE)) {
                return self.tell(stage);
            }
            stage.progress.show(percent(now - start, end - start));
            stage.engine.turn(Some(due))?;
        }
    }

    fn tick(&mut self, stage: &mut Stage<'_>, now: Nanos, is_over: bool) -> Result<Nanos, BenchError> {
        let mut due = now + nanos(STEP);
        if !is_over {
            let next = [self.steady.tick(&mut stage.engine, now), self.visitors.tick(&mut stage.engine, now)?];
            due = next.into_iter().flatten().fold(due, Nanos::min);
        }
        self.sleepers.tick(&mut stage.engine, now, is_over)?;
        self.storm.tick(stage, now, is_over)?;
        Ok(due)
    }

    fn is_settled(&self, stage: &Stage<'_>) -> bool {
        let is_quiet = self.visitors.active == 0 && self.sleepers.is_resting() && self.storm.is_resting();
        is_quiet && stage.engine.publisher.is_done() && self.steady.account().missing == 0
    }

    /// Handles all new entries of the journal.
    fn hear(&mut self, stage: &mut Stage<'_>) -> Result<(), BenchError> {
        // The journal has the same and more, so the tally is not used.
        let _ = (stage.engine.swarm.arrived(), stage.engine.swarm.departed());
        let entries = stage.engine.tally.journal.as_mut().map(Journal::take).unwrap_or_default();
        for entry in &entries {
            match entry.subscription {
                Subscription::Public(channel) if channel > self.others => self.sleepers.hear(entry),
                Subscription::Public(channel) if channel == self.others => {
                    self.visitors.hear(entry, &mut stage.engine)?;
                    self.note(entry);
                }
                Subscription::Public(channel) => {
                    self.steady.hear(entry, channel);
                    self.note(entry);
                }
                Subscription::Presence { user } => {
                    self.storm.hear(entry, user);
                    self.note(entry);
                }
                Subscription::Private(_) => {}
            }
        }
        Ok(())
    }

    /// Counts occurrences that only connections that do not read may have.
    fn note(&mut self, entry: &Entry) {
        match &entry.what {
            What::Lost(code) => *self.lost.entry(*code).or_default() += 1,
            What::Notice(message) if message.contains("pusher:error") => self.errors += 1,
            _ => {}
        }
    }

    /// Once a minute, reads the server's memory, checks the subscription counts, and writes a line.
    fn tell(&mut self, stage: &mut Stage<'_>) -> Result<(), BenchError> {
        self.check_counts(stage, false)?;
        let memory = stage.memory()?;
        self.memory.extend(memory);
        let Account { sent, delivered, missing, duplicates, out_of_order, .. } = self.steady.account();
        let memory = memory.map_or_else(String::new, |kib| format!("; {kib} KiB"));
        stage.progress.say(&format!(
            "{sent} events, {delivered} delivered, {missing} on their way, {duplicates} twice, {out_of_order} out of order; \
             {} visits; {} waves, {} wrong rosters; {} slow closed, {} wrong; {} lost{memory}",
            self.visitors.cycles,
            self.storm.waves,
            self.storm.wrong_rosters,
            self.sleepers.closed.values().sum::<u64>(),
            self.sleepers.faults(),
            self.lost.values().sum::<u64>(),
        ));
        Ok(())
    }

    /// Compares the subscription counts of the HTTP API with the real ones, for the steady channels. If `all` other
    /// connections have left, it also checks that their channels are empty.
    fn check_counts(&mut self, stage: &mut Stage<'_>, all: bool) -> Result<(), BenchError> {
        let mut truth = self.steady.audience();
        if all {
            truth.extend([0, 0]);
        }
        for (number, truth) in truth.into_iter().enumerate() {
            let channel = public_channel(number);
            let said = subscription_count(stage.target, &channel)?;
            if said == truth {
                self.counts.0 += 1;
            } else {
                self.counts.1 += 1;
                stage.measurement.fault(format!("{channel} has {truth} subscribers; the HTTP API says {said}"));
            }
        }
        Ok(())
    }
}

fn subscription_count(target: &Target, channel: &str) -> Result<u64, BenchError> {
    let answer = query(target, &format!("channels/{channel}"), "&info=subscription_count")?;
    answer["subscription_count"].as_u64().ok_or(BenchError::Protocol("a channel without a subscription_count"))
}
