//! The limits of an app and their defaults.

use serde::{Deserialize, Serialize};

/// What one app may use. Every value is checked before anything is allocated for what it bounds.
///
/// The defaults are Clairon's; where hosted Pusher differs, the field says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The longest channel name, prefix included, in bytes. Pusher: 164; all server libraries allow 200.
    pub channel_name_bytes: u32,
    /// The longest event name, in characters (code points), as the official libraries count.
    pub event_name_chars: u32,
    /// The longest `data` of an event, in bytes. Pusher: 10,240.
    pub event_data_bytes: u32,
    /// How many channels one event may be published to.
    pub channels_per_event: u32,
    /// How many events one batch may hold.
    pub events_per_batch: u32,
    /// How many distinct users a presence channel may hold.
    pub presence_members: u32,
    /// The longest id of a user, in characters.
    pub user_id_chars: u32,
    /// The longest `user_info` of a presence member, as JSON text, in bytes. Pusher: 1,024.
    pub user_info_bytes: u32,
    /// How many users one signed-in user may watch; what is past it is ignored with error 4302.
    pub watchlist_users: u32,
    /// How many client events a connection may send in one second; what is past it is dropped with error 4301.
    pub client_events_per_second: u32,
    /// How many channels a connection may be subscribed to at once.
    pub subscriptions_per_connection: u32,
    /// How long a cache channel remembers its last event, in seconds.
    pub cache_ttl_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            channel_name_bytes: 200,
            event_name_chars: 200,
            event_data_bytes: 102_400,
            channels_per_event: 100,
            events_per_batch: 10,
            presence_members: 100,
            user_id_chars: 128,
            user_info_bytes: 2_048,
            watchlist_users: 100,
            client_events_per_second: 10,
            subscriptions_per_connection: 1_000,
            cache_ttl_seconds: 1_800,
        }
    }
}
