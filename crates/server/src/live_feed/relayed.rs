//! Tells the events that this node has published from those that other nodes have, when all come from Redis.

use std::{
    collections::VecDeque,
    hash::{BuildHasher, RandomState},
};

use clairon_hub::Millis;
use clairon_protocol::{AppId, ChannelName};

/// The time after which a published event is not expected back any more, in milliseconds.
const PATIENCE: Millis = 10_000;
/// The largest number of events that are expected back.
const EXPECTED: usize = 4_096;

/// The events that this node has published and that may come back, by hash. It is only kept while somebody watches. A
/// wrong guess shows an event twice.
#[derive(Default)]
pub(super) struct PublishedHere {
    hasher: RandomState,
    expected: VecDeque<(Millis, u64)>,
}

impl PublishedHere {
    /// Notes an event before it is published.
    pub(super) fn note(&mut self, app: &AppId, channel: &ChannelName, frame: &[u8], now: Millis) {
        while self.expected.front().is_some_and(|(at, _)| at + PATIENCE < now) || self.expected.len() >= EXPECTED {
            self.expected.pop_front();
        }
        self.expected.push_back((now, self.hasher.hash_one((app.as_str(), channel, frame))));
    }

    /// True if this node has published the event that has come from Redis.
    pub(super) fn take(&mut self, app: &AppId, channel: &ChannelName, frame: &[u8]) -> bool {
        let hash = self.hasher.hash_one((app.as_str(), channel, frame));
        let found = self.expected.iter().position(|(_, expected)| *expected == hash);
        found.is_some_and(|index| self.expected.remove(index).is_some())
    }

    /// Forgets all, when nobody watches any more.
    pub(super) fn clear(&mut self) {
        self.expected = VecDeque::new();
    }
}

#[cfg(test)]
mod tests {
    use clairon_protocol::Limits;

    use super::*;

    #[test]
    fn an_event_is_expected_back_once() {
        let app = AppId::parse("1").unwrap();
        let name = |text| ChannelName::parse(text, &Limits::default()).unwrap();
        let mut here = PublishedHere::default();
        here.note(&app, &name("a"), b"x", 0);
        here.note(&app, &name("a"), b"x", 0);
        assert!(!here.take(&app, &name("b"), b"x") && !here.take(&app, &name("a"), b"y"));
        assert!([(); 3].map(|()| here.take(&app, &name("a"), b"x")) == [true, true, false]);
        here.note(&app, &name("a"), b"x", 0);
        here.note(&app, &name("b"), b"x", PATIENCE + 1);
        assert!(!here.take(&app, &name("a"), b"x"), "it has not come back in time");
    }
}
