-- The apps. Alphabets, lengths and upper bounds are checked by the program, which can explain them; the constraints here
-- stop what no version of it could read. Who edits a row by hand must also add one to registry_revision.revision, or
-- running servers do not notice.
CREATE TABLE apps (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    name TEXT NOT NULL,
    key TEXT COLLATE "C" NOT NULL UNIQUE CHECK (length(key) BETWEEN 1 AND 64),
    secret TEXT NOT NULL CHECK (length(secret) BETWEEN 1 AND 256),
    enabled BOOLEAN NOT NULL,
    allowed_origins TEXT NOT NULL, -- a JSON array of strings; empty: all origins
    client_messages BOOLEAN NOT NULL,
    statistics BOOLEAN NOT NULL,
    user_authentication BOOLEAN NOT NULL,
    authorized_connections BOOLEAN NOT NULL,
    watchlist BOOLEAN NOT NULL,
    subscription_counts BOOLEAN NOT NULL,
    capacity BIGINT CHECK (capacity >= 1), -- connections; NULL: no limit
    channel_name_bytes BIGINT NOT NULL CHECK (channel_name_bytes >= 1),
    event_name_bytes BIGINT NOT NULL CHECK (event_name_bytes >= 1),
    event_data_bytes BIGINT NOT NULL CHECK (event_data_bytes >= 1),
    channels_per_event BIGINT NOT NULL CHECK (channels_per_event >= 1),
    events_per_batch BIGINT NOT NULL CHECK (events_per_batch >= 1),
    presence_members BIGINT NOT NULL CHECK (presence_members >= 1),
    user_id_chars BIGINT NOT NULL CHECK (user_id_chars >= 1),
    user_info_bytes BIGINT NOT NULL CHECK (user_info_bytes >= 1),
    watchlist_users BIGINT NOT NULL CHECK (watchlist_users >= 1),
    client_events_per_second BIGINT NOT NULL CHECK (client_events_per_second >= 1),
    subscriptions_per_connection BIGINT NOT NULL CHECK (subscriptions_per_connection >= 1),
    cache_ttl_seconds BIGINT NOT NULL CHECK (cache_ttl_seconds >= 1),
    created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- One row. Every write of an app adds one in the same transaction: servers poll it to learn that something changed.
CREATE TABLE registry_revision (
    only_row BIGINT NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    revision BIGINT NOT NULL
);

INSERT INTO registry_revision (revision) VALUES (0);
