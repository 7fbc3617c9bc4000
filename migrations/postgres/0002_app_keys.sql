-- An app has any number of live keys, each with a secret of its own, so that keys can be rotated without an outage.
-- The newest key of an app has its highest position. Times are seconds since 1970.
CREATE TABLE app_keys (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 64),
    secret TEXT NOT NULL CHECK (length(secret) BETWEEN 1 AND 256),
    app_id TEXT COLLATE "C" NOT NULL REFERENCES apps (id) ON UPDATE CASCADE ON DELETE CASCADE,
    position BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT, -- to the minute or so; NULL: never used since this is recorded
    UNIQUE (app_id, position)
);

INSERT INTO app_keys (key, secret, app_id, position, created_at)
SELECT key, secret, id, 1, CAST(EXTRACT(EPOCH FROM created_at) AS BIGINT) FROM apps;

ALTER TABLE apps DROP COLUMN key, DROP COLUMN secret;
