//! Connections that do nothing.

use clairon_bench_args::IdleArgs;

use super::stage::Stage;
use crate::{
    BenchError,
    net::Subscription,
    report::{Measurement, Unit, float},
};

/// Opens connections to one public channel, waits, reads the server's memory, closes them, and reads it again.
pub(super) fn run(mut stage: Stage<'_>, arguments: &IdleArgs) -> Result<Measurement, BenchError> {
    let &IdleArgs { connections: count, parallel, hold } = arguments;
    let empty = stage.memory()?;
    let meter = stage.meter()?;
    let connections = stage.open_with(count, parallel, None, |_| Subscription::Public(0))?;
    let opening = meter.stop()?;
    let meter = stage.meter()?;
    stage.rest("idle", hold)?;
    let idle = meter.stop()?;
    let full = stage.memory()?;
    let units = count as u64;
    stage.measurement.add_count("connections", units);
    stage.measurement.add_rate("connect", units, opening);
    let arrivals = std::mem::take(&mut stage.engine.tally.arrivals);
    stage.measurement.add_latency("connect and subscribe", &arrivals);
    if let Some(server) = idle.server {
        stage.measurement.add("server CPU while idle", Unit::Percent, idle.share(server));
    }
    stage.measurement.add_own("connection", units, opening)?;
    stage.measurement.add_server("connection", units, opening);
    stage.measurement.add_troubles(&stage.engine.tally);
    stage.close(&connections)?;
    stage.rest("left", hold)?;
    if let (Some(empty), Some(full), Some(after)) = (empty, full, stage.memory()?) {
        let per_connection = float(full.saturating_sub(empty)) / float(units);
        stage.measurement.add("server memory per connection", Unit::Kib, per_connection);
        stage.measurement.add_memory("server memory before", empty);
        stage.measurement.add_memory("server memory with all", full);
        stage.measurement.add_memory("server memory after", after);
        stage.measurement.add(
            "server memory after of before",
            Unit::Percent,
            100.0 * float(after) / float(empty.max(1)),
        );
    }
    Ok(stage.measurement)
}
