-- Every change of a table commits. So that this can be run again over a part of itself, it makes what is not there.

-- The events for the endpoints of apps: what is pending, and what came of it. All times are milliseconds since 1970.

-- One row. Every write to the tables below begins with it, so that the writers of all nodes queue, and events have ids in the
-- order in which they are sent. An app's endpoints themselves are in apps.webhooks.
CREATE TABLE IF NOT EXISTS webhook_sequence (
    only_row BIGINT NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    last_id BIGINT NOT NULL -- of an event or an attempt
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'Clairon: the order of webhook events';

INSERT IGNORE INTO webhook_sequence (last_id) VALUES (0);

-- What the endpoints of an app know, or will know when they have got what is pending: which channels are occupied, and who is
-- a member. A change makes an event only if it is newer than the row and differs from it.
CREATE TABLE IF NOT EXISTS webhook_announced (
    app_id VARCHAR(64) NOT NULL,
    subject CHAR(32) NOT NULL, -- a digest of kind, channel and user
    kind VARCHAR(16) NOT NULL, -- channel, member, miss (of a cache channel) or count (of subscribers)
    channel VARCHAR(4000) NOT NULL,
    user_id TEXT NOT NULL, -- a JSON string; empty where kind is not member
    is_present BIGINT NOT NULL CHECK (is_present IN (0, 1)),
    version BIGINT NOT NULL, -- orders the changes of the channel, over all nodes
    changed_at BIGINT NOT NULL,
    place BIGINT NOT NULL, -- of the last event about it, among those of all nodes
    PRIMARY KEY (app_id, subject),
    INDEX webhook_announced_changed_at (is_present, changed_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'Clairon: what webhook endpoints know';

-- Events, one row for each endpoint that gets them.
CREATE TABLE IF NOT EXISTS webhook_events (
    id BIGINT NOT NULL PRIMARY KEY,
    app_id VARCHAR(64) NOT NULL,
    webhook_id VARCHAR(64) NOT NULL,
    channel VARCHAR(4000) NOT NULL,
    body LONGTEXT NOT NULL, -- the event as JSON
    happened_at BIGINT NOT NULL, -- when it happened, or was repeated
    delivery_id VARCHAR(64) NOT NULL, -- of the request that carries it
    delivery_events BIGINT NOT NULL, -- of that request, in the row of its first event, otherwise 0; -1: not decided yet
    replay_of VARCHAR(64) NOT NULL, -- the delivery that this one repeats for an operator; empty for none
    state BIGINT NOT NULL, -- 0 pending, 1 delivered, 2 dead, 3 dead and replayed,
    -- 4 arriving: nodes may still write earlier events
    attempts BIGINT NOT NULL DEFAULT 0,
    ended_at BIGINT NOT NULL DEFAULT 0, -- 0 while pending
    place BIGINT NOT NULL, -- in state 4: the time of the event in microseconds, by a clock that all nodes share
    INDEX webhook_events_queue (app_id, webhook_id, state, id),
    INDEX webhook_events_delivery (delivery_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'Clairon: webhook events';

-- The endpoints that have had events, and which node delivers to each. A node has to renew its lease; leases are by the clock
-- of the database. The row without an app is for the node that cleans up and reconciles.
CREATE TABLE IF NOT EXISTS webhook_leases (
    app_id VARCHAR(64) NOT NULL,
    webhook_id VARCHAR(64) NOT NULL,
    pending BIGINT NOT NULL, -- events
    node VARCHAR(64) NOT NULL, -- empty: none
    leased_until BIGINT NOT NULL,
    PRIMARY KEY (app_id, webhook_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'Clairon: who delivers webhooks';

INSERT IGNORE INTO webhook_leases (app_id, webhook_id, pending, node, leased_until) VALUES ('', '', 1, '', 0);

-- What came of each request.
CREATE TABLE IF NOT EXISTS webhook_attempts (
    id BIGINT NOT NULL PRIMARY KEY,
    app_id VARCHAR(64) NOT NULL,
    webhook_id VARCHAR(64) NOT NULL,
    delivery_id VARCHAR(64) NOT NULL,
    replay_of VARCHAR(64) NOT NULL,
    node VARCHAR(64) NOT NULL,
    at BIGINT NOT NULL,
    latency BIGINT NOT NULL, -- milliseconds
    status BIGINT NOT NULL, -- 0: no answer
    problem TEXT NOT NULL, -- empty: none
    outcome BIGINT NOT NULL, -- 0 tried again at next_at, 1 delivered, 2 given up
    next_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'Clairon: requests to webhook endpoints';
