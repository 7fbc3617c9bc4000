-- The apps. Alphabets, lengths and upper bounds are checked by the program, which can explain them; the constraints here
-- stop what no version of it could read.
CREATE TABLE apps (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    name TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    allowed_origins TEXT NOT NULL, -- a JSON array of strings; empty: all origins
    webhooks TEXT NOT NULL, -- a JSON array of endpoints, with their secrets
    client_messages BOOLEAN NOT NULL,
    statistics BOOLEAN NOT NULL,
    user_authentication BOOLEAN NOT NULL,
    authorized_connections BOOLEAN NOT NULL,
    watchlist BOOLEAN NOT NULL,
    subscription_counts BOOLEAN NOT NULL,
    recovery BOOLEAN NOT NULL,
    capacity BIGINT CHECK (capacity >= 1), -- connections; NULL: no limit
    channel_name_bytes BIGINT NOT NULL CHECK (channel_name_bytes >= 1),
    event_name_chars BIGINT NOT NULL CHECK (event_name_chars >= 1),
    event_data_bytes BIGINT NOT NULL CHECK (event_data_bytes >= 1),
    channels_per_event BIGINT NOT NULL CHECK (channels_per_event >= 1),
    events_per_batch BIGINT NOT NULL CHECK (events_per_batch >= 1),
    presence_members BIGINT NOT NULL CHECK (presence_members >= 1),
    user_id_chars BIGINT NOT NULL CHECK (user_id_chars >= 1),
    user_info_bytes BIGINT NOT NULL CHECK (user_info_bytes >= 1),
    watchlist_users BIGINT NOT NULL CHECK (watchlist_users >= 1),
    client_events_per_second BIGINT NOT NULL CHECK (client_events_per_second >= 1),
    subscriptions_per_connection BIGINT NOT NULL CHECK (subscriptions_per_connection >= 1),
    requests_per_second BIGINT CHECK (requests_per_second >= 1), -- NULL: no limit
    events_per_second BIGINT CHECK (events_per_second >= 1), -- NULL: no limit
    channels BIGINT CHECK (channels >= 1), -- NULL: no limit
    cached_bytes BIGINT CHECK (cached_bytes >= 1), -- NULL: no limit
    snapshot_bytes BIGINT CHECK (snapshot_bytes >= 1), -- NULL: no limit
    cache_ttl_seconds BIGINT NOT NULL CHECK (cache_ttl_seconds >= 1),
    recovery_events BIGINT NOT NULL CHECK (recovery_events >= 1),
    recovery_bytes BIGINT NOT NULL CHECK (recovery_bytes >= 1),
    recovery_seconds BIGINT NOT NULL CHECK (recovery_seconds >= 1),
    recovery_life BIGINT NOT NULL CHECK (recovery_life >= 0), -- the revision at which recovery was switched on
    created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- An app has one live key or more, each with a secret of its own, so that keys can be rotated without an outage. The newest
-- has the highest position. Times are seconds since 1970.
CREATE TABLE app_keys (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 64),
    secret TEXT NOT NULL CHECK (length(secret) BETWEEN 1 AND 256),
    app_id TEXT COLLATE "C" NOT NULL REFERENCES apps (id) ON UPDATE CASCADE ON DELETE CASCADE,
    position BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT, -- to the minute or so; NULL: never
    UNIQUE (app_id, position)
);

-- One row. Whatever changes an app, a statement typed by hand included, adds to it in the same transaction: servers poll it
-- to learn that something changed. That a key was used is no such change.
CREATE TABLE registry_revision (
    only_row BIGINT NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    revision BIGINT NOT NULL
);

INSERT INTO registry_revision (revision) VALUES (0);

CREATE FUNCTION next_registry_revision() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE registry_revision SET revision = revision + 1;
    RETURN NULL;
END
$$;

CREATE TRIGGER apps_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON apps
FOR EACH STATEMENT EXECUTE FUNCTION next_registry_revision();

CREATE TRIGGER app_keys_changed
AFTER INSERT OR UPDATE OF key, secret, app_id, position, created_at OR DELETE OR TRUNCATE ON app_keys
FOR EACH STATEMENT EXECUTE FUNCTION next_registry_revision();
