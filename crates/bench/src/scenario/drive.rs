//! The measured time: due work is done until the time is over, then all missing results are awaited.

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

/// The longest time without any arrival before missing results are given up.
const PATIENCE: Duration = Duration::from_secs(2);

/// Work during a measurement.
pub(super) trait Work {
    /// Does the work that is due at `now`. Returns the next time to call it, or nothing if it waits for an answer. With
    /// `is_over` it starts no new work.
    fn tick(&mut self, engine: &mut Engine<'_>, now: Nanos, is_over: bool) -> Result<Option<Nanos>, BenchError>;

    /// True if all work that was started has ended.
    fn is_settled(&self, engine: &Engine<'_>) -> bool;
}

impl Stage<'_> {
    /// Does the work for `span`, with counts from zero, and waits for all its results.
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
                // The wait at the end is for missing results only, so it is not part of the measured time.
                let span = Duration::from_nanos(last.max(end) - start);
                return Ok(Usage { span, ..usage });
            }
            self.progress.show(percent(now - start, end - start));
            let due = if is_over { due } else { Some(due.map_or(end, |due| due.min(end))) };
            self.engine.turn(due)?;
        }
    }
}
