-- Every change of a table commits. So that this can be run again over a part of itself, it makes what is not there.

-- Recovery of missed events.

-- One row, made by the first server: the key of the tokens that clients hold. If it is lost, the tokens are invalid, and
-- clients that come back learn that events may be missing.
CREATE TABLE IF NOT EXISTS recovery_key (
    only_row BIGINT NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    secret VARCHAR(64) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'Clairon: the key of tokens for recovery';

-- The logs of channels from a stop of the server to its next start, as lines of JSON, cut into pieces. They contain the
-- data of events.
CREATE TABLE IF NOT EXISTS recovery_logs (
    position BIGINT NOT NULL PRIMARY KEY,
    piece LONGTEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'Clairon: events for recovery after a restart';

-- One row: the server that has started last. Only that one may save its logs. Those of a server that stops after the
-- next one has started lack the events since.
CREATE TABLE IF NOT EXISTS recovery_server (
    only_row BIGINT NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    name VARCHAR(64) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'Clairon: the server that may save logs for recovery';

INSERT IGNORE INTO recovery_server (name) VALUES ('');
