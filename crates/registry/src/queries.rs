//! The SQL, in words that SQLite and Postgres share.

/// The columns of an app, in the order in which [`UPSERT`] takes its values.
macro_rules! columns {
    () => {
        "id, name, enabled, allowed_origins, client_messages, statistics, user_authentication, \
         authorized_connections, watchlist, subscription_counts, capacity, channel_name_bytes, event_name_chars, \
         event_data_bytes, channels_per_event, events_per_batch, presence_members, user_id_chars, user_info_bytes, \
         watchlist_users, client_events_per_second, subscriptions_per_connection, cache_ttl_seconds"
    };
}

pub(crate) const REVISION: &str = "SELECT revision FROM registry_revision";

/// The first statement of every write: its row is the lock on which the writers of all processes queue. What they
/// change then adds to the revision, by triggers.
pub(crate) const LOCK: &str = "UPDATE registry_revision SET revision = revision";

pub(crate) const COMMIT: &str = "COMMIT";

pub(crate) const ROLLBACK: &str = "ROLLBACK";

/// All that is known of apps, one row for each key.
macro_rules! select_apps {
    () => {
        concat!(
            "SELECT ",
            columns!(),
            ", key, secret, app_keys.created_at, last_used_at FROM apps LEFT JOIN app_keys ON app_id = id"
        )
    };
}

/// The rows of each app follow one another, its newest key first.
pub(crate) const LIST: &str = concat!(select_apps!(), " ORDER BY id, position DESC");

pub(crate) const FIND: &str = concat!(select_apps!(), " WHERE id = $1 ORDER BY position DESC");

pub(crate) const COUNT: &str = "SELECT COUNT(*) FROM apps";

pub(crate) const OWNER_OF_KEY: &str = "SELECT app_id FROM app_keys WHERE key = $1";

pub(crate) const DELETE_KEYS: &str = "DELETE FROM app_keys WHERE app_id = $1";

pub(crate) const INSERT_KEY: &str = "INSERT INTO app_keys (key, secret, app_id, position, created_at, last_used_at) \
     VALUES ($1, $2, $3, $4, $5, $6)";

/// Times of use only grow, whichever of many nodes comes last.
pub(crate) const NOTE_USE: &str = "UPDATE app_keys SET last_used_at = $2 \
     WHERE key = $1 AND (last_used_at IS NULL OR last_used_at < $2)";

pub(crate) const DELETE: &str = "DELETE FROM apps WHERE id = $1 RETURNING id";

pub(crate) const UPSERT: &str = concat!(
    "INSERT INTO apps (",
    columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
     $23) ON CONFLICT (id) DO UPDATE SET \
     name = excluded.name, \
     enabled = excluded.enabled, \
     allowed_origins = excluded.allowed_origins, \
     client_messages = excluded.client_messages, \
     statistics = excluded.statistics, \
     user_authentication = excluded.user_authentication, \
     authorized_connections = excluded.authorized_connections, \
     watchlist = excluded.watchlist, \
     subscription_counts = excluded.subscription_counts, \
     capacity = excluded.capacity, \
     channel_name_bytes = excluded.channel_name_bytes, \
     event_name_chars = excluded.event_name_chars, \
     event_data_bytes = excluded.event_data_bytes, \
     channels_per_event = excluded.channels_per_event, \
     events_per_batch = excluded.events_per_batch, \
     presence_members = excluded.presence_members, \
     user_id_chars = excluded.user_id_chars, \
     user_info_bytes = excluded.user_info_bytes, \
     watchlist_users = excluded.watchlist_users, \
     client_events_per_second = excluded.client_events_per_second, \
     subscriptions_per_connection = excluded.subscriptions_per_connection, \
     cache_ttl_seconds = excluded.cache_ttl_seconds, \
     updated_at = CURRENT_TIMESTAMP"
);
