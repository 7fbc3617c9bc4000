//! The logs in Redis that this node has asked for, and their limit.
//!
//! A log stays in Redis for its window after its last subscriber, without a mirror on any node. Each node bounds those
//! that it was the last to keep, so that clients cannot leave any number of logs behind.

use std::{collections::HashMap, time::Duration};

use clairon_cluster::{Cluster, ClusterError, KeptLog, Place};
use clairon_hub::{LogSize, Millis};
use parking_lot::Mutex;

/// The memory of a log without events, in bytes. It counts, so that clients cannot open any number of logs.
const OVERHEAD: usize = 256;
/// The time by which the remaining time of a log may be longer than this node has set it to: another node keeps the log
/// then. Uses are noted every 10 s.
const SLACK: Duration = Duration::from_secs(15);
/// Most logs in one round trip.
const BATCH: usize = 256;

/// The logs that this node keeps in Redis.
pub(super) struct KeptLogs {
    /// Most bytes of all together.
    bytes: usize,
    logs: Mutex<HashMap<Place, Use>>,
}

/// The use of a log by this node.
#[derive(Clone, Copy)]
struct Use {
    last: Millis,
    /// How long the log is kept after its last use.
    kept_for: Duration,
    size: LogSize,
}

impl KeptLogs {
    pub(super) fn new(bytes: usize) -> Self {
        Self { bytes, logs: Mutex::default() }
    }

    /// Notes a use of a log.
    pub(super) fn note_use(&self, place: Place, kept_for: Duration, now: Millis) {
        let size = LogSize { logs: 1, events: 0, bytes: OVERHEAD };
        let mut logs = self.logs.lock();
        let kept = logs.entry(place).or_insert(Use { last: now, kept_for, size });
        (kept.last, kept.kept_for) = (now, kept_for);
    }

    /// The size of all of them.
    pub(super) fn size(&self) -> LogSize {
        let logs = self.logs.lock();
        logs.values().fold(LogSize::default(), |sum, Use { size, .. }| LogSize {
            logs: sum.logs + 1,
            events: sum.events + size.events,
            bytes: sum.bytes + size.bytes,
        })
    }

    /// Measures all logs, and drops the longest unused ones while all together have more bytes than they may. Those
    /// with a mirror here are bounded with the mirrors.
    ///
    /// # Errors
    /// Redis does not answer.
    pub(super) async fn limit(
        &self,
        cluster: &Cluster,
        is_mirrored: impl Fn(&Place) -> bool,
        now: Millis,
    ) -> Result<(), ClusterError> {
        let places: Vec<Place> = self.logs.lock().keys().cloned().collect();
        for places in places.chunks(BATCH) {
            let kept = cluster.kept_logs(places).await?;
            for (place, kept) in places.iter().zip(kept) {
                self.note_size(place, kept, is_mirrored(place), now);
            }
        }
        let dropped = self.take_longest_unused(is_mirrored);
        for places in dropped.chunks(BATCH) {
            cluster.drop_logs(places).await?;
        }
        Ok(())
    }

    fn note_size(&self, place: &Place, kept: Option<KeptLog>, is_mirrored: bool, now: Millis) {
        let mut logs = self.logs.lock();
        let Some(known) = logs.get_mut(place) else { return };
        let rest = known.kept_for.saturating_sub(Duration::from_millis(now.saturating_sub(known.last)));
        match kept {
            Some(kept) if is_mirrored || kept.rest <= rest + SLACK => {
                known.size = LogSize { logs: 1, events: kept.events, bytes: kept.bytes + OVERHEAD };
            }
            // It has gone, or another node keeps it.
            _ => {
                logs.remove(place);
            }
        }
    }

    fn take_longest_unused(&self, is_mirrored: impl Fn(&Place) -> bool) -> Vec<Place> {
        let mut bytes = self.size().bytes;
        if bytes <= self.bytes {
            return Vec::new();
        }
        let mut logs = self.logs.lock();
        let mut unused: Vec<(Millis, Place)> = logs
            .iter()
            .filter(|(place, _)| !is_mirrored(place))
            .map(|(place, kept)| (kept.last, place.clone()))
            .collect();
        unused.sort_unstable_by_key(|(last, _)| *last);
        let mut dropped = Vec::new();
        for (_, place) in unused {
            if bytes <= self.bytes {
                break;
            }
            bytes -= logs.remove(&place).map_or(0, |kept| kept.size.bytes);
            dropped.push(place);
        }
        dropped
    }
}

#[cfg(test)]
mod tests {
    use clairon_protocol::{AppId, ChannelName, Limits};

    use super::*;

    fn place(channel: &str) -> Place {
        let channel = ChannelName::parse(channel, &Limits::default()).unwrap();
        Place { app: AppId::parse("app").unwrap(), channel }
    }

    #[test]
    fn the_longest_unused_logs_go_and_those_of_other_nodes_do_not_count() {
        let logs = KeptLogs::new(2_500);
        let kept_for = Duration::from_mins(1);
        let measured = |bytes, rest| Some(KeptLog { events: 1, bytes, rest: Duration::from_secs(rest) });
        for (channel, used_at) in [("a", 1), ("b", 3), ("c", 2), ("in-use", 0), ("elsewhere", 0), ("gone", 0)] {
            logs.note_use(place(channel), kept_for, used_at);
        }
        for (channel, kept) in [
            ("a", measured(1_000, 30)),
            ("b", measured(1_000, 30)),
            ("c", measured(1_000, 30)),
            ("in-use", measured(200, 60)),
            ("elsewhere", measured(1_000, 60)),
            ("gone", None),
        ] {
            logs.note_size(&place(channel), kept, channel == "in-use", 30_000);
        }
        assert_eq!(logs.size(), LogSize { logs: 4, events: 4, bytes: 3_200 + 4 * OVERHEAD });
        let in_use = |channel: &Place| *channel == place("in-use");
        assert_eq!(logs.take_longest_unused(in_use), [place("a"), place("c")]);
        assert_eq!(logs.take_longest_unused(in_use), []);
        // It is used again.
        logs.note_use(place("a"), kept_for, 40_000);
        assert_eq!(logs.size().logs, 3);
    }
}
