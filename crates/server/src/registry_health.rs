//! Whether the registry's database answers, and accepts writes.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use clairon_hub::Millis;
use clairon_registry::RegistryError;
use parking_lot::Mutex;
use tracing::{error, info};

/// The database counts as down if its last answer is older than this. It is asked every second.
const PATIENCE: Duration = Duration::from_secs(2);

/// The state of the registry's database, as far as this node knows.
#[derive(Debug, Default)]
pub struct RegistryHealth {
    has_answered: AtomicBool,
    answered_at: AtomicU64,
    failures: AtomicU64,
    write_failures: AtomicU64,
    write_trouble: Mutex<Option<WriteTrouble>>,
}

/// The database accepts no writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteTrouble {
    /// The time of the first failed write.
    pub(crate) since: Millis,
    /// The latest error of the database, its driver or the system. It contains no secret.
    pub cause: String,
}

impl RegistryHealth {
    /// Notes whether the database answered the query for changes.
    pub(crate) fn note_answer(&self, has_answered: bool, now: Millis) {
        self.has_answered.store(has_answered, Relaxed);
        if has_answered {
            self.answered_at.store(now, Relaxed);
        } else {
            self.failures.fetch_add(1, Relaxed);
        }
    }

    /// True if the database has answered the last query, and recently.
    pub fn is_up(&self, now: Millis) -> bool {
        self.has_answered.load(Relaxed) && self.age(now) < PATIENCE
    }

    /// The time since the last answer.
    pub fn age(&self, now: Millis) -> Duration {
        Duration::from_millis(now.saturating_sub(self.answered_at.load(Relaxed)))
    }

    /// The number of queries without an answer.
    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Relaxed)
    }

    /// Notes the result of a write. A success does not end the trouble, because not every write changes something. Only
    /// [`Self::takes_writes`] ends it.
    pub(crate) fn note_write<T>(&self, result: &Result<T, RegistryError>, now: Millis) {
        let Err(failure) = result else { return };
        if !failure.is_outage() {
            return;
        }
        self.write_failures.fetch_add(1, Relaxed);
        let cause = failure.to_string();
        let mut trouble = self.write_trouble.lock();
        if trouble.is_none() {
            error!(cause, "the registry takes no writes: changes of apps are refused, and statistics wait");
        }
        let since = trouble.as_ref().map_or(now, |trouble| trouble.since);
        *trouble = Some(WriteTrouble { since, cause });
    }

    /// Notes that a write has changed something.
    pub(crate) fn takes_writes(&self, now: Millis) {
        if let Some(trouble) = self.write_trouble.lock().take() {
            let seconds = Duration::from_millis(now.saturating_sub(trouble.since)).as_secs_f32();
            info!(seconds, "the registry takes writes again");
        }
    }

    /// `None` if the database accepts writes as far as is known.
    pub fn write_trouble(&self) -> Option<WriteTrouble> {
        self.write_trouble.lock().clone()
    }

    /// The number of writes that failed because of the database.
    pub(crate) fn write_failures(&self) -> u64 {
        self.write_failures.load(Relaxed)
    }
}

impl WriteTrouble {
    /// The duration of the trouble.
    pub fn duration(&self, now: Millis) -> Duration {
        Duration::from_millis(now.saturating_sub(self.since))
    }
}

#[cfg(test)]
mod tests {
    use clairon_protocol::AppId;

    use super::*;
    use crate::clock::millis;

    #[test]
    fn it_is_up_while_it_answers() {
        let (health, patience) = (RegistryHealth::default(), millis(PATIENCE));
        assert!(!health.is_up(0), "it was not asked yet");
        health.note_answer(true, 1_000);
        assert!(health.is_up(1_000 + patience - 1));
        assert!(!health.is_up(1_000 + patience), "a question hangs");
        health.note_answer(true, 5_000);
        health.note_answer(false, 5_100);
        assert!(!health.is_up(5_100), "an error is enough");
        assert_eq!((health.age(5_100), health.failures()), (Duration::from_millis(100), 1));
        health.note_answer(true, 5_200);
        assert!(health.is_up(5_200));
    }

    #[test]
    fn writes_fail_from_the_first_failure_to_a_write_that_counts() {
        let health = RegistryHealth::default();
        let refusal = RegistryError::IdTaken { id: AppId::parse("1").unwrap() };
        health.note_write::<()>(&Err(refusal), 10);
        assert_eq!((health.write_trouble(), health.write_failures()), (None, 0), "the database is well");
        for (now, seconds) in [(20, 1), (30, 2)] {
            health.note_write::<()>(&Err(RegistryError::TimedOut { limit: Duration::from_secs(seconds) }), now);
        }
        health.note_write(&Ok(()), 35);
        let trouble = health.write_trouble().unwrap();
        assert_eq!((trouble.since, trouble.duration(40)), (20, Duration::from_millis(20)));
        assert_eq!(trouble.cause, "the database did not answer within 2 seconds");
        health.takes_writes(50);
        assert_eq!((health.write_trouble(), health.write_failures()), (None, 2));
    }
}
