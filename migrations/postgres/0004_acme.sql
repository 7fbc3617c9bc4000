-- Certificates that Clairon gets by itself (ACME, RFC 8555). All times are milliseconds since 1970.

-- One row. The revision grows with each change of the tables below. The node with the lease gets certificates; leases are by
-- the clock of the database.
CREATE TABLE acme_state (
    only_row BIGINT NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    revision BIGINT NOT NULL,
    node TEXT COLLATE "C" NOT NULL, -- empty: none
    leased_until BIGINT NOT NULL
);

INSERT INTO acme_state (revision, node, leased_until) VALUES (0, '', 0);

-- The accounts, by the URL of the authority's directory.
CREATE TABLE acme_accounts (
    directory TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    credentials TEXT NOT NULL, -- JSON, with the private key
    email TEXT NOT NULL -- empty: none
);

-- The certificates, and the failures to get them.
CREATE TABLE acme_certificates (
    directory TEXT COLLATE "C" NOT NULL,
    domain TEXT COLLATE "C" NOT NULL,
    chain TEXT NOT NULL, -- PEM; empty: none yet
    private_key TEXT NOT NULL, -- PEM; empty: none yet
    failures BIGINT NOT NULL, -- failed attempts since the last success
    problem TEXT NOT NULL, -- of the last attempt; empty after a success
    next_attempt_at BIGINT NOT NULL, -- after a failure
    PRIMARY KEY (directory, domain)
);

-- The challenges that wait for the authority. Every node answers them.
CREATE TABLE acme_challenges (
    token TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    domain TEXT COLLATE "C" NOT NULL,
    key_authorization TEXT NOT NULL
);
