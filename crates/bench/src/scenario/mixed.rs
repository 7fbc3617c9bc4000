//! Several loads at the same time, to measure how they delay each other.

use std::{panic, thread};

use clairon_bench_args::MixedArgs;

use super::{
    broadcast::Broadcast, churn::Churn, drive::Work, meter::Usage, progress::Progress, stage::Stage, whisper::Whisper,
};
use crate::{
    BenchError,
    clock::Nanos,
    net::{Engine, Subscription},
    report::Measurement,
    stamp::Kind,
};

/// The size of a client event's data, in bytes.
const WHISPER_PAYLOAD: usize = 100;

/// The loads beside the fan-out.
struct Others {
    whisper: Whisper,
    churn: Churn,
}

impl Work for Others {
    fn tick(&mut self, engine: &mut Engine<'_>, now: Nanos, is_over: bool) -> Result<Option<Nanos>, BenchError> {
        self.churn.tick(engine, now, is_over)?;
        self.whisper.tick(engine, now, is_over)
    }

    fn is_settled(&self, engine: &Engine<'_>) -> bool {
        self.churn.is_settled(engine) && self.whisper.is_settled(engine)
    }
}

/// The fan-out keeps this thread busy, so the other loads have a separate thread with its own connections. Only the
/// server or the machine can delay them then.
pub(super) fn run(mut stage: Stage<'_>, arguments: &MixedArgs) -> Result<Measurement, BenchError> {
    let MixedArgs { connections, pairs, whisper_rate, churners, traffic } = arguments;
    stage.open(*connections, |_| Subscription::Public(0))?;
    stage.engine.publisher.set_connections(traffic.http_connections);
    let mut side = Stage::new(stage.target, Progress::new("mixed", true))?;
    let speakers = side.open(2 * pairs, |index| Subscription::Private(index / 2))?;
    let whisper = Whisper::new(speakers, 1, *whisper_rate, WHISPER_PAYLOAD);
    let mut others = Others { whisper, churn: Churn::new(*churners, 0, usize::MAX) };
    let mut broadcast = Broadcast::new(traffic, 1, *connections, 200, 20.0);
    let span = traffic.time.duration;
    let (usage, side_usage) = thread::scope(|scope| {
        let others = scope.spawn(|| side.drive(span, &mut others));
        let usage = stage.drive(span, &mut broadcast);
        let others = others.join().unwrap_or_else(|panic| panic::resume_unwind(panic));
        Ok::<(Usage, Usage), BenchError>((usage?, others?))
    })?;
    let (tally, side_tally) = (&stage.engine.tally, &side.engine.tally);
    let deliveries = tally.events(Kind::Event).latency.count();
    let whispers = side_tally.events(Kind::Whisper).latency.count();
    let measurement = &mut stage.measurement;
    measurement.add_count("connections", *connections as u64);
    measurement.add_triggers(tally, usage);
    measurement.add_deliveries("deliveries", Kind::Event, tally, usage);
    measurement.add_deliveries("whispers", Kind::Whisper, side_tally, side_usage);
    if *churners > 0 {
        measurement.add_rate("churn", others.churn.cycles, side_usage);
    }
    measurement.add_troubles(side_tally);
    stage.finish("delivery", deliveries + whispers, usage)
}
