//! The subscription counts of large channels, which are sent every few seconds.

use std::collections::HashMap;

use clairon_protocol::{AppId, ChannelName};
use parking_lot::Mutex;

/// The largest number of subscribers for which each change is sent at once. Subscribers get counts by the same rule
/// (Pusher's documentation of subscription counting).
const PROMPT: u64 = 100;
/// The largest number of channels with a waiting count. Counts of further channels are sent at once.
const CAPACITY: usize = 10_000;

/// The latest count of each large channel, with its version.
#[derive(Debug, Default)]
pub(crate) struct LateCounts(Mutex<HashMap<(AppId, ChannelName), (u64, u64)>>);

impl LateCounts {
    /// Keeps a count to be sent later. False: it has to be sent at once. An older count of the channel is dropped in
    /// both cases.
    pub(crate) fn take_in(&self, app: &AppId, channel: &ChannelName, count: u64, version: u64) -> bool {
        let mut counts = self.0.lock();
        if count <= PROMPT && counts.is_empty() {
            return false;
        }
        let key = (app.clone(), channel.clone());
        let waiting = counts.get(&key).map(|(_, version)| *version);
        if waiting.is_some_and(|waiting| waiting >= version) {
            return true;
        }
        if count > PROMPT && (waiting.is_some() || counts.len() < CAPACITY) {
            counts.insert(key, (count, version));
            return true;
        }
        counts.remove(&key);
        false
    }

    /// Takes all of them.
    pub(crate) fn take(&self) -> Vec<(AppId, ChannelName, u64, u64)> {
        let counts = std::mem::take(&mut *self.0.lock());
        counts.into_iter().map(|((app, channel), (count, version))| (app, channel, count, version)).collect()
    }
}

#[cfg(test)]
mod tests {
    use clairon_protocol::Limits;

    use super::*;

    #[test]
    fn the_latest_number_of_a_large_channel_waits() {
        let (app, counts) = (AppId::parse("1").unwrap(), LateCounts::default());
        let channel = ChannelName::parse("a", &Limits::default()).unwrap();
        let take_in = |count, version| counts.take_in(&app, &channel, count, version);
        assert!(!take_in(100, 1));
        assert!(take_in(101, 2) && take_in(103, 4) && take_in(102, 3));
        assert_eq!(counts.take(), [(app.clone(), channel.clone(), 103, 4)]);
        assert!(take_in(101, 5) && !take_in(100, 6));
        assert_eq!(counts.take(), [], "the number that was told is later");
    }
}
