//! Which pending events a queue has in memory.

use clairon_protocol::ChannelName;
use clairon_registry::PendingEvent;

use super::Queue;

impl Queue {
    /// Notes that there may be unread events.
    pub(in super::super) const fn note_news(&mut self) {
        self.is_read = false;
    }

    /// The id after which the next page has to be read. `None`: no page is needed now.
    pub(in super::super) fn wants_page(&self) -> Option<i64> {
        (!self.is_read && self.waiting < self.limits.window).then_some(self.read_to)
    }

    /// Takes a page of pending events of all channels. `is_all`: there are none after them.
    pub(in super::super) fn read_page(&mut self, events: Vec<PendingEvent>, is_all: bool) {
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

    /// Takes new events, which are all that became pending since the last ones that were read or taken. They are read
    /// later if earlier ones have to be read first.
    pub(in super::super) fn append_new(&mut self, mut events: Vec<PendingEvent>) {
        if self.is_read && self.waiting < self.limits.window {
            events.retain(|event| event.id > self.read_to);
            self.read_page(events, true);
        } else {
            self.is_read = false;
        }
    }

    /// A channel whose next events have to be read, and the id after which they stand.
    pub(in super::super) fn wants_channel(&mut self) -> Option<(ChannelName, i64)> {
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

    /// Takes the next pending events of a channel. `is_all`: there are none after them.
    pub(in super::super) fn read_channel(&mut self, channel: &ChannelName, events: Vec<PendingEvent>, is_all: bool) {
        self.hungry.pop_front();
        let Some(lane) = self.lanes.get_mut(channel) else { return };
        // Events after the last one that was read come with the next page.
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
}
