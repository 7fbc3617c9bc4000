//! The ranges that an app's limits may be set to.

use clairon_protocol::Limits;

use crate::error::RegistryError;

/// One limit of an app and the values that it may take. The least is always 1: a feature is turned off by its switch.
#[derive(Clone, Copy, Debug)]
pub struct LimitRange {
    /// Its name: the setting, the column and the field alike.
    pub name: &'static str,
    /// What it limits, for people.
    pub meaning: &'static str,
    /// The largest value, chosen so that one message, batch or roster stays within what a small machine can hold.
    pub max: u32,
    field: fn(&mut Limits) -> &mut u32,
}

impl LimitRange {
    const fn new(name: &'static str, meaning: &'static str, max: u32, field: fn(&mut Limits) -> &mut u32) -> Self {
        Self { name, meaning, max, field }
    }

    /// The one called so.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        LIMITS.iter().find(|range| range.name == name)
    }

    /// Its value among these.
    #[must_use]
    pub fn get(&self, mut limits: Limits) -> u32 {
        *(self.field)(&mut limits)
    }

    /// Gives it a value.
    ///
    /// # Errors
    /// The value is out of range.
    pub fn set(&self, limits: &mut Limits, value: i64) -> Result<(), RegistryError> {
        *(self.field)(limits) = self.check(value)?;
        Ok(())
    }

    /// Takes `value` if it is in range. Wider than a limit, so that an error can report what a database holds.
    pub(crate) fn check(&self, value: i64) -> Result<u32, RegistryError> {
        check_range(self.name, value, self.max)
    }
}

/// Every limit, in the order of [`Limits`].
pub const LIMITS: [LimitRange; 12] = [
    LimitRange::new("channel_name_bytes", "The longest channel name, in bytes", 1_000, |limits| {
        &mut limits.channel_name_bytes
    }),
    LimitRange::new("event_name_chars", "The longest event name, in characters", 1_000, |limits| {
        &mut limits.event_name_chars
    }),
    LimitRange::new("event_data_bytes", "The longest data of an event, in bytes", 10 * 1024 * 1024, |limits| {
        &mut limits.event_data_bytes
    }),
    LimitRange::new("channels_per_event", "How many channels one event may be published to", 10_000, |limits| {
        &mut limits.channels_per_event
    }),
    LimitRange::new("events_per_batch", "How many events one batch may hold", 1_000, |limits| {
        &mut limits.events_per_batch
    }),
    LimitRange::new("presence_members", "How many users a presence channel may hold", 10_000, |limits| {
        &mut limits.presence_members
    }),
    LimitRange::new("user_id_chars", "The longest id of a user, in characters", 1_000, |limits| {
        &mut limits.user_id_chars
    }),
    LimitRange::new("user_info_bytes", "The longest user_info of a presence member, in bytes", 65_536, |limits| {
        &mut limits.user_info_bytes
    }),
    LimitRange::new("watchlist_users", "How many users one signed-in user may watch", 10_000, |limits| {
        &mut limits.watchlist_users
    }),
    LimitRange::new(
        "client_events_per_second",
        "How many client events a connection may send in one second",
        10_000,
        |limits| &mut limits.client_events_per_second,
    ),
    LimitRange::new(
        "subscriptions_per_connection",
        "How many channels a connection may be subscribed to at once",
        100_000,
        |limits| &mut limits.subscriptions_per_connection,
    ),
    LimitRange::new(
        "cache_ttl_seconds",
        "How long a cache channel remembers its last event, in seconds",
        86_400,
        |limits| &mut limits.cache_ttl_seconds,
    ),
];

/// Takes `value` as the limit called `name`, which is one of [`LIMITS`].
#[expect(clippy::expect_used, reason = "the callers name columns, which are called as the limits")]
pub(crate) fn limit(name: &'static str, value: i64) -> Result<u32, RegistryError> {
    LimitRange::named(name).expect("the name of a limit").check(value)
}

/// Takes `value` as the number called `field` if it is from 1 to `max`.
pub(crate) fn check_range(field: &'static str, value: i64, max: u32) -> Result<u32, RegistryError> {
    match u32::try_from(value) {
        Ok(value) if (1..=max).contains(&value) => Ok(value),
        _ => Err(RegistryError::Range { field, value, max }),
    }
}

#[cfg(test)]
mod tests {
    use std::array;

    use super::*;

    #[test]
    fn a_limit_is_checked_by_its_name() {
        for LimitRange { name, max, .. } in LIMITS {
            let max = i64::from(max);
            assert!(limit(name, 1).is_ok() && limit(name, max).is_ok(), "{name}");
            assert!(limit(name, 0).is_err() && limit(name, max + 1).is_err(), "{name}");
        }
        let error = limit("cache_ttl_seconds", i64::MAX).unwrap_err().to_string();
        assert_eq!(error, "cache_ttl_seconds is 9223372036854775807, allowed are 1 to 86400");
    }

    #[test]
    fn each_is_set_and_no_other() {
        let mut limits = Limits::default();
        let values: [u32; LIMITS.len()] = array::from_fn(|index| LIMITS[index].max - 1);
        for (range, value) in LIMITS.iter().zip(values) {
            range.set(&mut limits, value.into()).unwrap();
            assert!(range.set(&mut limits, -1).is_err());
        }
        assert_eq!(LIMITS.map(|range| range.get(limits)), values);
    }

    #[test]
    fn every_default_is_in_range() {
        for range in &LIMITS {
            range.check(range.get(Limits::default()).into()).unwrap();
        }
    }
}
