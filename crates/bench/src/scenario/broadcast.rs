//! Events over HTTP, to one channel, to many channels, or to channels without subscribers.

use clairon_bench_args::{ChannelsArgs, FanoutArgs, TrafficArgs, TriggerArgs};

use super::{drive::Work, schedule::Schedule, stage::Stage};
use crate::{
    BenchError,
    clock::Nanos,
    net::{DataKind, Engine, Job, Subscription},
    report::Measurement,
    stamp::Kind,
};

/// The level at which the server compresses events by default.
const LEVEL: u32 = 3;

/// Publishes to the channels in turn.
#[derive(Debug)]
pub(super) struct Broadcast {
    /// The schedule; missing if events are sent as fast as the server answers.
    schedule: Option<Schedule>,
    burst: usize,
    channels: usize,
    connections: usize,
    next_channel: usize,
    /// The template of each trigger, without `due` and `channel`.
    job: Job,
}

impl Broadcast {
    /// Publishes to `channels`, over which `connections` are spread evenly. The last numbers are defaults for missing
    /// arguments.
    pub(super) fn new(traffic: &TrafficArgs, channels: usize, connections: usize, payload: usize, rate: f64) -> Self {
        let rate = traffic.rate.unwrap_or(rate);
        let payload = traffic.payload.unwrap_or(payload);
        let data = if traffic.laravel { DataKind::Laravel } else { DataKind::Filler };
        Self {
            schedule: (!traffic.max).then(|| Schedule::new(rate, traffic.burst)),
            burst: traffic.burst,
            channels,
            connections,
            next_channel: 0,
            job: Job { kind: Kind::Event, due: 0, channel: 0, events: 1, payload, data, close: false },
        }
    }

    fn publish(&mut self, engine: &mut Engine<'_>, due: Nanos) {
        let channel = self.next_channel;
        self.next_channel = (channel + 1) % self.channels;
        if engine.publisher.submit(Job { due, channel, ..self.job }) {
            let receivers = self.connections / self.channels + usize::from(channel < self.connections % self.channels);
            engine.tally.expect(Kind::Event, receivers * self.job.events);
        } else {
            engine.tally.skipped += 1;
        }
    }
}

impl Work for Broadcast {
    fn tick(&mut self, engine: &mut Engine<'_>, now: Nanos, is_over: bool) -> Result<Option<Nanos>, BenchError> {
        if is_over {
            return Ok(None);
        }
        let Some(schedule) = &mut self.schedule else {
            for _ in 0..engine.publisher.idle() {
                self.publish(engine, now);
            }
            return Ok(None);
        };
        let due: Vec<Nanos> = std::iter::from_fn(|| schedule.take_due(now)).collect();
        let next = schedule.next();
        for due in due {
            for _ in 0..self.burst {
                self.publish(engine, due);
            }
        }
        Ok(next)
    }

    fn is_settled(&self, engine: &Engine<'_>) -> bool {
        engine.publisher.is_done()
    }
}

pub(super) fn fanout(stage: Stage<'_>, arguments: &FanoutArgs) -> Result<Measurement, BenchError> {
    run(stage, arguments.connections, 1, &arguments.traffic, 20.0)
}

pub(super) fn channels(stage: Stage<'_>, arguments: &ChannelsArgs) -> Result<Measurement, BenchError> {
    run(stage, arguments.connections, arguments.channels, &arguments.traffic, 500.0)
}

fn run(
    mut stage: Stage<'_>,
    connections: usize,
    channels: usize,
    traffic: &TrafficArgs,
    rate: f64,
) -> Result<Measurement, BenchError> {
    stage.open(connections, |index| Subscription::Public(index % channels))?;
    stage.engine.publisher.set_connections(traffic.http_connections);
    let mut broadcast = Broadcast::new(traffic, channels, connections, 200, rate);
    let usage = stage.drive(traffic.time.duration, &mut broadcast)?;
    let tally = &stage.engine.tally;
    let deliveries = tally.events(Kind::Event).latency.count();
    stage.measurement.add_count("connections", connections as u64);
    stage.measurement.add_triggers(tally, usage);
    stage.measurement.add_deliveries("deliveries", Kind::Event, tally, usage);
    stage.measurement.add_count("bytes per delivery", tally.bytes / deliveries.max(1));
    if stage.target.compressed
        && let Some(time) = stage.engine.swarm.inflater.cost_of_last(LEVEL)
    {
        // What compressing the event for each of its receivers would add to a delivery.
        stage.measurement.add_cost("compressing an event", time, 1);
    }
    stage.finish("delivery", deliveries, usage)
}

/// Sends triggers to a channel without subscribers.
pub(super) fn trigger(mut stage: Stage<'_>, arguments: &TriggerArgs) -> Result<Measurement, BenchError> {
    let &TriggerArgs { http_connections, batch, close, payload, .. } = arguments;
    stage.engine.publisher.set_connections(http_connections);
    let job = Job { kind: Kind::Event, due: 0, channel: 0, events: batch, payload, data: DataKind::Filler, close };
    let mut broadcast = Broadcast { schedule: None, burst: 1, channels: 1, connections: 0, next_channel: 0, job };
    let usage = stage.drive(arguments.time.duration, &mut broadcast)?;
    let tally = &stage.engine.tally;
    let triggers = tally.answers.count();
    stage.measurement.add_triggers(tally, usage);
    if batch > 1 {
        stage.measurement.add_rate("events", triggers * batch as u64, usage);
    }
    stage.finish("trigger", triggers, usage)
}
