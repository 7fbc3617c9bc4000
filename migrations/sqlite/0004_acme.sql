-- Certificates that Clairon gets by itself (ACME, RFC 8555). All times are milliseconds since 1970.

-- One row. The revision grows with each change of the tables below. The node with the lease gets certificates; leases are by
-- the clock of the database.
CREATE TABLE acme_state (
    only_row INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    revision INTEGER NOT NULL,
    node TEXT NOT NULL, -- empty: none
    leased_until INTEGER NOT NULL
) STRICT;

INSERT INTO acme_state (revision, node, leased_until) VALUES (0, '', 0);

-- The accounts, by the URL of the authority's directory.
CREATE TABLE acme_accounts (
    directory TEXT NOT NULL PRIMARY KEY,
    credentials TEXT NOT NULL, -- JSON, with the private key
    email TEXT NOT NULL -- empty: none
) STRICT, WITHOUT ROWID;

-- The certificates, and the failures to get them.
CREATE TABLE acme_certificates (
    directory TEXT NOT NULL,
    domain TEXT NOT NULL,
    chain TEXT NOT NULL, -- PEM; empty: none yet
    private_key TEXT NOT NULL, -- PEM; empty: none yet
    failures INTEGER NOT NULL, -- failed attempts since the last success
    problem TEXT NOT NULL, -- of the last attempt; empty after a success
    next_attempt_at INTEGER NOT NULL, -- after a failure
    PRIMARY KEY (directory, domain)
) STRICT, WITHOUT ROWID;

-- The challenges that wait for the authority. Every node answers them.
CREATE TABLE acme_challenges (
    token TEXT NOT NULL PRIMARY KEY,
    domain TEXT NOT NULL,
    key_authorization TEXT NOT NULL
) STRICT, WITHOUT ROWID;
