//! The measured stretch: work that is due is done until the time is over, then the rest is awaited.

use std::time::Duration;

use super::{
    meter::Usage,
    stage::{Stage, percent},
};
use crate::{
    BenchError,
    clock::{Nanos, nanos},
    net::{Engine, Tally},
};

/// How long nothing may arrive before what is missing is given up.
const PATIENCE: Duration = Duration::from_secs(2);

/// Something that goes on during a measurement.
pub(super) trait Work {
    /// Does what is due at `now` and tells what moment to wait for, if it is not an answer. Where `is_over`, nothing
    /// new is begun.
    fn tick(&mut self, engine: &mut Engine<'_>, now: Nanos, is_over: bool) -> Result<Option<Nanos>, BenchError>;

    /// Whether all that was begun is at its end.
    fn is_settled(&self, engine: &Engine<'_>) -> bool;
}

impl Stage<'_> {
    /// Does the work for `span`, from an empty tally on, and waits for all that comes of it.
    pub(super) fn drive(&mut self, span: Duration, work: &mut dyn Work) -> Result<Usage, BenchError> {
        self.progress.begin("measuring", 100);
        self.engine.tally = Tally::default();
        let meter = self.meter()?;
        let start = self.engine.now();
        let end = start + nanos(span);
        let (mut pulse, mut last) = (0, start);
        loop {
            let now = self.engine.now();
            let is_over = now >= end;
            let due = work.tick(&mut self.engine, now, is_over)?;
            if pulse != self.engine.tally.pulse() {
                (pulse, last) = (self.engine.tally.pulse(), now);
            }
            let is_settled = work.is_settled(&self.engine) && self.engine.tally.is_complete();
            if is_over && (is_settled || now - last > nanos(PATIENCE)) {
                let usage = meter.stop()?;
                // A pause at the end belongs to what is missing, not to what came.
                let span = Duration::from_nanos(last.max(end) - start);
                return Ok(Usage { span, ..usage });
            }
            self.progress.show(percent(now - start, end - start));
            let due = if is_over { due } else { Some(due.map_or(end, |due| due.min(end))) };
            self.engine.turn(due)?;
        }
    }
}
