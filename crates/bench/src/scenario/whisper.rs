//! Client events.

use clairon_bench_args::WhisperArgs;

use super::{drive::Work, schedule::Schedule, stage::Stage};
use crate::{
    BenchError,
    clock::Nanos,
    net::{Engine, Subscription},
    report::Measurement,
    stamp::{self, Kind},
};

/// Members that send client events in turn.
#[derive(Debug)]
pub(super) struct Whisper {
    schedule: Schedule,
    speakers: Vec<usize>,
    next: usize,
    /// The number of receivers of each event.
    hearers: usize,
    payload: usize,
}

impl Whisper {
    pub(super) fn new(speakers: Vec<usize>, hearers: usize, rate: f64, payload: usize) -> Self {
        Self { schedule: Schedule::new(rate, 1), speakers, next: 0, hearers, payload }
    }

    fn speak(&mut self, engine: &mut Engine<'_>, due: Nanos) -> Result<(), BenchError> {
        let speaker = self.speakers[self.next];
        self.next = (self.next + 1) % self.speakers.len();
        let Some(subscription) = engine.swarm.subscription(speaker) else { return Ok(()) };
        let mut message = format!(r#"{{"event":"client-bench","channel":"{}","data":""#, subscription.channel());
        stamp::write(Kind::Whisper, due, self.payload, &mut message);
        message.push_str(r#""}"#);
        engine.tally.expect(Kind::Whisper, self.hearers);
        engine.swarm.send(speaker, &message)
    }
}

impl Work for Whisper {
    fn tick(&mut self, engine: &mut Engine<'_>, now: Nanos, is_over: bool) -> Result<Option<Nanos>, BenchError> {
        if is_over {
            return Ok(None);
        }
        while let Some(due) = self.schedule.take_due(now) {
            self.speak(engine, due)?;
        }
        Ok(self.schedule.next())
    }

    fn is_settled(&self, _engine: &Engine<'_>) -> bool {
        true
    }
}

/// Sends client events from all members of a private channel in turn.
pub(super) fn run(mut stage: Stage<'_>, arguments: &WhisperArgs) -> Result<Measurement, BenchError> {
    let members = stage.open(arguments.members, |_| Subscription::Private(0))?;
    let mut whisper = Whisper::new(members, arguments.members - 1, arguments.rate, arguments.payload);
    let usage = stage.drive(arguments.time.duration, &mut whisper)?;
    let tally = &stage.engine.tally;
    let deliveries = tally.events(Kind::Whisper).latency.count();
    stage.measurement.add_count("members", arguments.members as u64);
    stage.measurement.add_deliveries("deliveries", Kind::Whisper, tally, usage);
    if deliveries == 0 {
        stage.measurement.note("nothing was heard: does the app allow client events?".to_owned());
    }
    stage.finish("delivery", deliveries, usage)
}
