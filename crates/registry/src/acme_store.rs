//! The contract of the ACME store: the account, the certificates, and the challenges that all nodes share.

mod repeating;
mod sql;
mod statements;

use std::{
    fmt::{self, Debug, Formatter},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::error::RegistryError;

/// Certificates that the server gets by itself (ACME, RFC 8555). Any number of nodes may share one store.
///
/// An authority is identified by the URL of its directory, of at most 255 bytes. Each write is one transaction, and is
/// visible to every later read of every node. Only the node with the lease writes the other tables.
#[async_trait]
pub trait AcmeStore: Send + Sync + Debug {
    /// A number that grows with each change of certificates, failures and challenges.
    ///
    /// # Errors
    /// The database fails.
    async fn acme_revision(&self) -> Result<i64, RegistryError>;

    /// The certificates of an authority, the failures to get them, and all pending challenges.
    ///
    /// # Errors
    /// The database fails.
    async fn acme_state(&self, directory: &str) -> Result<AcmeState, RegistryError>;

    /// Acquires or renews the lease, for the time `length` of the database's clock. False if another node holds it.
    ///
    /// # Errors
    /// The database fails.
    async fn take_acme_lease(&self, node: &str, length: Duration) -> Result<bool, RegistryError>;

    /// Ends the lease of a node, if it holds the lease.
    ///
    /// # Errors
    /// The database fails. The lease then expires.
    async fn release_acme_lease(&self, node: &str) -> Result<(), RegistryError>;

    /// The account with an authority.
    ///
    /// # Errors
    /// The database fails.
    async fn acme_account(&self, directory: &str) -> Result<Option<AcmeAccount>, RegistryError>;

    /// Stores the account with an authority, or removes it.
    ///
    /// # Errors
    /// The database fails. Nothing changes then.
    async fn put_acme_account(&self, directory: &str, account: Option<&AcmeAccount>) -> Result<(), RegistryError>;

    /// Stores the result of an attempt in place of the record of its domain.
    ///
    /// # Errors
    /// The database fails. Nothing changes then.
    async fn put_acme_record(&self, directory: &str, record: &AcmeRecord) -> Result<(), RegistryError>;

    /// Replaces all pending challenges.
    ///
    /// # Errors
    /// The database fails. Nothing changes then.
    async fn set_acme_challenges(&self, challenges: &[AcmeChallenge]) -> Result<(), RegistryError>;
}

/// An account with an authority.
#[derive(Clone, PartialEq, Eq)]
pub struct AcmeAccount {
    /// The id and the private key, as JSON. A secret.
    pub credentials: String,
    /// The address that the authority writes to; empty for none. At most 255 characters.
    pub email: String,
}

/// A certificate and its key, both PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredCertificate {
    /// The certificate, followed by those of its issuers.
    pub chain: String,
    /// The private key. A secret.
    pub key: String,
}

/// The certificate of a domain, and the failures to get or renew it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcmeRecord {
    /// The host name, in lower case.
    pub domain: String,
    /// The newest certificate; `None` before the first.
    pub certificate: Option<StoredCertificate>,
    /// The number of failed attempts since the last success.
    pub failures: u32,
    /// The reason of the last failure; empty after a success.
    pub problem: String,
    /// The time of the next attempt after a failure. It is stored in milliseconds.
    pub next_attempt: Timestamp,
}

/// A challenge that waits for the authority.
#[derive(Clone, PartialEq, Eq)]
pub struct AcmeChallenge {
    /// The host name that is to be proven.
    pub domain: String,
    /// The token of the authority.
    pub token: String,
    /// The token with the fingerprint of the account's key (RFC 8555, 8.1).
    pub key_authorization: String,
}

/// What a node needs to serve certificates and to answer challenges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcmeState {
    /// The revision that it belongs to, or an earlier one.
    pub revision: i64,
    /// The records of the authority, sorted by domain.
    pub records: Vec<AcmeRecord>,
    /// The pending challenges.
    pub challenges: Vec<AcmeChallenge>,
}

impl AcmeRecord {
    /// A domain without a certificate, before the first attempt.
    #[must_use]
    pub fn new(domain: &str) -> Self {
        let domain = domain.to_owned();
        Self { domain, certificate: None, failures: 0, problem: String::new(), next_attempt: Timestamp::UNIX_EPOCH }
    }
}

impl Debug for AcmeAccount {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcmeAccount").finish_non_exhaustive()
    }
}

impl Debug for StoredCertificate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredCertificate").field("chain", &self.chain).finish_non_exhaustive()
    }
}

impl Debug for AcmeChallenge {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcmeChallenge").field("domain", &self.domain).finish_non_exhaustive()
    }
}
