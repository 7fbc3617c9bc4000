//! The log of a channel: its last events with their numbers.

use std::collections::VecDeque;

use bytes::Bytes;
use clairon_protocol::{Epoch, LogRoom, LossReason, RecoveryToken, SocketId};

use crate::{Millis, SavedEvent};

/// The memory of an event beside its frame, in bytes.
const OVERHEAD: usize = 64;

/// The last events of a channel.
///
/// Their numbers follow each other without a gap. The log does not choose a number: it comes from the place that orders
/// the events of the channel. On a lone node that is the channel's lock.
#[derive(Debug)]
pub(crate) struct ChannelLog {
    epoch: Epoch,
    pub(crate) room: LogRoom,
    entries: VecDeque<LogEntry>,
    /// The number of the last event, in the log or not any more; 0 before the first.
    head: u64,
    bytes: usize,
}

/// An event of a log.
#[derive(Clone, Debug)]
pub(crate) struct LogEntry {
    /// The frame with the number.
    pub(crate) frame: Bytes,
    /// The connection that does not get the event.
    pub(crate) except: Option<SocketId>,
    /// The time at which the event leaves the log.
    pub(crate) expires_at: Millis,
}

impl LogEntry {
    fn size(&self) -> usize {
        OVERHEAD + self.frame.len()
    }
}

impl ChannelLog {
    /// A log without events.
    pub(crate) const fn new(epoch: Epoch, room: LogRoom) -> Self {
        Self { epoch, room, entries: VecDeque::new(), head: 0, bytes: 0 }
    }

    /// A log that goes on from a saved one, whose last event had the number `head`.
    pub(crate) fn restored(epoch: Epoch, room: LogRoom, head: u64, events: Vec<SavedEvent>, now: Millis) -> Self {
        let mut log = Self { head: head.saturating_sub(events.len() as u64), ..Self::new(epoch, room) };
        for SavedEvent { frame, except, age } in events {
            let expires_at = now + room.window.saturating_sub(age);
            log.append(log.head + 1, LogEntry { frame, except, expires_at });
        }
        log.prune(now);
        log
    }

    pub(crate) const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The number of the last event; 0 before the first.
    pub(crate) const fn head(&self) -> u64 {
        self.head
    }

    /// The number of the oldest event in the log; the next number if there is none.
    pub(crate) fn oldest(&self) -> u64 {
        self.head + 1 - self.entries.len() as u64
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds the event with the number `seq`, which is the next one. The oldest events go to make room.
    pub(crate) fn append(&mut self, seq: u64, entry: LogEntry) {
        debug_assert_eq!(seq, self.head + 1, "numbers have no gap");
        self.head = seq;
        self.bytes += entry.size();
        self.entries.push_back(entry);
        while self.entries.len() > self.room.events || self.bytes > self.room.bytes {
            self.drop_oldest();
        }
    }

    /// Adds events of another copy of this log that are not in it: those before its oldest event, as far as there is
    /// room, and those after its last one. The number of the first is `first`, and there is no gap between the two.
    pub(crate) fn merge(&mut self, first: u64, events: Vec<SavedEvent>, now: Millis) {
        let entry = |SavedEvent { frame, except, age }: SavedEvent| {
            let expires_at = now + self.room.window.saturating_sub(age);
            LogEntry { frame, except, expires_at }
        };
        let mut earlier: Vec<LogEntry> = events.into_iter().map(entry).collect();
        let seq_end = first + earlier.len() as u64;
        let later = earlier.split_off(position_in(first, self.head + 1, earlier.len()));
        earlier.truncate(position_in(first, self.oldest(), earlier.len()));
        if seq_end >= self.oldest() {
            for entry in earlier.into_iter().rev() {
                if self.entries.len() == self.room.events || self.bytes + entry.size() > self.room.bytes {
                    break;
                }
                self.bytes += entry.size();
                self.entries.push_front(entry);
            }
        }
        for entry in later {
            self.append(self.head + 1, entry);
        }
        self.prune(now);
    }

    /// Drops all events. Their numbers are not used again.
    pub(crate) fn clear(&mut self) {
        self.entries = VecDeque::new();
        self.bytes = 0;
    }

    /// Drops the events that are too old.
    pub(crate) fn prune(&mut self, now: Millis) {
        while self.entries.front().is_some_and(|oldest| oldest.expires_at <= now) {
            self.drop_oldest();
        }
    }

    /// The events after `seq`, with their numbers. `None` if the next one has left the log.
    pub(crate) fn since(&self, seq: u64) -> Option<impl Iterator<Item = (u64, &LogEntry)>> {
        let oldest = self.oldest();
        let skipped = (seq + 1).checked_sub(oldest)?;
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        Some((seq + 1..).zip(self.entries.iter().skip(skipped)))
    }

    /// The events after `seq` for the holder of a token. A token that is not genuine is `None`.
    ///
    /// # Errors
    /// The reason why the holder cannot get all of them.
    pub(crate) fn resume(
        &self,
        token: Option<RecoveryToken>,
        seq: u64,
    ) -> Result<impl Iterator<Item = (u64, &LogEntry)>, LossReason> {
        let RecoveryToken { epoch, bound } = token.ok_or(LossReason::Token)?;
        if epoch != self.epoch {
            return Err(LossReason::Epoch);
        }
        if !(bound..=self.head).contains(&seq) {
            return Err(LossReason::Token);
        }
        self.since(seq).ok_or(LossReason::Expired)
    }

    /// The events, for a file that outlives the process.
    pub(crate) fn saved(&self, now: Millis) -> Vec<SavedEvent> {
        let saved = |LogEntry { frame, except, expires_at }: &LogEntry| {
            let left = expires_at.saturating_sub(now);
            SavedEvent { frame: frame.clone(), except: *except, age: self.room.window.saturating_sub(left) }
        };
        self.entries.iter().map(saved).collect()
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.entries.pop_front() {
            self.bytes -= oldest.size();
            // After a burst the room of the queue is given back.
            if self.entries.len() * 4 < self.entries.capacity() && self.entries.capacity() > 64 {
                self.entries.shrink_to(self.entries.len() * 2);
            }
        }
    }
}

/// The index of the event `seq` in a list of `len` events that begins with the number `first`.
fn position_in(first: u64, seq: u64, len: usize) -> usize {
    usize::try_from(seq.saturating_sub(first)).unwrap_or(usize::MAX).min(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: LogRoom = LogRoom { events: 3, bytes: 1_000, window: 100, life: 0 };

    fn log(room: LogRoom) -> ChannelLog {
        ChannelLog::new(Epoch::from_random(7), room)
    }

    fn append(log: &mut ChannelLog, size: usize, at: Millis) {
        log.append(
            log.head() + 1,
            LogEntry { frame: vec![b'x'; size].into(), except: None, expires_at: at + ROOM.window },
        );
    }

    fn since(log: &ChannelLog, seq: u64) -> Option<Vec<u64>> {
        log.since(seq).map(|events| events.map(|(seq, _)| seq).collect())
    }

    #[test]
    fn the_last_events_are_there() {
        let mut log = log(ROOM);
        assert_eq!((since(&log, 0), log.oldest()), (Some(vec![]), 1));
        for _ in 0..5 {
            append(&mut log, 10, 0);
        }
        assert_eq!((log.head(), log.oldest()), (5, 3));
        assert_eq!([1, 2, 4, 5].map(|seq| since(&log, seq)), [None, Some(vec![3, 4, 5]), Some(vec![5]), Some(vec![])]);
    }

    #[test]
    fn events_leave_it_by_size_and_by_age() {
        let mut log = log(ROOM);
        append(&mut log, 10, 0);
        append(&mut log, 900, 50);
        assert_eq!(since(&log, 0), None);
        assert_eq!((since(&log, 1), log.bytes()), (Some(vec![2]), 900 + OVERHEAD));
        log.prune(149);
        assert_eq!(log.len(), 1);
        log.prune(150);
        assert_eq!((log.len(), log.bytes(), since(&log, 1), since(&log, 2)), (0, 0, None, Some(vec![])));
        append(&mut log, 1_000, 200);
        assert_eq!((log.len(), log.head(), since(&log, 2)), (0, 3, None), "it does not fit alone");
    }

    #[test]
    fn a_holder_gets_what_the_token_allows() {
        let mut log = log(ROOM);
        for _ in 0..5 {
            append(&mut log, 10, 0);
        }
        let resume = |epoch, bound, seq| {
            let token = RecoveryToken { epoch: Epoch::from_random(epoch), bound };
            log.resume(Some(token), seq).map(Iterator::count)
        };
        assert_eq!(resume(7, 2, 3), Ok(2));
        assert_eq!(resume(7, 5, 5), Ok(0));
        assert_eq!(resume(7, 4, 3), Err(LossReason::Token), "below its bound");
        assert_eq!(resume(7, 0, 6), Err(LossReason::Token), "from the future");
        assert_eq!(resume(7, 0, 1), Err(LossReason::Expired));
        assert_eq!(resume(8, 0, 9), Err(LossReason::Epoch));
        assert_eq!(log.resume(None, 5).map(Iterator::count), Err(LossReason::Token));
    }

    #[test]
    fn another_copy_adds_what_is_missing_on_both_sides() {
        let event = |name: u8| SavedEvent { frame: vec![name].into(), except: None, age: 0 };
        let copy = |numbers: std::ops::RangeInclusive<u8>| numbers.map(event).collect::<Vec<_>>();
        let room = LogRoom { events: 6, ..ROOM };
        let mut log = ChannelLog::restored(Epoch::from_random(7), room, 5, copy(4..=5), 0);
        log.merge(2, copy(2..=7), 0);
        assert_eq!((since(&log, 1), log.head()), (Some(vec![2, 3, 4, 5, 6, 7]), 7));
        let frames: Vec<u8> = log.since(1).unwrap().map(|(_, entry)| entry.frame[0]).collect();
        assert_eq!(frames, [2, 3, 4, 5, 6, 7]);
        log.merge(1, copy(1..=3), 0);
        assert_eq!(log.oldest(), 2, "there is no room for more");
        log.merge(8, copy(8..=8), 0);
        assert_eq!((log.oldest(), log.head()), (3, 8));
        log.clear();
        assert_eq!((since(&log, 7), since(&log, 8), log.bytes()), (None, Some(vec![]), 0));
        log.merge(7, copy(7..=9), 0);
        assert_eq!(since(&log, 6), Some(vec![7, 8, 9]));
    }

    #[test]
    fn a_saved_log_goes_on() {
        let mut log = log(ROOM);
        for at in [0, 10, 20, 30] {
            append(&mut log, 10, at);
        }
        let saved = |late: Millis| {
            let mut events = log.saved(30);
            for event in &mut events {
                event.age += late;
            }
            ChannelLog::restored(log.epoch(), ROOM, log.head(), events, 5)
        };
        assert_eq!((saved(0).head(), since(&saved(0), 1)), (4, Some(vec![2, 3, 4])));
        let later = saved(85);
        assert_eq!((later.head(), since(&later, 1), since(&later, 2)), (4, None, Some(vec![3, 4])));
        assert_eq!((saved(100).head(), saved(100).oldest(), saved(100).bytes()), (4, 5, 0));
    }
}
