-- The apps. Alphabets, lengths and upper bounds are checked by the program, which can explain them; the constraints here
-- stop what no version of it could read.
CREATE TABLE apps (
    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    name TEXT NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    allowed_origins TEXT NOT NULL, -- a JSON array of strings; empty: all origins
    webhooks TEXT NOT NULL, -- a JSON array of endpoints, with their secrets
    client_messages INTEGER NOT NULL CHECK (client_messages IN (0, 1)),
    statistics INTEGER NOT NULL CHECK (statistics IN (0, 1)),
    user_authentication INTEGER NOT NULL CHECK (user_authentication IN (0, 1)),
    authorized_connections INTEGER NOT NULL CHECK (authorized_connections IN (0, 1)),
    watchlist INTEGER NOT NULL CHECK (watchlist IN (0, 1)),
    subscription_counts INTEGER NOT NULL CHECK (subscription_counts IN (0, 1)),
    recovery INTEGER NOT NULL CHECK (recovery IN (0, 1)),
    capacity INTEGER CHECK (capacity >= 1), -- connections; NULL: no limit
    channel_name_bytes INTEGER NOT NULL CHECK (channel_name_bytes >= 1),
    event_name_chars INTEGER NOT NULL CHECK (event_name_chars >= 1),
    event_data_bytes INTEGER NOT NULL CHECK (event_data_bytes >= 1),
    channels_per_event INTEGER NOT NULL CHECK (channels_per_event >= 1),
    events_per_batch INTEGER NOT NULL CHECK (events_per_batch >= 1),
    presence_members INTEGER NOT NULL CHECK (presence_members >= 1),
    user_id_chars INTEGER NOT NULL CHECK (user_id_chars >= 1),
    user_info_bytes INTEGER NOT NULL CHECK (user_info_bytes >= 1),
    watchlist_users INTEGER NOT NULL CHECK (watchlist_users >= 1),
    client_events_per_second INTEGER NOT NULL CHECK (client_events_per_second >= 1),
    subscriptions_per_connection INTEGER NOT NULL CHECK (subscriptions_per_connection >= 1),
    requests_per_second INTEGER CHECK (requests_per_second >= 1), -- NULL: no limit
    events_per_second INTEGER CHECK (events_per_second >= 1), -- NULL: no limit
    channels INTEGER CHECK (channels >= 1), -- NULL: no limit
    cached_bytes INTEGER CHECK (cached_bytes >= 1), -- NULL: no limit
    snapshot_bytes INTEGER CHECK (snapshot_bytes >= 1), -- NULL: no limit
    cache_ttl_seconds INTEGER NOT NULL CHECK (cache_ttl_seconds >= 1),
    recovery_events INTEGER NOT NULL CHECK (recovery_events >= 1),
    recovery_bytes INTEGER NOT NULL CHECK (recovery_bytes >= 1),
    recovery_seconds INTEGER NOT NULL CHECK (recovery_seconds >= 1),
    recovery_life INTEGER NOT NULL CHECK (recovery_life >= 0), -- the revision at which recovery was switched on
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
) STRICT;

-- An app has one live key or more, each with a secret of its own, so that keys can be rotated without an outage. The newest
-- has the highest position. Times are seconds since 1970.
CREATE TABLE app_keys (
    key TEXT NOT NULL PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 64),
    secret TEXT NOT NULL CHECK (length(secret) BETWEEN 1 AND 256),
    app_id TEXT NOT NULL REFERENCES apps (id) ON UPDATE CASCADE ON DELETE CASCADE,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER, -- to the minute or so; NULL: never
    UNIQUE (app_id, position)
) STRICT;

-- One row. Whatever changes an app, a statement typed by hand included, adds to it in the same transaction: servers poll it
-- to learn that something changed. That a key was used is no such change.
CREATE TABLE registry_revision (
    only_row INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    revision INTEGER NOT NULL
) STRICT;

INSERT INTO registry_revision (revision) VALUES (0);

CREATE TRIGGER apps_created AFTER INSERT ON apps BEGIN
    UPDATE registry_revision SET revision = revision + 1;
END;

CREATE TRIGGER apps_changed AFTER UPDATE ON apps BEGIN
    UPDATE registry_revision SET revision = revision + 1;
END;

CREATE TRIGGER apps_deleted AFTER DELETE ON apps BEGIN
    UPDATE registry_revision SET revision = revision + 1;
END;

CREATE TRIGGER app_keys_created AFTER INSERT ON app_keys BEGIN
    UPDATE registry_revision SET revision = revision + 1;
END;

CREATE TRIGGER app_keys_changed AFTER UPDATE OF key, secret, app_id, position, created_at ON app_keys BEGIN
    UPDATE registry_revision SET revision = revision + 1;
END;

CREATE TRIGGER app_keys_deleted AFTER DELETE ON app_keys BEGIN
    UPDATE registry_revision SET revision = revision + 1;
END;
