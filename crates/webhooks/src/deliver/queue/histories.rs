//! Random histories of a queue over a store in memory: events come, requests succeed and fail, outcomes reach the store
//! late, the process is killed. Every event is delivered in the end, those of a channel in their order, and none twice
//! unless its outcome was lost.

use std::collections::{BTreeMap, HashMap, HashSet};

use clairon_protocol::Limits;
use proptest::prelude::*;

use super::*;

const HISTORIES: u32 = 2_000;
const STEPS: usize = 80;
const CHANNELS: usize = 4;
/// The most requests at once.
const CONCURRENCY: usize = 3;
/// So small that most of what is pending is not in memory.
const LIMITS: QueueLimits = QueueLimits { window: 6, lane: 2 };
const PAGE: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// An event comes. True: it is decided that it is alone in its delivery.
    Event {
        channel: usize,
        is_alone: bool,
    },
    /// The new events are handed over, unless another process has written one meanwhile.
    HandOver,
    /// Another process writes an event.
    ForeignEvent {
        channel: usize,
    },
    /// New events are looked for in the store.
    Poll,
    /// What is pending is read, and sent as far as it can be.
    Advance,
    /// The answer to a request comes.
    Answer {
        request: usize,
        is_delivered: bool,
    },
    /// The outcomes so far reach the store.
    Store,
    Wait {
        seconds: u64,
    },
    /// Outcomes that are not stored are lost, and requests without an answer may have arrived.
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        30 => (0..CHANNELS, prop::bool::weighted(0.6)).prop_map(|(channel, is_alone)| Step::Event { channel, is_alone }),
        20 => Just(Step::HandOver),
        3 => (0..CHANNELS).prop_map(|channel| Step::ForeignEvent { channel }),
        5 => Just(Step::Poll),
        20 => Just(Step::Advance),
        30 => (0..8_usize, prop::bool::weighted(0.7))
            .prop_map(|(request, is_delivered)| Step::Answer { request, is_delivered }),
        10 => Just(Step::Store),
        10 => (0..5_u64).prop_map(|seconds| Step::Wait { seconds }),
        1 => Just(Step::Crash),
    ]
}

struct World {
    queue: Queue,
    now: Instant,
    time: Timestamp,
    grouping: Grouping,
    /// What the store has pending.
    pending: BTreeMap<i64, PendingEvent>,
    last_id: i64,
    /// The events that were not handed over yet.
    new: Vec<PendingEvent>,
    /// True if one of them is of another process.
    has_gap: bool,
    /// Requests without an answer, with the events of each.
    requests: Vec<(DeliveryId, Vec<i64>)>,
    /// Deliveries that have ended, and the store does not know.
    outcomes: Vec<DeliveryId>,
    /// The events that have arrived of each channel, in their order.
    arrived: HashMap<ChannelName, Vec<i64>>,
    /// Those that may arrive twice.
    uncertain: HashSet<i64>,
    /// The delivery that each event came with.
    carriers: HashMap<i64, DeliveryId>,
}

fn channel(number: usize) -> ChannelName {
    ChannelName::parse(&format!("c{number}"), &Limits::default()).unwrap()
}

impl World {
    fn new(grouping: Grouping) -> Self {
        Self {
            queue: Queue { limits: LIMITS, ..Queue::default() },
            now: Instant::now(),
            time: Timestamp::UNIX_EPOCH,
            grouping,
            pending: BTreeMap::new(),
            last_id: 0,
            new: Vec::new(),
            has_gap: false,
            requests: Vec::new(),
            outcomes: Vec::new(),
            arrived: HashMap::new(),
            uncertain: HashSet::new(),
            carriers: HashMap::new(),
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Event { channel, is_alone } => self.event(channel, is_alone),
            Step::HandOver => self.hand_over(),
            Step::ForeignEvent { channel } => {
                self.event(channel, true);
                self.has_gap = true;
            }
            Step::Poll => self.queue.note_news(),
            Step::Advance => self.advance(),
            Step::Answer { request, is_delivered } => {
                if !self.requests.is_empty() {
                    self.answer(request % self.requests.len(), is_delivered);
                }
            }
            Step::Store => self.store(),
            Step::Wait { seconds } => self.wait(seconds),
            Step::Crash => self.crash(),
        }
    }

    fn event(&mut self, number: usize, is_alone: bool) {
        self.last_id += 1;
        let event = PendingEvent {
            id: self.last_id,
            channel: channel(number),
            body: Some(String::new()),
            happened_at: self.time,
            delivery: DeliveryId::made_at(self.time),
            delivery_events: is_alone.then_some(1),
            attempts: 0,
            replay_of: None,
        };
        self.pending.insert(event.id, event.clone());
        self.new.push(event);
    }

    fn hand_over(&mut self) {
        let new = std::mem::take(&mut self.new);
        if std::mem::take(&mut self.has_gap) || new.len() > PAGE {
            self.queue.note_news();
        } else {
            self.queue.append_new(new);
        }
    }

    fn read(&mut self) {
        while let Some(after) = self.queue.wants_page() {
            let page: Vec<_> = self.pending.range(after + 1..).take(PAGE).map(|(_, event)| event.clone()).collect();
            let is_all = page.len() < PAGE;
            self.queue.read_page(page, is_all);
        }
        while let Some((channel, after)) = self.queue.wants_channel() {
            let of_channel = self.pending.range(after + 1..).filter(|(_, event)| event.channel == channel);
            let page: Vec<_> = of_channel.take(PAGE).map(|(_, event)| event.clone()).collect();
            let is_all = page.len() < PAGE;
            self.queue.read_channel(&channel, page, is_all);
        }
    }

    fn advance(&mut self) {
        loop {
            self.read();
            assert!(self.queue.waiting <= LIMITS.window + PAGE, "{} events in memory", self.queue.waiting);
            if self.requests.len() >= CONCURRENCY {
                return;
            }
            let Some(work) = self.queue.next(self.now, self.time, self.grouping) else { return };
            let (delivery, events) = match work {
                Work::Single(event) => (event.delivery.clone(), vec![event]),
                Work::Whole(delivery) => {
                    let events: Vec<_> =
                        self.pending.values().filter(|event| event.delivery == delivery).cloned().collect();
                    if self.queue.needs_claim(&delivery) {
                        if events.iter().any(|event| self.queue.is_behind(event, &self.in_channel(&event.channel))) {
                            self.queue.retry(&delivery, self.now + Duration::from_secs(1));
                            continue;
                        }
                        self.queue.claim(&delivery, &events);
                    }
                    (delivery, events)
                }
                Work::Group(delivery, events) => {
                    assert!(events.len() <= self.grouping.events);
                    for (index, event) in events.iter().enumerate() {
                        let stored = self.pending.get_mut(&event.id).expect("it is pending");
                        assert_eq!(stored.delivery_events, None);
                        stored.delivery = delivery.clone();
                        stored.delivery_events =
                            Some(if index == 0 { u32::try_from(events.len()).unwrap() } else { 0 });
                    }
                    (delivery, events)
                }
            };
            assert!(!events.is_empty(), "there is something in each request");
            self.check_order(&delivery, &events);
            self.requests.push((delivery, events.iter().map(|event| event.id).collect()));
        }
    }

    fn in_channel(&self, channel: &ChannelName) -> Vec<PendingEvent> {
        self.pending.values().filter(|event| event.channel == *channel).cloned().collect()
    }

    /// The events of a request are the first ones of their channels that have not arrived, and no other request has
    /// any of these channels.
    fn check_order(&mut self, delivery: &DeliveryId, events: &[PendingEvent]) {
        let mut heads: HashMap<&ChannelName, Vec<i64>> = HashMap::new();
        for event in self.pending.values().filter(|event| !self.outcomes.contains(&event.delivery)) {
            heads.entry(&event.channel).or_default().push(event.id);
        }
        let mut of_channels: HashMap<&ChannelName, Vec<i64>> = HashMap::new();
        for event in events {
            of_channels.entry(&event.channel).or_default().push(event.id);
            assert_eq!(self.carriers.entry(event.id).or_insert(delivery.clone()), delivery, "one delivery for ever");
        }
        for (channel, ids) in of_channels {
            assert_eq!(heads[channel][..ids.len()], ids, "out of order in {channel}");
            let others = self.requests.iter().flat_map(|(_, ids)| ids);
            assert!(others.into_iter().all(|id| self.pending[id].channel != *channel), "two requests for {channel}");
        }
    }

    fn answer(&mut self, index: usize, is_delivered: bool) {
        let (delivery, events) = self.requests.swap_remove(index);
        self.queue.note_attempt(&delivery);
        if is_delivered {
            self.arrive(&events);
            self.queue.end(&delivery);
            self.outcomes.push(delivery);
        } else {
            self.queue.retry(&delivery, self.now + Duration::from_secs(2));
        }
    }

    fn arrive(&mut self, events: &[i64]) {
        for id in events {
            self.arrived.entry(self.pending[id].channel.clone()).or_default().push(*id);
        }
    }

    fn store(&mut self) {
        for delivery in std::mem::take(&mut self.outcomes) {
            self.pending.retain(|_, event| event.delivery != delivery);
            self.queue.note_stored(&delivery);
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.time += Duration::from_secs(seconds);
    }

    fn crash(&mut self) {
        let lost = self.pending.values().filter(|event| self.outcomes.contains(&event.delivery)).map(|event| event.id);
        self.uncertain.extend(lost);
        for (_, events) in std::mem::take(&mut self.requests) {
            self.uncertain.extend(&events);
            self.arrive(&events);
        }
        self.outcomes.clear();
        self.new.clear();
        self.has_gap = false;
        self.queue = Queue { limits: LIMITS, ..Queue::default() };
    }

    /// Everything that is sent succeeds, except for a channel.
    fn rest(&mut self, failing: Option<&ChannelName>) {
        for _ in 0..2_000 {
            self.hand_over();
            self.advance();
            let fails = |events: &[i64]| events.iter().any(|id| Some(&self.pending[id].channel) == failing);
            match self.requests.first().map(|(_, events)| fails(events)) {
                Some(fails) => self.answer(0, !fails),
                None => self.wait(1),
            }
            self.store();
            let is_done = self.pending.values().all(|event| Some(&event.channel) == failing);
            if self.requests.is_empty() && is_done {
                return;
            }
        }
        panic!("some are never delivered: {:?}", self.pending);
    }

    fn check_rest(&self) {
        assert!(self.queue.is_empty() && self.queue.open.is_empty() && self.queue.waiting == 0, "{:?}", self.queue);
        assert!(self.queue.ended.is_empty() && self.queue.ready.iter().all(BTreeSet::is_empty), "{:?}", self.queue);
        let mut all: Vec<_> = self.arrived.values().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all, (1..=self.last_id).collect::<Vec<_>>());
        for ids in self.arrived.values() {
            let mut seen = HashSet::new();
            for id in ids {
                assert!(seen.insert(id) || self.uncertain.contains(id), "{id} has arrived twice: {ids:?}");
            }
            let mut first = HashSet::new();
            let order: Vec<_> = ids.iter().filter(|id| first.insert(**id)).collect();
            assert!(order.is_sorted(), "{ids:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: HISTORIES, ..ProptestConfig::default() })]

    #[test]
    fn at_rest_everything_has_arrived_in_order(
        steps in prop::collection::vec(step(), 1..STEPS),
        seconds in 0..4_u64,
        events in 1..5_usize,
    ) {
        let mut world = World::new(Grouping { time: Duration::from_secs(seconds), events });
        for step in steps {
            world.step(step);
        }
        world.rest(None);
        world.advance();
        world.check_rest();
    }

    #[test]
    fn a_failing_channel_holds_back_no_other(
        steps in prop::collection::vec(step(), 1..STEPS),
        failing in 0..CHANNELS,
    ) {
        // Each event has a request of its own: one that shares it with the failing channel fails with it.
        let mut world = World::new(Grouping { time: Duration::ZERO, events: 1 });
        for step in steps {
            world.step(step);
        }
        let failing = channel(failing);
        world.rest(Some(&failing));
        world.rest(None);
        world.advance();
        world.check_rest();
    }
}

#[test]
fn events_wait_for_others_of_their_endpoint() {
    let mut world = World::new(Grouping { time: Duration::from_secs(2), events: 3 });
    world.event(0, false);
    world.event(1, false);
    world.hand_over();
    world.advance();
    assert!(world.requests.is_empty());
    assert_eq!(world.queue.pause(world.now, world.time, world.grouping), Some(Duration::from_secs(2)));
    world.wait(1);
    // One that is decided does not wait for them.
    world.event(2, true);
    world.hand_over();
    world.advance();
    assert_eq!(world.requests.len(), 1);
    world.wait(1);
    world.advance();
    assert_eq!(world.requests[1].1, [1, 2]);
    // Enough of them wait for nothing.
    for number in [3, 3, 3, 3] {
        world.event(number, false);
        world.hand_over();
    }
    world.read();
    world.answer(0, true);
    world.advance();
    assert_eq!(world.requests.len(), 1, "two of a channel are in memory");
    world.wait(2);
    world.advance();
    assert_eq!(world.requests[1].1, [4, 5]);
}

#[test]
fn events_do_not_wait_for_a_clock_that_was_set_back() {
    let mut world = World::new(Grouping { time: Duration::from_secs(2), events: 3 });
    world.event(0, false);
    world.hand_over();
    world.time -= Duration::from_hours(1);
    world.advance();
    assert_eq!(world.requests.len(), 1);
}
