//! Absences that linger, because the client may reconnect.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use clairon_protocol::AppId;
use jiff::Timestamp;

use super::report::{Cause, Key};

/// The largest number of absences that linger.
const CAPACITY: usize = 262_144;

/// The absences of channels and members that linger. The time depends on the cause. A client that reconnects within it
/// costs two operations on a map and makes no event.
#[derive(Debug)]
pub(crate) struct Lingering {
    times: [Duration; 2],
    absences: HashMap<Key, Absence>,
    /// The times at which absences are due, by cause, in the order of time. Cancelled absences may still be in it.
    due: [VecDeque<Due>; 2],
    last_number: u64,
}

/// An absence of a channel or a member.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Absence {
    pub(crate) version: u64,
    /// The time of its end by the clock of the versions, if they are times in microseconds.
    pub(crate) place: u64,
    pub(crate) at: Timestamp,
    cause: Cause,
    number: u64,
}

#[derive(Debug)]
struct Due {
    at: Instant,
    key: Key,
    number: u64,
}

impl Lingering {
    /// Absences of cause [`Cause::Left`] linger for `left`, others for `node_gone`.
    pub(crate) fn new(left: Duration, node_gone: Duration) -> Self {
        Self { times: [left, node_gone], absences: HashMap::new(), due: Default::default(), last_number: 0 }
    }

    /// Adds an absence. A lingering one with a greater version stays instead. False: [`CAPACITY`] absences linger.
    pub(crate) fn add(&mut self, key: Key, version: u64, at: Timestamp, cause: Cause, now: Instant) -> bool {
        if self.absences.get(&key).is_some_and(|waiting| waiting.version >= version) {
            return true;
        }
        if self.absences.len() >= CAPACITY && !self.absences.contains_key(&key) {
            return false;
        }
        self.last_number += 1;
        let number = self.last_number;
        let time = self.times[cause as usize];
        let place = version.saturating_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        self.due[cause as usize].push_back(Due { at: now + time, key: key.clone(), number });
        self.absences.insert(key, Absence { version, place, at, cause, number });
        true
    }

    /// Cancels the absence if it is older than `version`, and returns its cause. `None`: there is no such absence.
    pub(crate) fn cancel(&mut self, key: &Key, version: u64) -> Option<Cause> {
        let cause = self.absences.get(key).filter(|waiting| waiting.version < version)?.cause;
        self.absences.remove(key);
        self.forget_cancelled();
        Some(cause)
    }

    /// Drops all absences of an app.
    pub(crate) fn forget(&mut self, app: &AppId) {
        self.absences.retain(|key, _| key.app != *app);
    }

    /// Takes at most `limit` absences that are due. Those of one channel are in their order.
    pub(crate) fn take_due(&mut self, now: Instant, limit: usize) -> Vec<(Key, Absence)> {
        let mut taken = Vec::new();
        while taken.len() < limit
            && let Some(queue) = self.earliest().filter(|queue| self.due[*queue][0].at <= now)
            && let Some(Due { key, number, .. }) = self.due[queue].pop_front()
        {
            if self.absences.get(&key).is_some_and(|absence| absence.number == number)
                && let Some(absence) = self.absences.remove(&key)
            {
                taken.push((key, absence));
            }
        }
        taken
    }

    /// The time at which the next absence is due. The absence may be cancelled already.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.earliest().map(|queue| self.due[queue][0].at)
    }

    /// The number of absences that linger.
    pub(crate) fn len(&self) -> usize {
        self.absences.len()
    }

    /// The queue with the earliest absence.
    fn earliest(&self) -> Option<usize> {
        (0..self.due.len()).filter(|queue| !self.due[*queue].is_empty()).min_by_key(|queue| self.due[*queue][0].at)
    }

    /// Removes cancelled absences from the front of the queues, so that the queues do not grow when clients flap.
    fn forget_cancelled(&mut self) {
        for queue in &mut self.due {
            while queue
                .front()
                .is_some_and(|due| self.absences.get(&due.key).is_none_or(|now| now.number != due.number))
            {
                queue.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clairon_protocol::{ChannelName, Limits, UserId};
    use clairon_registry::Subject;

    use super::*;

    fn key(user: &str) -> Key {
        let channel = ChannelName::parse("presence-a", &Limits::default()).unwrap();
        Key { app: AppId::parse("1").unwrap(), channel, subject: Subject::Member(UserId::from(user)) }
    }

    fn second(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    fn lingering() -> (Lingering, Instant) {
        (Lingering::new(second(3), second(10)), Instant::now())
    }

    fn due(lingering: &mut Lingering, now: Instant) -> Vec<(Key, u64)> {
        lingering.take_due(now, 9).into_iter().map(|(key, absence)| (key, absence.version)).collect()
    }

    fn add(lingering: &mut Lingering, user: &str, version: u64, cause: Cause, now: Instant) {
        assert!(lingering.add(key(user), version, Timestamp::UNIX_EPOCH, cause, now));
    }

    #[test]
    fn an_absence_is_due_when_its_time_is_over() {
        let (mut lingering, start) = lingering();
        add(&mut lingering, "gone", 1, Cause::NodeGone, start);
        add(&mut lingering, "ada", 2, Cause::Left, start + second(1));
        add(&mut lingering, "bob", 3, Cause::Left, start + second(1));
        assert_eq!(lingering.next_due(), Some(start + second(4)));
        assert_eq!(due(&mut lingering, start + Duration::from_millis(3_999)), []);
        assert_eq!(lingering.take_due(start + second(4), 1).len(), 1);
        assert_eq!(due(&mut lingering, start + second(4)), [(key("bob"), 3)]);
        assert_eq!(due(&mut lingering, start + second(10)), [(key("gone"), 1)]);
        assert_eq!((lingering.next_due(), lingering.len()), (None, 0));
    }

    #[test]
    fn who_comes_back_cancels_older_absences_only() {
        let (mut lingering, start) = lingering();
        add(&mut lingering, "ada", 5, Cause::Left, start);
        assert_eq!([lingering.cancel(&key("ada"), 4), lingering.cancel(&key("bob"), 9)], [None; 2]);
        assert_eq!(lingering.cancel(&key("ada"), 6), Some(Cause::Left));
        assert_eq!((lingering.len(), lingering.due[0].len()), (0, 0), "nothing is left of it");
        add(&mut lingering, "ada", 7, Cause::Left, start + second(2));
        add(&mut lingering, "ada", 3, Cause::Left, start + second(2));
        assert_eq!(due(&mut lingering, start + second(3)), [], "the time begins anew");
        assert_eq!(due(&mut lingering, start + second(5)), [(key("ada"), 7)]);
    }

    #[test]
    fn a_later_absence_waits_anew() {
        let (mut lingering, start) = lingering();
        add(&mut lingering, "ada", 1, Cause::Left, start);
        add(&mut lingering, "ada", 3, Cause::Left, start + second(2));
        assert_eq!(due(&mut lingering, start + second(3)), []);
        assert_eq!(due(&mut lingering, start + second(5)), [(key("ada"), 3)]);
        add(&mut lingering, "bob", 4, Cause::Left, start);
        lingering.forget(&key("bob").app);
        assert_eq!(due(&mut lingering, start + second(9)), []);
    }

    #[test]
    fn a_bounded_number_waits() {
        let (mut lingering, start) = lingering();
        for user in 0..CAPACITY {
            add(&mut lingering, &user.to_string(), 1, Cause::Left, start);
        }
        let more = |lingering: &mut Lingering, user: &str, version| {
            lingering.add(key(user), version, Timestamp::UNIX_EPOCH, Cause::Left, start)
        };
        assert!(!more(&mut lingering, "more", 1) && more(&mut lingering, "0", 2));
        assert!(lingering.cancel(&key("1"), 2).is_some() && more(&mut lingering, "more", 1));
    }
}
