-- Certificates that Clairon gets by itself (ACME, RFC 8555). All times are milliseconds since 1970.

-- One row. The revision grows with each change of the tables below. The node with the lease gets certificates; leases are by
-- the clock of the database.
CREATE TABLE IF NOT EXISTS acme_state (
    only_row BIGINT NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    revision BIGINT NOT NULL,
    node VARCHAR(64) NOT NULL, -- empty: none
    leased_until BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'Clairon: the state of ACME';

INSERT IGNORE INTO acme_state (revision, node, leased_until) VALUES (0, '', 0);

-- The accounts, by the URL of the authority's directory.
CREATE TABLE IF NOT EXISTS acme_accounts (
    directory VARCHAR(255) NOT NULL PRIMARY KEY,
    credentials TEXT NOT NULL, -- JSON, with the private key
    email VARCHAR(255) NOT NULL -- empty: none
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'Clairon: accounts of ACME';

-- The certificates, and the failures to get them.
CREATE TABLE IF NOT EXISTS acme_certificates (
    directory VARCHAR(255) NOT NULL,
    domain VARCHAR(255) NOT NULL,
    chain TEXT NOT NULL, -- PEM; empty: none yet
    private_key TEXT NOT NULL, -- PEM; empty: none yet
    failures BIGINT NOT NULL, -- failed attempts since the last success
    problem TEXT NOT NULL, -- of the last attempt; empty after a success
    next_attempt_at BIGINT NOT NULL, -- after a failure
    PRIMARY KEY (directory, domain)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'Clairon: certificates of ACME';

-- The challenges that wait for the authority. Every node answers them.
CREATE TABLE IF NOT EXISTS acme_challenges (
    token VARCHAR(255) NOT NULL PRIMARY KEY,
    domain VARCHAR(255) NOT NULL,
    key_authorization TEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'Clairon: challenges of ACME';
