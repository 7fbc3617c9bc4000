//! Subscribers that always read, and the events that they must receive.

use std::collections::HashMap;

use clairon_bench_args::SoakArgs;

use super::sequence::Sequence;
use crate::{
    clock::Nanos,
    net::{DataKind, Engine, Entry, Job, What},
    scenario::schedule::Schedule,
    stamp::Kind,
};

/// The size of an event's data, in bytes.
const PAYLOAD: usize = 200;

/// Bursts a second.
const BURST_RATE: f64 = 0.1;

#[derive(Debug)]
pub(super) struct Steady {
    schedule: Schedule,
    bursts: Schedule,
    burst: usize,
    /// The number of events sent to each channel.
    sent: Vec<u64>,
    next_channel: usize,
    /// The channel and the received numbers of each connection.
    subscribers: HashMap<usize, (usize, Sequence)>,
}

/// The account of all events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) sent: u64,
    pub(super) expected: u64,
    pub(super) delivered: u64,
    pub(super) missing: u64,
    pub(super) duplicates: u64,
    pub(super) out_of_order: u64,
}

impl Steady {
    pub(super) fn new(arguments: &SoakArgs) -> Self {
        Self {
            schedule: Schedule::new(arguments.rate, 1),
            bursts: Schedule::new(BURST_RATE, 1),
            burst: arguments.burst,
            sent: vec![0; arguments.channels],
            next_channel: 0,
            subscribers: HashMap::new(),
        }
    }

    pub(super) fn hear(&mut self, entry: &Entry, channel: usize) {
        match entry.what {
            What::Joined(_) => {
                self.subscribers.insert(entry.connection, (channel, Sequence::default()));
            }
            // A number that was not sent belongs to another run and is ignored.
            What::Numbered(number) if number < self.sent[channel] => {
                if let Some((_, sequence)) = self.subscribers.get_mut(&entry.connection) {
                    sequence.take(number);
                }
            }
            _ => {}
        }
    }

    /// Sends the due events and returns the next time to call it.
    pub(super) fn tick(&mut self, engine: &mut Engine<'_>, now: Nanos) -> Option<Nanos> {
        while self.schedule.take_due(now).is_some() {
            self.send(engine);
        }
        while self.bursts.take_due(now).is_some() {
            (0..self.burst).for_each(|_| self.send(engine));
        }
        self.schedule.next().min(self.bursts.next())
    }

    fn send(&mut self, engine: &mut Engine<'_>) {
        let channel = self.next_channel;
        self.next_channel = (channel + 1) % self.sent.len();
        let job = Job {
            kind: Kind::Numbered,
            due: self.sent[channel],
            channel,
            events: 1,
            payload: PAYLOAD,
            data: DataKind::Filler,
            close: false,
        };
        if engine.publisher.submit(job) {
            self.sent[channel] += 1;
        } else {
            engine.tally.skipped += 1;
        }
    }

    pub(super) fn account(&self) -> Account {
        let start = Account { sent: self.sent.iter().sum(), ..Account::default() };
        self.subscribers.values().fold(start, |sum, (channel, sequence)| Account {
            sent: sum.sent,
            expected: sum.expected + self.sent[*channel],
            delivered: sum.delivered + sequence.delivered,
            missing: sum.missing + sequence.missing(self.sent[*channel]),
            duplicates: sum.duplicates + sequence.duplicates,
            out_of_order: sum.out_of_order + sequence.out_of_order,
        })
    }

    /// The number of subscribers of each channel.
    pub(super) fn audience(&self) -> Vec<u64> {
        let mut audience = vec![0; self.sent.len()];
        for (channel, _) in self.subscribers.values() {
            audience[*channel] += 1;
        }
        audience
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Subscription;

    #[test]
    fn every_subscriber_must_get_every_event_of_its_channel() {
        let mut steady = Steady {
            schedule: Schedule::new(1.0, 1),
            bursts: Schedule::new(1.0, 1),
            burst: 1,
            sent: vec![3, 1],
            next_channel: 0,
            subscribers: HashMap::new(),
        };
        let mut hear = |connection, channel, what| {
            steady.hear(&Entry { connection, subscription: Subscription::Public(channel), what }, channel);
        };
        for (connection, channel) in [(0, 0), (1, 0), (2, 1)] {
            hear(connection, channel, What::Joined(String::new()));
        }
        for number in [0, 1, 2] {
            hear(0, 0, What::Numbered(number));
        }
        for number in [0, 2, 2, 99] {
            hear(1, 0, What::Numbered(number));
        }
        let account = Account { sent: 4, expected: 7, delivered: 6, missing: 2, duplicates: 1, out_of_order: 0 };
        assert_eq!((steady.account(), steady.audience()), (account, vec![2, 1]));
    }
}
