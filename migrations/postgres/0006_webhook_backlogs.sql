-- The nodes that write events of webhooks late, because more has gathered than one transaction holds. Events of other nodes with
-- later places wait for theirs.
CREATE TABLE webhook_backlogs (
    node TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    place BIGINT NOT NULL, -- of its oldest event that is not written: a time in microseconds, by a clock that all nodes share
    ends_at BIGINT NOT NULL -- milliseconds since 1970, by the clock of the database: then the node is not waited for any more
);
