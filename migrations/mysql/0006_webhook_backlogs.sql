-- Every change of a table commits. So that this can be run again over a part of itself, it makes what is not there.

-- The nodes that write events of webhooks late, because more has gathered than one transaction holds. Events of other nodes with
-- later places wait for theirs.
CREATE TABLE IF NOT EXISTS webhook_backlogs (
    node VARCHAR(64) NOT NULL PRIMARY KEY,
    place BIGINT NOT NULL, -- of its oldest event that is not written: a time in microseconds, by a clock that all nodes share
    ends_at BIGINT NOT NULL -- milliseconds since 1970, by the clock of the database: then the node is not waited for any more
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'Clairon: nodes that write webhooks late';
