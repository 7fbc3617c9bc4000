//! The events that the cache channels of an app remember.

use std::collections::{BTreeMap, HashMap};

use clairon_protocol::ChannelName;

use crate::{Millis, Version};

/// The memory of a remembered event beside its frame and its data, in bytes: names, maps, the channel.
const OVERHEAD: usize = 512;

/// The remembered events of an app, without their contents. The oldest has the lowest number.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    entries: HashMap<ChannelName, Entry>,
    order: BTreeMap<u64, ChannelName>,
    last_number: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    bytes: usize,
    expires_at: Millis,
    version: Version,
}

/// A remembered event.
#[derive(Clone, Copy, Debug)]
pub struct RememberedEvent<'a> {
    /// The channel.
    pub channel: &'a ChannelName,
    /// The bytes of its frame and its data.
    pub bytes: usize,
    /// The time at which it is forgotten.
    pub expires_at: Millis,
    /// Its version in the ledger; 0 if no ledger has it.
    pub version: Version,
}

impl Remembered {
    /// Adds an event, which replaces the earlier one of its channel. Returns the channels that have to forget their
    /// events because the total exceeds `limit` bytes: the oldest ones, and possibly this one.
    pub(crate) fn note(
        &mut self,
        event: RememberedEvent<'_>,
        limit: usize,
        now: Millis,
    ) -> Vec<(ChannelName, Version)> {
        let RememberedEvent { channel, bytes, expires_at, version } = event;
        self.forget(channel);
        self.forget_expired(now);
        let bytes = bytes + OVERHEAD;
        self.last_number += 1;
        self.bytes += bytes;
        self.order.insert(self.last_number, channel.clone());
        let entry = Entry { number: self.last_number, bytes, expires_at, version };
        self.entries.insert(channel.clone(), entry);
        let mut forgotten = Vec::new();
        while self.bytes > limit
            && let Some((oldest, version)) = self.forget_oldest()
        {
            forgotten.push((oldest, version));
        }
        forgotten
    }

    /// Forgets the expired events. All events of an app have the same lifetime, so the expired ones are the oldest.
    pub(crate) fn forget_expired(&mut self, now: Millis) {
        let is_expired = |remembered: &Self| {
            let (_, oldest) = remembered.order.first_key_value()?;
            Some(remembered.entries.get(oldest)?.expires_at <= now)
        };
        while is_expired(self) == Some(true) {
            self.forget_oldest();
        }
    }

    /// The bytes of all events.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    fn forget_oldest(&mut self) -> Option<(ChannelName, Version)> {
        let (_, oldest) = self.order.first_key_value()?;
        let oldest = oldest.clone();
        let version = self.forget(&oldest)?;
        Some((oldest, version))
    }

    fn forget(&mut self, channel: &ChannelName) -> Option<Version> {
        let Entry { number, bytes, version, .. } = self.entries.remove(channel)?;
        self.order.remove(&number);
        self.bytes -= bytes;
        Some(version)
    }
}

#[cfg(test)]
mod tests {
    use clairon_protocol::Limits;

    use super::*;

    fn name(number: usize) -> ChannelName {
        ChannelName::parse(&format!("cache-{number}"), &Limits::default()).unwrap()
    }

    fn note(remembered: &mut Remembered, number: usize, bytes: usize, limit: usize) -> Vec<(ChannelName, Version)> {
        let event = RememberedEvent { channel: &name(number), bytes, expires_at: 10, version: number as Version };
        remembered.note(event, limit, 0)
    }

    #[test]
    fn the_oldest_goes() {
        let mut remembered = Remembered::default();
        let limit = 3 * (OVERHEAD + 100);
        for number in 0..3 {
            assert_eq!(note(&mut remembered, number, 100, limit), []);
        }
        assert_eq!(note(&mut remembered, 0, 100, limit), [], "a new event in the place of the old one");
        assert_eq!(note(&mut remembered, 3, 100, limit), [(name(1), 1)]);
        assert_eq!(note(&mut remembered, 4, 200, limit), [(name(2), 2), (name(0), 0)]);
        assert_eq!(remembered.bytes(), 2 * OVERHEAD + 300);
        let all = [(name(3), 3), (name(4), 4), (name(5), 5)];
        assert_eq!(note(&mut remembered, 5, limit, limit), all, "it does not fit alone");
        assert_eq!((remembered.bytes(), remembered.order.len(), remembered.entries.len()), (0, 0, 0));
    }

    #[test]
    fn what_has_expired_does_not_count() {
        let mut remembered = Remembered::default();
        note(&mut remembered, 1, 100, usize::MAX);
        remembered.forget_expired(9);
        assert_eq!(remembered.bytes(), OVERHEAD + 100);
        remembered.forget_expired(10);
        assert_eq!(remembered.bytes(), 0);
    }
}
