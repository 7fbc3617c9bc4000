//! The queue of an endpoint: which pending events can be sent now, and which are held back.
//!
//! It has no clock and no store of its own. Only a part of the pending events is in memory, so a channel with a failing
//! delivery and thousands of events behind it takes no room from other channels.

#[cfg(test)]
mod histories;
mod reading;

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    time::{Duration, Instant},
};

use clairon_protocol::ChannelName;
use clairon_registry::{DeliveryId, PendingEvent};
use jiff::Timestamp;

/// The limits of the part of a queue that is in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueueLimits {
    /// Further pages are read while fewer events than this are in memory.
    window: usize,
    /// The largest number of events of one channel.
    lane: usize,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self { window: 4_096, lane: 256 }
    }
}

/// The pending events of an endpoint.
///
/// The events of a channel are sent one after the other. A delivery holds the channels of its events until it has
/// ended, also while it waits for the next attempt.
#[derive(Debug, Default)]
pub(super) struct Queue {
    limits: QueueLimits,
    lanes: HashMap<ChannelName, Lane>,
    /// The free channels with an event in memory, by the id of their first event: first those whose first event has no
    /// delivery yet, then those whose first event has one.
    ready: [BTreeSet<(i64, ChannelName)>; 2],
    /// The free channels with pending events, none of which is in memory.
    hungry: VecDeque<ChannelName>,
    /// The deliveries that hold channels.
    open: HashMap<DeliveryId, OpenDelivery>,
    /// The deliveries that wait for the next attempt.
    retries: BTreeSet<(Instant, DeliveryId)>,
    /// The deliveries that have ended but may still be pending in the store.
    ended: HashSet<DeliveryId>,
    /// The id of the last event that was read.
    read_to: i64,
    /// True if no event after it is pending.
    is_read: bool,
    /// The number of events in memory.
    waiting: usize,
}

/// The pending events of a channel.
#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<PendingEvent>,
    holder: Option<DeliveryId>,
    /// The channel has unread events after this id and up to the last id that the queue has read.
    unread_after: Option<i64>,
}

/// A delivery that holds channels.
#[derive(Debug, Default)]
struct OpenDelivery {
    /// Its channels, each with the id of its last event there.
    channels: HashMap<ChannelName, i64>,
    attempts: u32,
    is_waiting: bool,
    /// True if it holds the channels of all its events.
    is_claimed: bool,
}

/// The rule for events that share a delivery.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grouping {
    /// The longest time that an event waits for others.
    pub(crate) time: Duration,
    /// The largest number of events in a delivery.
    pub(crate) events: usize,
}

/// The next delivery to send. It holds its channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// A delivery of one event.
    Single(PendingEvent),
    /// A delivery whose events have to be read and passed to [`Queue::claim`].
    Whole(DeliveryId),
    /// A new delivery of several events.
    Group(DeliveryId, Vec<PendingEvent>),
}

impl Queue {
    /// Takes the next delivery that can be sent now. `time` is the current time by the clock of the events.
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
                _ if is_group_due => return Some(self.take_group(time, grouping)),
                _ => return None,
            }
        }
    }

    /// The pause until [`Self::next`] has a delivery again if nothing else happens.
    pub(super) fn pause(&self, now: Instant, time: Timestamp, grouping: Grouping) -> Option<Duration> {
        let retry = self.retries.first().map(|(at, _)| at.saturating_duration_since(now));
        let group = self.oldest_undecided().map(|event| grouping.time.saturating_sub(age(event, time)));
        [retry, group].into_iter().flatten().min()
    }

    /// True if a delivery of several events does not hold all its channels yet. [`Self::claim`] gives them to it, once
    /// [`Self::is_behind`] is false for all its events.
    pub(super) fn needs_claim(&self, delivery: &DeliveryId) -> bool {
        self.open.get(delivery).is_some_and(|open| !open.is_claimed)
    }

    /// True if an event has to wait for an earlier one of its channel. `first` are the first pending events of the
    /// channel. After a restart, two deliveries may have events of one channel: the outcome of the first is unknown.
    pub(super) fn is_behind(&self, event: &PendingEvent, first: &[PendingEvent]) -> bool {
        let is_other = |other: &PendingEvent| other.delivery != event.delivery && !self.ended.contains(&other.delivery);
        first.iter().any(|other| other.id < event.id && is_other(other))
    }

    /// Gives the events of a [`Work::Whole`] to its delivery, which then holds their channels too.
    pub(super) fn claim(&mut self, delivery: &DeliveryId, events: &[PendingEvent]) {
        for event in events {
            self.take_out(event);
            self.hold(delivery, event);
        }
        if let Some(open) = self.open.get_mut(delivery) {
            open.is_claimed = true;
        }
    }

    /// Ends a delivery, which frees its channels.
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

    /// Notes that the end of a delivery is stored.
    pub(super) fn note_stored(&mut self, delivery: &DeliveryId) {
        self.ended.remove(delivery);
    }

    /// Lets a delivery wait for its next attempt. It holds its channels meanwhile, and their events leave the memory.
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

    /// Counts an attempt of a delivery, and returns the number of its attempts.
    pub(super) fn note_attempt(&mut self, delivery: &DeliveryId) -> u32 {
        let Some(open) = self.open.get_mut(delivery) else { return 1 };
        open.attempts += 1;
        open.attempts
    }

    /// True if nothing is pending, as far as the queue has read.
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

    /// Takes a channel out of the ready ones. It must be called before the channel's first event changes.
    fn hide(&mut self, channel: &ChannelName) {
        if let Some(first) = self.lanes.get(channel).and_then(|lane| lane.waiting.front()) {
            let kind = usize::from(is_decided(first));
            self.ready[kind].remove(&(first.id, channel.clone()));
        }
    }

    /// True if a delivery has all its events, or has ended.
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

    /// The first event that has no delivery yet.
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
    fn take_group(&mut self, time: Timestamp, grouping: Grouping) -> Work {
        let delivery = DeliveryId::made_at(time);
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

    /// Removes the first event of a free channel. The channel is not among the ready ones afterwards.
    fn pop(&mut self, channel: &ChannelName) -> Option<PendingEvent> {
        self.hide(channel);
        let event = self.lanes.get_mut(channel)?.waiting.pop_front()?;
        self.waiting -= 1;
        Some(event)
    }

    /// Removes an event from any position.
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

    /// Makes a delivery hold the channel of one of its events.
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

/// True if the event has its delivery.
const fn is_decided(event: &PendingEvent) -> bool {
    event.delivery_events.is_some()
}

/// The time since an event, or until it: an event does not wait until a clock that was set back has caught up.
fn age(event: &PendingEvent, time: Timestamp) -> Duration {
    time.duration_since(event.happened_at).unsigned_abs()
}
