//! The limits of an app: one table, from which settings, command line, admin API, database and docs are derived.

use std::{fmt, num::NonZeroU32};

use crate::{CacheRoom, LogRoom, PresenceRoom};

/// A limit: one line of the table below.
#[derive(Debug)]
pub struct Limit {
    /// The name of the setting, the database column and the field.
    pub name: &'static str,
    /// The smallest value: 1, because a feature is turned off by its switch, or 0 for a limit that may be absent.
    pub min: u32,
    /// The largest value, chosen so that one message, batch or member list fits the memory of a small machine.
    pub max: u32,
    /// What the number counts.
    pub unit: LimitUnit,
    /// A description for people, without the unit.
    pub meaning: &'static str,
    get: fn(&Limits) -> u32,
    set: fn(&mut Limits, u32),
}

/// The unit of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitUnit {
    /// A number of the things that the description names.
    Count,
    /// Bytes.
    Bytes,
    /// Characters (Unicode code points), which the official libraries count.
    Characters,
    /// Seconds.
    Seconds,
}

/// A number outside of the range of its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is {value}, allowed are {min} to {max}")]
pub struct OutOfRange {
    /// The limit.
    pub name: &'static str,
    /// The number. The type is wider than that of a limit, because a database may contain any number.
    pub value: i64,
    /// The smallest allowed number.
    pub min: u32,
    /// The largest allowed number.
    pub max: u32,
}

/// The type of a field of [`Limits`].
trait LimitValue: Copy {
    fn from_number(number: u32) -> Self;
    fn number(self) -> u32;
}

impl LimitValue for u32 {
    fn from_number(number: u32) -> Self {
        number
    }

    fn number(self) -> u32 {
        self
    }
}

/// `None` is 0 and means that there is no limit.
impl LimitValue for Option<NonZeroU32> {
    fn from_number(number: u32) -> Self {
        NonZeroU32::new(number)
    }

    fn number(self) -> u32 {
        self.map_or(0, NonZeroU32::get)
    }
}

/// Defines [`Limits`], its defaults and [`LIMITS`] from the table.
macro_rules! limits {
    ($($name:ident: $type:ty = $default:expr, $min:literal to $max:expr, $unit:ident, $meaning:literal;)+) => {
        /// The limits of one app. A value is compared with its limit before memory is allocated for it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Limits {
            $(#[doc = $meaning] pub $name: $type,)+
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        /// Every limit, in the order of [`Limits`].
        pub static LIMITS: [Limit; [$(stringify!($name)),+].len()] = [$(Limit {
            name: stringify!($name),
            min: $min,
            max: $max,
            unit: LimitUnit::$unit,
            meaning: $meaning,
            get: |limits| limits.$name.number(),
            set: |limits, number| limits.$name = LimitValue::from_number(number),
        }),+];
    };
}

// The columns: name, type, default, range, unit, meaning. A limit that may be absent is an `Option<NonZeroU32>` with a
// range from 0.
limits! {
    capacity: Option<NonZeroU32> = None, 0 to u32::MAX, Count, "How many connections the app may have at once";
    channel_name_bytes: u32 = 200, 1 to 1_000, Bytes, "The longest channel name, prefix included (hosted Pusher: 164)";
    event_name_chars: u32 = 200, 1 to 1_000, Characters, "The longest event name";
    event_data_bytes: u32 = 102_400, 1 to 10 * 1024 * 1024, Bytes, "The longest data of an event (hosted Pusher: 10240)";
    channels_per_event: u32 = 100, 1 to 10_000, Count, "How many channels one event may be published to";
    events_per_batch: u32 = 10, 1 to 1_000, Count, "How many events one batch may hold";
    presence_members: u32 = 100, 1 to 10_000, Count, "How many distinct users a presence channel may hold";
    user_id_chars: u32 = 128, 1 to 1_000, Characters, "The longest id of a user";
    user_info_bytes: u32 = 2_048, 1 to 65_536, Bytes,
        "The longest user info of a presence member, as JSON (hosted Pusher: 1024)";
    watchlist_users: u32 = 100, 1 to 10_000, Count, "How many users one signed-in user may watch";
    client_events_per_second: u32 = 10, 1 to 10_000, Count,
        "How many client events a connection may send in one second";
    subscriptions_per_connection: u32 = 1_000, 1 to 100_000, Count,
        "How many channels a connection may be subscribed to at once";
    requests_per_second: Option<NonZeroU32> = NonZeroU32::new(100_000), 0 to u32::MAX, Count,
        "How many requests the app's backend may make in one second, on each node";
    events_per_second: Option<NonZeroU32> = NonZeroU32::new(1_000_000), 0 to u32::MAX, Count,
        "How many events the app's backend may trigger in one second, on each node";
    channels: Option<NonZeroU32> = NonZeroU32::new(1_000_000), 0 to u32::MAX, Count,
        "How many channels the app may have at once, on each node";
    cached_bytes: Option<NonZeroU32> = NonZeroU32::new(128 << 20), 0 to u32::MAX, Bytes,
        "The most that the app's cache channels remember together";
    snapshot_bytes: Option<NonZeroU32> = NonZeroU32::new(4 << 20), 0 to u32::MAX, Bytes,
        "The most that the members of one presence channel have together, with their user info";
    cache_ttl_seconds: u32 = 1_800, 1 to 86_400, Seconds, "How long a cache channel remembers its last event";
    recovery_events: u32 = 1_000, 1 to 100_000, Count, "How many events the log of one channel may hold for recovery";
    recovery_bytes: u32 = 1 << 20, 1 to 1 << 30, Bytes, "The most that the log of one channel may hold for recovery";
    recovery_seconds: u32 = 300, 1 to 86_400, Seconds,
        "How long an event stays in the log of its channel, and a log without subscribers is kept";
}

impl Limits {
    /// The limits of each presence channel.
    #[must_use]
    pub fn presence_room(&self) -> PresenceRoom {
        let bytes = self.snapshot_bytes.map_or(usize::MAX, |bytes| bytes.get() as usize);
        PresenceRoom { members: self.presence_members as usize, bytes }
    }

    /// The limits of the events that cache channels remember.
    #[must_use]
    pub fn cache_room(&self) -> CacheRoom {
        let bytes = self.cached_bytes.map_or(usize::MAX, |bytes| bytes.get() as usize);
        CacheRoom { bytes, channels: self.max_channels() }
    }

    /// The limits of the log of each channel, in this [life](LogRoom::life).
    #[must_use]
    pub fn log_room(&self, life: u64) -> LogRoom {
        LogRoom {
            events: self.recovery_events as usize,
            bytes: self.recovery_bytes as usize,
            window: u64::from(self.recovery_seconds) * 1_000,
            life,
        }
    }

    /// Most channels on a node; `usize::MAX` without a limit.
    #[must_use]
    pub fn max_channels(&self) -> usize {
        self.channels.map_or(usize::MAX, |channels| channels.get() as usize)
    }
}

impl Limit {
    /// The limit with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        LIMITS.iter().find(|limit| limit.name == name)
    }

    /// The number of this limit in `limits`; 0 if there is no limit.
    #[must_use]
    pub fn get(&self, limits: &Limits) -> u32 {
        (self.get)(limits)
    }

    /// The default number.
    #[must_use]
    pub fn default(&self) -> u32 {
        self.get(&Limits::default())
    }

    /// Sets the number without a check of its range.
    pub fn set(&self, limits: &mut Limits, number: u32) {
        (self.set)(limits, number);
    }

    /// Checks that `value` is in the range of the limit.
    ///
    /// # Errors
    /// When it is out of range.
    pub fn check(&self, value: i64) -> Result<u32, OutOfRange> {
        let Self { name, min, max, .. } = *self;
        u32::try_from(value).ok().filter(|number| (min..=max).contains(number)).ok_or(OutOfRange {
            name,
            value,
            min,
            max,
        })
    }
}

/// The description with its unit.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.meaning)?;
        f.write_str(match self.unit {
            LimitUnit::Count => "",
            LimitUnit::Bytes => ", in bytes",
            LimitUnit::Characters => ", in characters",
            LimitUnit::Seconds => ", in seconds",
        })?;
        f.write_str(if self.min == 0 { "; 0 for no limit" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use std::array;

    use super::*;

    #[test]
    fn a_number_outside_of_its_range_is_refused() {
        for limit in &LIMITS {
            let (min, max) = (i64::from(limit.min), i64::from(limit.max));
            assert!(limit.min <= 1 && limit.check(min).is_ok() && limit.check(max).is_ok(), "{limit}");
            assert!(limit.check(min - 1).is_err() && limit.check(max + 1).is_err(), "{limit}");
            assert_eq!(limit.check(limit.default().into()), Ok(limit.default()));
        }
        let error = Limit::named("cache_ttl_seconds").unwrap().check(i64::MAX).unwrap_err().to_string();
        assert_eq!(error, "cache_ttl_seconds is 9223372036854775807, allowed are 1 to 86400");
    }

    #[test]
    fn each_is_set_and_no_other() {
        let mut limits = Limits::default();
        let numbers: [u32; LIMITS.len()] = array::from_fn(|index| LIMITS[index].max - 1);
        for (limit, number) in LIMITS.iter().zip(numbers) {
            limit.set(&mut limits, number);
        }
        assert_eq!(array::from_fn(|index| LIMITS[index].get(&limits)), numbers);
    }

    #[test]
    fn the_unit_is_in_the_name() {
        for limit in &LIMITS {
            let unit = match limit.name.rsplit('_').next() {
                Some("bytes") => LimitUnit::Bytes,
                Some("chars") => LimitUnit::Characters,
                Some("seconds") => LimitUnit::Seconds,
                _ => LimitUnit::Count,
            };
            assert_eq!(limit.unit, unit, "{}", limit.name);
        }
    }
}
