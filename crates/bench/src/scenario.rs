//! The scenarios.

mod broadcast;
mod churn;
mod drive;
mod figures;
mod idle;
mod meter;
mod mixed;
mod progress;
mod schedule;
mod slow;
mod soak;
mod stage;
#[cfg(test)]
mod tests;
mod whisper;

use self::{progress::Progress, stage::Stage};
use clairon_bench_args::{OutputArgs, Workload};

use crate::{BenchError, report::Measurement, target::Target};

/// Runs a scenario once.
pub(crate) fn measure(workload: &Workload, target: &Target, output: &OutputArgs) -> Result<Measurement, BenchError> {
    let stage = Stage::new(target, Progress::new(workload.name(), output.json))?;
    match workload {
        Workload::Idle(arguments) => idle::run(stage, arguments),
        Workload::Fanout(arguments) => broadcast::fanout(stage, arguments),
        Workload::Channels(arguments) => broadcast::channels(stage, arguments),
        Workload::Trigger(arguments) => broadcast::trigger(stage, arguments),
        Workload::Whisper(arguments) => whisper::run(stage, arguments),
        Workload::Churn(arguments) => churn::run(stage, arguments),
        Workload::Slow(arguments) => slow::run(stage, arguments),
        Workload::Mixed(arguments) => mixed::run(stage, arguments),
        Workload::Soak(arguments) => soak::run(stage, arguments),
    }
}
