//! The logs of all channels of a node: their total size, and which one goes first.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry},
    fmt,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use bytes::Bytes;
use clairon_protocol::{Amendment, AppId, ChannelName, RecoveryKey};
use parking_lot::Mutex;

use crate::Millis;

/// The memory of a log without events, in bytes. It counts, so that a client cannot open any number of logs.
const OVERHEAD: usize = 512;

/// A frame with another end of its text.
pub type Amend = fn(&Bytes, &Amendment) -> Bytes;

/// The settings of the logs of a node.
#[derive(Debug)]
pub struct LogSettings {
    /// Encodes the frames of subscribers that asked for recovery.
    pub amend: Amend,
    /// The key of the tokens.
    pub key: RecoveryKey,
    /// The most bytes of all logs together.
    pub bytes: usize,
}

/// The size of logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogSize {
    /// The number of logs.
    pub logs: usize,
    /// The number of their events.
    pub events: usize,
    /// The bytes of their events, with what each log and each event needs in addition.
    pub bytes: usize,
}

/// The logs of a node.
pub(crate) struct Logs {
    pub(crate) settings: LogSettings,
    count: AtomicUsize,
    events: AtomicUsize,
    bytes: AtomicUsize,
    index: Mutex<Index>,
}

/// The channels with a log. The first is the one that goes first.
#[derive(Default)]
struct Index {
    order: BTreeMap<Rank, (AppId, ChannelName)>,
    /// The logs of channels without subscribers, by app. Those of users' channels are not among them.
    unused: HashMap<AppId, BTreeSet<Rank>>,
    last_number: u64,
}

/// The place of a log in the order in which logs go: those without subscribers first, then by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    is_used: bool,
    since: Millis,
    number: u64,
}

impl Logs {
    pub(crate) fn new(settings: LogSettings) -> Self {
        Self {
            settings,
            count: AtomicUsize::new(0),
            events: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            index: Mutex::default(),
        }
    }

    pub(crate) fn size(&self) -> LogSize {
        LogSize { logs: self.count.load(Relaxed), events: self.events.load(Relaxed), bytes: self.bytes.load(Relaxed) }
    }

    /// True if the logs have more bytes than they may.
    pub(crate) fn are_over(&self) -> bool {
        self.bytes.load(Relaxed) > self.settings.bytes
    }

    /// True if there is room for another log, or a log without subscribers can go for it. Logs in use do not go for a
    /// new one, so clients cannot replace the logs of others with empty ones.
    pub(crate) fn has_room(&self) -> bool {
        let is_first_unused = || self.index.lock().order.first_key_value().is_some_and(|(rank, _)| !rank.is_used);
        self.bytes.load(Relaxed) + OVERHEAD <= self.settings.bytes || is_first_unused()
    }

    /// Adds a log without events.
    pub(crate) fn open(&self, app: &AppId, channel: &ChannelName, now: Millis) -> Rank {
        self.count.fetch_add(1, Relaxed);
        self.bytes.fetch_add(OVERHEAD, Relaxed);
        self.list(app, channel, true, now)
    }

    /// Lists a log that is open, and not listed.
    pub(crate) fn list(&self, app: &AppId, channel: &ChannelName, is_used: bool, now: Millis) -> Rank {
        self.index.lock().insert(is_used, now, (app.clone(), channel.clone()))
    }

    /// Notes a use of a log, or its end.
    pub(crate) fn rank(&self, before: Rank, is_used: bool, now: Millis) -> Rank {
        let mut index = self.index.lock();
        match index.remove(before) {
            Some(place) => index.insert(is_used, now, place),
            // The log is about to go.
            None => before,
        }
    }

    /// Removes a log without events.
    pub(crate) fn close(&self, rank: Rank) {
        self.count.fetch_sub(1, Relaxed);
        self.bytes.fetch_sub(OVERHEAD, Relaxed);
        self.index.lock().remove(rank);
    }

    /// Counts events that were added or removed.
    pub(crate) fn resize(&self, before: (usize, usize), after: (usize, usize)) {
        for (total, before, after) in [(&self.events, before.0, after.0), (&self.bytes, before.1, after.1)] {
            // It wraps around for a smaller number, and so does the sum.
            total.fetch_add(after.wrapping_sub(before), Relaxed);
        }
    }

    /// Takes out the log that goes first.
    pub(crate) fn take_first(&self) -> Option<(AppId, ChannelName)> {
        let mut index = self.index.lock();
        let first = index.order.first_key_value().map(|(rank, _)| *rank)?;
        index.remove(first)
    }

    /// At most `count` channels of an app that have a log and no subscribers that asked for it, those that were left
    /// first.
    pub(crate) fn unused_of(&self, app: &AppId, count: usize) -> Vec<ChannelName> {
        let index = self.index.lock();
        let ranks = index.unused.get(app).into_iter().flatten().take(count);
        ranks.filter_map(|rank| index.order.get(rank)).map(|(_, channel)| channel.clone()).collect()
    }

    /// The channels of an app with a log.
    pub(crate) fn channels_of(&self, app: &AppId) -> Vec<ChannelName> {
        let index = self.index.lock();
        index.order.values().filter(|(id, _)| id == app).map(|(_, channel)| channel.clone()).collect()
    }

    /// All channels with a log.
    pub(crate) fn places(&self) -> Vec<(AppId, ChannelName)> {
        self.index.lock().order.values().cloned().collect()
    }
}

impl Index {
    fn insert(&mut self, is_used: bool, since: Millis, place: (AppId, ChannelName)) -> Rank {
        self.last_number += 1;
        let rank = Rank { is_used, since, number: self.last_number };
        if !is_used && place.1.user_id().is_none() {
            self.unused.entry(place.0.clone()).or_default().insert(rank);
        }
        self.order.insert(rank, place);
        rank
    }

    fn remove(&mut self, rank: Rank) -> Option<(AppId, ChannelName)> {
        let place = self.order.remove(&rank)?;
        if let Entry::Occupied(mut ranks) = self.unused.entry(place.0.clone()) {
            ranks.get_mut().remove(&rank);
            if ranks.get().is_empty() {
                ranks.remove();
            }
        }
        Some(place)
    }
}

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logs").field("size", &self.size()).finish_non_exhaustive()
    }
}
