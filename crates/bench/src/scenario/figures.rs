//! Figures with the same names in all scenarios.

use super::{meter::Usage, stage::Stage};
use crate::{
    BenchError,
    histogram::Histogram,
    net::Tally,
    process,
    report::{Measurement, OWN, Unit, float},
    stamp::Kind,
};

/// The share of a core, in percent, from which on the tool itself may limit the figures.
const BUSY_PERCENT: f64 = 85.0;

impl Measurement {
    /// Adds the number of events that arrived, their rate and their latency.
    pub(super) fn add_deliveries(&mut self, name: &str, kind: Kind, tally: &Tally, usage: Usage) {
        let events = tally.events(kind);
        let count = events.latency.count();
        self.add_count(name, count);
        self.add_rate(name, count, usage);
        self.add_count(&format!("{name} missing"), events.expected.saturating_sub(count));
        self.add_latency(&format!("{name} latency"), &events.latency);
    }

    pub(super) fn add_rate(&mut self, name: &str, count: u64, usage: Usage) {
        self.add(&format!("{name} rate"), Unit::PerSecond, float(count) / usage.span.as_secs_f64());
    }

    pub(super) fn add_latency(&mut self, name: &str, latency: &Histogram) {
        for (column, quantile) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)] {
            self.add_millis(&format!("{name} {column}"), latency.quantile(quantile));
        }
    }

    /// Adds the number of answered triggers and the times to the answers.
    pub(super) fn add_triggers(&mut self, tally: &Tally, usage: Usage) {
        self.add_count("triggers", tally.answers.count());
        self.add_rate("triggers", tally.answers.count(), usage);
        self.add_latency("trigger answer", &tally.answers);
        if tally.skipped > 0 {
            self.add_count("triggers skipped", tally.skipped);
        }
    }

    /// Adds the server's processor time, in total and for each unit of the scenario.
    pub(super) fn add_server(&mut self, unit: &str, units: u64, usage: Usage) {
        if let Some(server) = usage.server {
            self.add_cost(&format!("server CPU per {unit}"), server, units);
            self.add("server CPU of one core", Unit::Percent, usage.share(server));
        }
    }

    /// Adds the processor time of this tool.
    pub(super) fn add_own(&mut self, unit: &str, units: u64, usage: Usage) -> Result<(), BenchError> {
        let share = usage.share(usage.own);
        self.add_cost(&format!("{OWN} CPU per {unit}"), usage.own, units);
        self.add(&format!("{OWN} CPU of one core"), Unit::Percent, share);
        self.add_memory(&format!("{OWN} memory"), process::memory(&[std::process::id()])?);
        if share > BUSY_PERCENT {
            self.note(format!("the tool itself kept a core {share:.0} % busy: rates and latencies may be its own"));
        }
        Ok(())
    }

    /// Adds failures that did not stop the run, if there were any.
    pub(super) fn add_troubles(&mut self, tally: &Tally) {
        if tally.errors > 0 {
            self.add_count("messages pusher:error", tally.errors);
        }
        for (code, &count) in &tally.lost {
            let how = code.map_or_else(|| "without a code".to_owned(), |code| format!("with {code}"));
            self.add_count(&format!("connections closed {how}"), count);
        }
    }
}

impl Stage<'_> {
    /// Ends a scenario with the processor time for each unit, and the failures.
    pub(super) fn finish(mut self, unit: &str, units: u64, usage: Usage) -> Result<Measurement, BenchError> {
        self.measurement.add_server(unit, units, usage);
        self.measurement.add_own(unit, units, usage)?;
        self.measurement.add_troubles(&self.engine.tally);
        Ok(self.measurement)
    }
}
