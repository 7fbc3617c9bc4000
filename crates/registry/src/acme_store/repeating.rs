//! A store that repeats a write that the database rolled back because of a deadlock.

use std::time::Duration;

use async_trait::async_trait;

use super::{AcmeAccount, AcmeChallenge, AcmeRecord, AcmeState, AcmeStore};
use crate::{
    deadlock::{Repeating, repeat},
    error::RegistryError,
};

#[async_trait]
impl AcmeStore for Repeating {
    async fn acme_revision(&self) -> Result<i64, RegistryError> {
        self.0.acme_revision().await
    }

    async fn acme_state(&self, directory: &str) -> Result<AcmeState, RegistryError> {
        self.0.acme_state(directory).await
    }

    async fn take_acme_lease(&self, node: &str, length: Duration) -> Result<bool, RegistryError> {
        repeat!(self.0.take_acme_lease(node, length))
    }

    async fn release_acme_lease(&self, node: &str) -> Result<(), RegistryError> {
        repeat!(self.0.release_acme_lease(node))
    }

    async fn acme_account(&self, directory: &str) -> Result<Option<AcmeAccount>, RegistryError> {
        self.0.acme_account(directory).await
    }

    async fn put_acme_account(&self, directory: &str, account: Option<&AcmeAccount>) -> Result<(), RegistryError> {
        repeat!(self.0.put_acme_account(directory, account))
    }

    async fn put_acme_record(&self, directory: &str, record: &AcmeRecord) -> Result<(), RegistryError> {
        repeat!(self.0.put_acme_record(directory, record))
    }

    async fn set_acme_challenges(&self, challenges: &[AcmeChallenge]) -> Result<(), RegistryError> {
        repeat!(self.0.set_acme_challenges(challenges))
    }
}
