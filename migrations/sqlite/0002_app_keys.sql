-- An app has any number of live keys, each with a secret of its own, so that keys can be rotated without an outage.
-- SQLite cannot drop a UNIQUE column: the table is built anew.
ALTER TABLE apps RENAME TO apps_with_one_key;

CREATE TABLE apps (
    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    name TEXT NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    allowed_origins TEXT NOT NULL, -- a JSON array of strings; empty: all origins
    client_messages INTEGER NOT NULL CHECK (client_messages IN (0, 1)),
    statistics INTEGER NOT NULL CHECK (statistics IN (0, 1)),
    user_authentication INTEGER NOT NULL CHECK (user_authentication IN (0, 1)),
    authorized_connections INTEGER NOT NULL CHECK (authorized_connections IN (0, 1)),
    watchlist INTEGER NOT NULL CHECK (watchlist IN (0, 1)),
    subscription_counts INTEGER NOT NULL CHECK (subscription_counts IN (0, 1)),
    capacity INTEGER CHECK (capacity >= 1), -- connections; NULL: no limit
    channel_name_bytes INTEGER NOT NULL CHECK (channel_name_bytes >= 1),
    event_name_bytes INTEGER NOT NULL CHECK (event_name_bytes >= 1),
    event_data_bytes INTEGER NOT NULL CHECK (event_data_bytes >= 1),
    channels_per_event INTEGER NOT NULL CHECK (channels_per_event >= 1),
    events_per_batch INTEGER NOT NULL CHECK (events_per_batch >= 1),
    presence_members INTEGER NOT NULL CHECK (presence_members >= 1),
    user_id_chars INTEGER NOT NULL CHECK (user_id_chars >= 1),
    user_info_bytes INTEGER NOT NULL CHECK (user_info_bytes >= 1),
    watchlist_users INTEGER NOT NULL CHECK (watchlist_users >= 1),
    client_events_per_second INTEGER NOT NULL CHECK (client_events_per_second >= 1),
    subscriptions_per_connection INTEGER NOT NULL CHECK (subscriptions_per_connection >= 1),
    cache_ttl_seconds INTEGER NOT NULL CHECK (cache_ttl_seconds >= 1),
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
) STRICT;

INSERT INTO apps
SELECT
    id, name, enabled, allowed_origins, client_messages, statistics, user_authentication, authorized_connections,
    watchlist, subscription_counts, capacity, channel_name_bytes, event_name_bytes, event_data_bytes,
    channels_per_event, events_per_batch, presence_members, user_id_chars, user_info_bytes, watchlist_users,
    client_events_per_second, subscriptions_per_connection, cache_ttl_seconds, created_at, updated_at
FROM apps_with_one_key;

-- The newest key of an app has its highest position. Times are seconds since 1970.
CREATE TABLE app_keys (
    key TEXT NOT NULL PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 64),
    secret TEXT NOT NULL CHECK (length(secret) BETWEEN 1 AND 256),
    app_id TEXT NOT NULL REFERENCES apps (id) ON UPDATE CASCADE ON DELETE CASCADE,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER, -- to the minute or so; NULL: never used since this is recorded
    UNIQUE (app_id, position)
) STRICT;

INSERT INTO app_keys (key, secret, app_id, position, created_at)
SELECT key, secret, id, 1, coalesce(unixepoch(created_at), unixepoch()) FROM apps_with_one_key;

DROP TABLE apps_with_one_key;
