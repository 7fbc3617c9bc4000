//! The pending events of an endpoint: which can be sent now, and which are held back.
//!
//! Pure: no clock, no store. In memory is only a part of what is pending, so that a channel with a failing delivery
//! and thousands of events behind it keeps no room from others.

#[cfg(test)]
mod histories;

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    time::{Duration, Instant},
};

use clairon_protocol::ChannelName;
use clairon_registry::{DeliveryId, PendingEvent};
use jiff::Timestamp;

/// How much of a queue is in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueueLimits {
    /// Pages are read while there are fewer events.
    window: usize,
    /// The most events of one channel.
    lane: usize,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self { window: 4_096, lane: 256 }
    }
}

/// The pending events of an endpoint.
///
/// The events of a channel go out one after the other: while a delivery has one of them, on its way or waiting for
/// another attempt, it holds the channel.
#[derive(Debug, Default)]
pub(super) struct Queue {
    limits: QueueLimits,
    lanes: HashMap<ChannelName, Lane>,
    /// The free channels with an event in memory, by the id of the first: those of which it is not decided with which
    /// others it goes, and those of which it is.
    ready: [BTreeSet<(i64, ChannelName)>; 2],
    /// The free channels of which all events in memory are gone, and not all that are pending.
    hungry: VecDeque<ChannelName>,
    /// The deliveries that hold channels.
    open: HashMap<DeliveryId, OpenDelivery>,
    /// Those that wait for another attempt.
    retries: BTreeSet<(Instant, DeliveryId)>,
    /// Those that have ended, which the store may not know yet.
    ended: HashSet<DeliveryId>,
    /// The last event that was read.
    read_to: i64,
    /// Nothing is pending behind it.
    is_read: bool,
    /// How many events are in memory.
    waiting: usize,
}

/// A channel.
#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<PendingEvent>,
    holder: Option<DeliveryId>,
    /// There are more events after this one, and not after the last that the queue has read.
    unread_after: Option<i64>,
}

/// A delivery that holds channels.
#[derive(Debug, Default)]
struct OpenDelivery {
    /// Each with the last event of it.
    channels: HashMap<ChannelName, i64>,
    attempts: u32,
    is_waiting: bool,
    /// It holds the channels of all of its events.
    is_claimed: bool,
}

/// Which events share a delivery.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grouping {
    /// The longest that an event waits for others.
    pub(crate) time: Duration,
    /// The most events of a delivery.
    pub(crate) events: usize,
}

/// What can be sent now. Its channels are held by its delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// An event that is a delivery.
    Single(PendingEvent),
    /// A delivery whose events have to be read, and given to [`Queue::claim`].
    Whole(DeliveryId),
    /// Events that become a delivery.
    Group(DeliveryId, Vec<PendingEvent>),
}

impl Queue {
    /// Takes what can be sent now. `time` is the time of the events' clock.
    pub(super) fn next(&mut self, now: Instant, time: Timestamp, grouping: Grouping) -> Option<Work> {
        if let Some((at, delivery)) = self.retries.first().cloned()
            && at <= now
        {
            self.retries.pop_first();
            if let Some(open) = self.open.get_mut(&delivery) {
                open.is_waiting = false;
                return Some(Work::Whole(delivery));
            }
        }
        loop {
            let [undecided, decided] = [0, 1].map(|kind| self.ready[kind].first().cloned());
            let is_first = |id| undecided.as_ref().is_none_or(|(other, _)| id < *other);
            let is_group_due = undecided.is_some() && self.is_group_due(time, grouping);
            match decided {
                Some((id, channel)) if is_first(id) || !is_group_due => {
                    if let Some(work) = self.take_decided(&channel) {
                        return Some(work);
                    }
                }
                _ if is_group_due => return Some(self.take_group(grouping)),
                _ => return None,
            }
        }
    }

    /// When [`Self::next`] has something again, if nothing else happens: a pause from `now`.
    pub(super) fn pause(&self, now: Instant, time: Timestamp, grouping: Grouping) -> Option<Duration> {
        let retry = self.retries.first().map(|(at, _)| at.saturating_duration_since(now));
        let group = self.oldest_undecided().map(|event| grouping.time.saturating_sub(age(event, time)));
        [retry, group].into_iter().flatten().min()
    }

    /// True where a delivery of several events has not got all of its channels yet. It gets them by [`Self::claim`],
    /// as soon as [`Self::is_behind`] is false for all of its events.
    pub(super) fn needs_claim(&self, delivery: &DeliveryId) -> bool {
        self.open.get(delivery).is_some_and(|open| !open.is_claimed)
    }

    /// True where an event of a delivery has to wait: `first` are the first pending events of its channel. Two
    /// deliveries may have events of one channel after a restart, if it is not known what came of the first.
    pub(super) fn is_behind(&self, event: &PendingEvent, first: &[PendingEvent]) -> bool {
        let is_other = |other: &PendingEvent| other.delivery != event.delivery && !self.ended.contains(&other.delivery);
        first.iter().any(|other| other.id < event.id && is_other(other))
    }

    /// Gives the events of a [`Work::Whole`] to its delivery. They may be those of further channels.
    pub(super) fn claim(&mut self, delivery: &DeliveryId, events: &[PendingEvent]) {
        for event in events {
            self.take_out(event);
            self.hold(delivery, event);
        }
        if let Some(open) = self.open.get_mut(delivery) {
            open.is_claimed = true;
        }
    }

    /// A delivery has ended. Its channels are free.
    pub(super) fn end(&mut self, delivery: &DeliveryId) {
        let Some(OpenDelivery { channels, .. }) = self.open.remove(delivery) else { return };
        self.ended.insert(delivery.clone());
        for channel in channels.into_keys() {
            let Some(lane) = self.lanes.get_mut(&channel) else { continue };
            if lane.holder.as_ref() != Some(delivery) {
                continue;
            }
            lane.holder = None;
            if !lane.waiting.is_empty() {
                self.show(&channel);
            } else if lane.unread_after.is_some() {
                self.hungry.push_back(channel);
            } else {
                self.lanes.remove(&channel);
            }
        }
    }

    /// The store knows that a delivery has ended.
    pub(super) fn note_stored(&mut self, delivery: &DeliveryId) {
        self.ended.remove(delivery);
    }

    /// A delivery is tried again at an instant. Its channels are held until then, and their events leave the memory.
    pub(super) fn retry(&mut self, delivery: &DeliveryId, at: Instant) {
        let Some(open) = self.open.get_mut(delivery) else { return };
        open.is_waiting = true;
        for (channel, last) in &open.channels {
            let Some(lane) = self.lanes.get_mut(channel) else { continue };
            if !lane.waiting.is_empty() {
                self.waiting -= lane.waiting.len();
                lane.waiting = VecDeque::new();
                lane.unread_after = Some(*last);
            }
        }
        self.retries.insert((at, delivery.clone()));
    }

    /// Counts an attempt of an open delivery, and returns how many there were.
    pub(super) fn note_attempt(&mut self, delivery: &DeliveryId) -> u32 {
        let Some(open) = self.open.get_mut(delivery) else { return 1 };
        open.attempts += 1;
        open.attempts
    }

    /// More may be pending than was read.
    pub(super) const fn note_news(&mut self) {
        self.is_read = false;
    }

    /// The last event that was read, where the next ones are to be read.
    pub(super) fn wants_page(&self) -> Option<i64> {
        (!self.is_read && self.waiting < self.limits.window).then_some(self.read_to)
    }

    /// Takes the next pending events of all channels. `is_all` says that there are no others behind them.
    pub(super) fn read_page(&mut self, events: Vec<PendingEvent>, is_all: bool) {
        self.is_read = is_all;
        for event in events {
            self.read_to = event.id;
            if self.is_known(&event.delivery) {
                continue;
            }
            let lane = self.lanes.entry(event.channel.clone()).or_default();
            let is_retried =
                lane.holder.as_ref().and_then(|holder| self.open.get(holder)).is_some_and(|open| open.is_waiting);
            if lane.unread_after.is_some() {
                continue;
            }
            if lane.waiting.len() >= self.limits.lane || is_retried {
                lane.unread_after = Some(event.id - 1);
                continue;
            }
            self.append(event);
        }
    }

    /// A channel whose next events are to be read, and the event behind which they stand.
    pub(super) fn wants_channel(&mut self) -> Option<(ChannelName, i64)> {
        while self.waiting < self.limits.window
            && let Some(channel) = self.hungry.front()
        {
            let lane = self.lanes.get(channel).filter(|lane| lane.holder.is_none() && lane.waiting.is_empty());
            if let Some(after) = lane.and_then(|lane| lane.unread_after) {
                return Some((channel.clone(), after));
            }
            self.hungry.pop_front();
        }
        None
    }

    /// Takes the next pending events of a channel. `is_all` says that there are no others behind them.
    pub(super) fn read_channel(&mut self, channel: &ChannelName, events: Vec<PendingEvent>, is_all: bool) {
        self.hungry.pop_front();
        let Some(lane) = self.lanes.get_mut(channel) else { return };
        // Those behind the last that was read come with the next page.
        let behind = events.iter().position(|event| event.id > self.read_to);
        let last = events.last().map(|event| event.id);
        lane.unread_after = if is_all || behind.is_some() { None } else { last };
        for event in events.into_iter().take(behind.unwrap_or(usize::MAX)) {
            if !self.is_known(&event.delivery) {
                self.append(event);
            }
        }
        if let Some(lane) = self.lanes.get(channel)
            && lane.holder.is_none()
            && lane.waiting.is_empty()
        {
            if lane.unread_after.is_some() {
                self.hungry.push_back(channel.clone());
            } else {
                self.lanes.remove(channel);
            }
        }
    }

    /// True where nothing is pending, as far as was read.
    pub(super) fn is_empty(&self) -> bool {
        self.is_read && self.lanes.is_empty() && self.open.is_empty()
    }

    fn append(&mut self, event: PendingEvent) {
        let channel = event.channel.clone();
        self.lanes.entry(channel.clone()).or_default().waiting.push_back(event);
        self.waiting += 1;
        self.show(&channel);
    }

    /// Puts a channel among the ready ones, if it is free and has an event.
    fn show(&mut self, channel: &ChannelName) {
        if let Some(lane) = self.lanes.get(channel)
            && lane.holder.is_none()
            && let Some(first) = lane.waiting.front()
        {
            self.ready[usize::from(is_decided(first))].insert((first.id, channel.clone()));
        }
    }

    /// Takes a channel out of the ready ones. To be called before its first event changes.
    fn hide(&mut self, channel: &ChannelName) {
        if let Some(first) = self.lanes.get(channel).and_then(|lane| lane.waiting.front()) {
            let kind = usize::from(is_decided(first));
            self.ready[kind].remove(&(first.id, channel.clone()));
        }
    }

    /// True for a delivery that has all of its events, or had them.
    fn is_known(&self, delivery: &DeliveryId) -> bool {
        self.ended.contains(delivery) || self.open.get(delivery).is_some_and(|open| open.is_claimed)
    }

    /// Takes the first event of a free channel for its delivery. `None`: the delivery waits for its other channels.
    fn take_decided(&mut self, channel: &ChannelName) -> Option<Work> {
        let event = self.pop(channel)?;
        let is_waiting = self.open.contains_key(&event.delivery);
        self.hold(&event.delivery.clone(), &event);
        if is_waiting {
            return None;
        }
        Some(if event.delivery_events == Some(1) && event.body.is_some() {
            Work::Single(event)
        } else {
            Work::Whole(event.delivery)
        })
    }

    /// The first event of which it is not decided with which others it goes.
    fn oldest_undecided(&self) -> Option<&PendingEvent> {
        let (_, channel) = self.ready[0].first()?;
        self.lanes.get(channel)?.waiting.front()
    }

    /// True where the oldest event has waited long enough, or there are enough of them.
    fn is_group_due(&self, time: Timestamp, grouping: Grouping) -> bool {
        if self.oldest_undecided().is_some_and(|event| age(event, time) >= grouping.time) {
            return true;
        }
        let lanes = self.ready[0].iter().filter_map(|(_, channel)| self.lanes.get(channel));
        let undecided = lanes.flat_map(|lane| lane.waiting.iter().take_while(|event| !is_decided(event)));
        undecided.take(grouping.events).count() == grouping.events
    }

    /// Takes the oldest events of free channels for a new delivery.
    fn take_group(&mut self, grouping: Grouping) -> Work {
        let delivery = DeliveryId::random();
        let mut events = Vec::new();
        while events.len() < grouping.events.max(1)
            && let Some((_, channel)) = self.ready[0].first().cloned()
            && let Some(event) = self.pop(&channel)
        {
            events.push(event);
            self.show(&channel);
        }
        self.claim(&delivery, &events);
        Work::Group(delivery, events)
    }

    /// Takes the first event of a free channel out. The channel is not among the ready ones then.
    fn pop(&mut self, channel: &ChannelName) -> Option<PendingEvent> {
        self.hide(channel);
        let event = self.lanes.get_mut(channel)?.waiting.pop_front()?;
        self.waiting -= 1;
        Some(event)
    }

    /// Takes an event out, wherever it stands.
    fn take_out(&mut self, event: &PendingEvent) {
        self.hide(&event.channel);
        if let Some(lane) = self.lanes.get_mut(&event.channel)
            && let Some(place) = lane.waiting.iter().position(|waiting| waiting.id == event.id)
        {
            lane.waiting.remove(place);
            self.waiting -= 1;
        }
        self.show(&event.channel);
    }

    /// Lets a delivery hold the channel of one of its events.
    fn hold(&mut self, delivery: &DeliveryId, event: &PendingEvent) {
        self.hide(&event.channel);
        let lane = self.lanes.entry(event.channel.clone()).or_default();
        if lane.holder.is_none() {
            lane.holder = Some(delivery.clone());
        }
        let open = self.open.entry(delivery.clone()).or_default();
        open.attempts = open.attempts.max(event.attempts);
        let last = open.channels.entry(event.channel.clone()).or_default();
        *last = event.id.max(*last);
    }
}

/// True where it was decided which delivery carries the event.
const fn is_decided(event: &PendingEvent) -> bool {
    event.delivery_events.is_some()
}

fn age(event: &PendingEvent, time: Timestamp) -> Duration {
    time.duration_since(event.happened_at).try_into().unwrap_or_default()
}
