-- Recovery of missed events.

-- One row, made by the first server: the key of the tokens that clients hold. If it is lost, the tokens are invalid, and
-- clients that come back learn that events may be missing.
CREATE TABLE recovery_key (
    only_row INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    secret TEXT NOT NULL
) STRICT;

-- The logs of channels from a stop of the server to its next start, as lines of JSON, cut into pieces. They contain the
-- data of events.
CREATE TABLE recovery_logs (
    position INTEGER NOT NULL PRIMARY KEY,
    piece TEXT NOT NULL
) STRICT;

-- One row: the server that has started last. Only that one may save its logs. Those of a server that stops after the
-- next one has started lack the events since.
CREATE TABLE recovery_server (
    only_row INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    name TEXT NOT NULL
) STRICT;

INSERT INTO recovery_server (name) VALUES ('');
