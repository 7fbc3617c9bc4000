//! The versions of edges, and the edges that an app wants.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use clairon_protocol::{ChannelName, Edge, StampedEdge};
use parking_lot::Mutex;

use crate::Version;

/// The largest number of cache channels of an app whose last miss is remembered. When it is reached, all are dropped.
const MISSES: usize = 10_000;

/// The counts and edges that an app wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The subscribers get the subscription count; never in presence channels.
    pub counts: bool,
    /// A change of that count is an edge.
    pub count_edges: bool,
    /// A cache miss is an edge.
    pub miss_edges: bool,
}

/// Gives edges their versions. All channels of a node share it, so a channel that is removed and made again continues
/// with greater versions.
#[derive(Debug, Default)]
pub(crate) struct Stamps(AtomicU64);

impl Stamps {
    /// The next version.
    pub(crate) fn next(&self) -> Version {
        self.0.fetch_add(1, Relaxed) + 1
    }

    /// Makes all later versions greater than this one.
    pub(crate) fn begin_after(&self, version: Version) {
        self.0.fetch_max(version, Relaxed);
    }

    /// An edge with the next version. The caller holds the lock of the channel.
    pub(crate) fn stamp(&self, edge: Edge) -> StampedEdge {
        StampedEdge { edge, version: self.next() }
    }
}

/// The cache channels of an app with a miss since their last event. The caller holds the lock of the channel.
#[derive(Debug, Default)]
pub(crate) struct Misses {
    /// False if there are none, so that events of an app without misses take no lock.
    has_any: AtomicBool,
    versions: Mutex<HashMap<ChannelName, Version>>,
}

impl Misses {
    /// The edge of a miss. All misses between two events have the same version.
    pub(crate) fn miss(&self, channel: &ChannelName, stamps: &Stamps) -> StampedEdge {
        let mut versions = self.versions.lock();
        if versions.len() >= MISSES && !versions.contains_key(channel) {
            versions.clear();
        }
        self.has_any.store(true, Relaxed);
        let version = *versions.entry(channel.clone()).or_insert_with(|| stamps.next());
        StampedEdge { edge: Edge::Missed, version }
    }

    /// Notes that the channel has cached an event.
    pub(crate) fn fill(&self, channel: &ChannelName) {
        if self.has_any.load(Relaxed) {
            let mut versions = self.versions.lock();
            versions.remove(channel);
            self.has_any.store(!versions.is_empty(), Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use clairon_protocol::Limits;

    use super::*;

    fn channel(name: &str) -> ChannelName {
        ChannelName::parse(name, &Limits::default()).unwrap()
    }

    #[test]
    fn misses_between_two_events_are_one() {
        let (misses, stamps) = (Misses::default(), Stamps::default());
        stamps.begin_after(7);
        let [a, b] = ["cache-a", "cache-b"].map(channel);
        let version = |channel| misses.miss(channel, &stamps).version;
        misses.fill(&a);
        assert_eq!([version(&a), version(&b), version(&a)], [8, 9, 8]);
        misses.fill(&a);
        assert_eq!([version(&a), version(&b), version(&a)], [10, 9, 10]);
        stamps.begin_after(3);
        assert_eq!(stamps.next(), 11);
    }

    #[test]
    fn few_misses_are_remembered() {
        let (misses, stamps) = (Misses::default(), Stamps::default());
        for number in 0..=MISSES {
            misses.miss(&channel(&format!("cache-{number}")), &stamps);
        }
        assert_eq!(misses.versions.lock().len(), 1);
    }
}
