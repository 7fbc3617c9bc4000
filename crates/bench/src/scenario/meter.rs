//! Measures the processor time of a period.

use std::time::Duration;

use crate::{
    BenchError,
    clock::{Clock, nanos},
    process::CpuReading,
    target::Target,
};

/// The readings at the start of the period.
#[derive(Debug)]
pub(super) struct Meter<'t> {
    target: &'t Target,
    server: CpuReading,
    own: CpuReading,
    clock: Clock,
}

/// The processor times of a period.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    /// The server's processor time, if its process is known.
    pub(super) server: Option<Duration>,
    /// The processor time of this tool.
    pub(super) own: Duration,
    /// The length of the period.
    pub(super) span: Duration,
}

impl Usage {
    /// A processor time as a share of a core, in percent.
    pub(super) fn share(self, time: Duration) -> f64 {
        100.0 * time.as_secs_f64() / self.span.as_secs_f64()
    }
}

impl<'t> Meter<'t> {
    pub(super) fn start(target: &'t Target) -> Result<Self, BenchError> {
        let own = CpuReading::take(&[std::process::id()])?;
        Ok(Self { target, server: CpuReading::take(&target.pids)?, own, clock: Clock::start() })
    }

    pub(super) fn stop(&self) -> Result<Usage, BenchError> {
        let span = Duration::from_nanos(self.clock.now().max(nanos(Duration::from_micros(1))));
        let server = CpuReading::take(&self.target.pids)?.since(&self.server);
        let own = CpuReading::take(&[std::process::id()])?.since(&self.own);
        Ok(Usage { server: (!self.target.pids.is_empty()).then_some(server), own, span })
    }
}
