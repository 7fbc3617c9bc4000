//! The statements of the ACME store.

/// The first statement of every write. Its row is the lock for which the writers of all nodes wait.
pub(super) const LOCK: &str = "UPDATE acme_state SET revision = revision";
pub(super) const REVISION: &str = "SELECT revision FROM acme_state";
pub(super) const NEXT_REVISION: &str = "UPDATE acme_state SET revision = revision + 1";

pub(super) const TAKE_LEASE: &str =
    "UPDATE acme_state SET node = $1, leased_until = $3 WHERE node = $1 OR leased_until <= $2";
pub(super) const RELEASE_LEASE: &str = "UPDATE acme_state SET node = '', leased_until = 0 WHERE node = $1";

pub(super) const ACCOUNT: &str = "SELECT credentials, email FROM acme_accounts WHERE directory = $1";
pub(super) const DELETE_ACCOUNT: &str = "DELETE FROM acme_accounts WHERE directory = $1";
pub(super) const INSERT_ACCOUNT: &str = "INSERT INTO acme_accounts (directory, credentials, email) VALUES ($1, $2, $3)";

pub(super) const RECORDS: &str = "SELECT domain, chain, private_key, failures, problem, next_attempt_at \
     FROM acme_certificates WHERE directory = $1 ORDER BY domain";
pub(super) const DELETE_RECORD: &str = "DELETE FROM acme_certificates WHERE directory = $1 AND domain = $2";
pub(super) const INSERT_RECORD: &str = "INSERT INTO acme_certificates \
     (directory, domain, chain, private_key, failures, problem, next_attempt_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";

pub(super) const CHALLENGES: &str = "SELECT domain, token, key_authorization FROM acme_challenges ORDER BY token";
pub(super) const DELETE_CHALLENGES: &str = "DELETE FROM acme_challenges";
pub(super) const INSERT_CHALLENGE: &str =
    "INSERT INTO acme_challenges (domain, token, key_authorization) VALUES ($1, $2, $3)";
