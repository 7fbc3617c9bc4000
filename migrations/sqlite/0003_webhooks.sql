-- The events for the endpoints of apps: what is pending, and what came of it. All times are milliseconds since 1970.

-- One row. Every write to the tables below begins with it, so that the writers of all nodes queue, and events have ids in the
-- order in which they are sent. An app's endpoints themselves are in apps.webhooks.
CREATE TABLE webhook_sequence (
    only_row INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    last_id INTEGER NOT NULL -- of an event or an attempt
) STRICT;

INSERT INTO webhook_sequence (last_id) VALUES (0);

-- What the endpoints of an app know, or will know when they have got what is pending: which channels are occupied, and who is
-- a member. A change makes an event only if it is newer than the row and differs from it.
CREATE TABLE webhook_announced (
    app_id TEXT NOT NULL,
    subject TEXT NOT NULL, -- a digest of kind, channel and user
    kind TEXT NOT NULL, -- channel, member, miss (of a cache channel) or count (of subscribers)
    channel TEXT NOT NULL,
    user_id TEXT NOT NULL, -- a JSON string; empty where kind is not member
    is_present INTEGER NOT NULL CHECK (is_present IN (0, 1)),
    version INTEGER NOT NULL, -- orders the changes of the channel, over all nodes
    changed_at INTEGER NOT NULL,
    place INTEGER NOT NULL, -- of the last event about it, among those of all nodes
    PRIMARY KEY (app_id, subject)
) STRICT, WITHOUT ROWID;

-- Only what is not so any more is removed by age.
CREATE INDEX webhook_announced_changed_at ON webhook_announced (changed_at) WHERE is_present = 0;

-- Events, one row for each endpoint that gets them.
CREATE TABLE webhook_events (
    id INTEGER NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    body TEXT NOT NULL, -- the event as JSON
    happened_at INTEGER NOT NULL, -- when it happened, or was repeated
    delivery_id TEXT NOT NULL, -- of the request that carries it
    delivery_events INTEGER NOT NULL, -- of that request, in the row of its first event, otherwise 0; -1: not decided yet
    replay_of TEXT NOT NULL, -- the delivery that this one repeats for an operator; empty for none
    state INTEGER NOT NULL, -- 0 pending, 1 delivered, 2 dead, 3 dead and replayed,
    -- 4 arriving: nodes may still write earlier events
    attempts INTEGER NOT NULL DEFAULT 0,
    ended_at INTEGER NOT NULL DEFAULT 0, -- 0 while pending
    place INTEGER NOT NULL -- in state 4: the time of the event in microseconds, by a clock that all nodes share
) STRICT;

CREATE INDEX webhook_events_queue ON webhook_events (app_id, webhook_id, state, id) WHERE ended_at = 0;
CREATE INDEX webhook_events_delivery ON webhook_events (delivery_id);

-- The endpoints that have had events, and which node delivers to each. A node has to renew its lease; leases are by the clock
-- of the database. The row without an app is for the node that cleans up and reconciles.
CREATE TABLE webhook_leases (
    app_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    pending INTEGER NOT NULL, -- events
    node TEXT NOT NULL, -- empty: none
    leased_until INTEGER NOT NULL,
    PRIMARY KEY (app_id, webhook_id)
) STRICT, WITHOUT ROWID;

INSERT INTO webhook_leases (app_id, webhook_id, pending, node, leased_until) VALUES ('', '', 1, '', 0);

-- What came of each request.
CREATE TABLE webhook_attempts (
    id INTEGER NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    replay_of TEXT NOT NULL,
    node TEXT NOT NULL,
    at INTEGER NOT NULL,
    latency INTEGER NOT NULL, -- milliseconds
    status INTEGER NOT NULL, -- 0: no answer
    problem TEXT NOT NULL, -- empty: none
    outcome INTEGER NOT NULL, -- 0 tried again at next_at, 1 delivered, 2 given up
    next_at INTEGER NOT NULL
) STRICT;
