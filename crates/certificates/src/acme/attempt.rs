//! One attempt to get a certificate.

use std::time::Duration;

use clairon_acme::{Account, AcmeError, ChallengeKind, IssuedCertificate};
use clairon_registry::{AcmeAccount, AcmeChallenge, Registry, RegistryError, StoredCertificate};
use tokio::time::{sleep, timeout};

use super::{Acme, renewal::PERIOD};
use crate::{InvalidCertificate, ServerCertificate};

/// The time limit of an attempt.
pub(super) const LIMIT: Duration = Duration::from_secs(150);
/// The time in which the other nodes read a new challenge.
const SPREAD: Duration = PERIOD.saturating_mul(3);

/// The reason why there is no new certificate.
#[derive(Debug, thiserror::Error)]
pub(super) enum AttemptError {
    #[error(transparent)]
    Acme(#[from] AcmeError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error("the authority's certificate cannot be used: {0}")]
    Certificate(#[from] InvalidCertificate),
    #[error("the authority's certificate is not for this name")]
    OtherName,
    #[error("no listener can answer a challenge")]
    NoListener,
    #[error("the attempt took more than {} seconds", LIMIT.as_secs())]
    Timeout,
}

impl Acme {
    /// Gets a certificate. `failures` attempts have failed before; the kinds of challenges take turns.
    pub(super) async fn get(
        &self,
        registry: &dyn Registry,
        domain: &str,
        failures: u32,
    ) -> Result<(StoredCertificate, ServerCertificate), AttemptError> {
        let kinds = self.kinds.get().map(Vec::as_slice).unwrap_or_default();
        let turn = failures as usize % kinds.len().max(1);
        let kind = *kinds.get(turn).ok_or(AttemptError::NoListener)?;
        let issued = timeout(LIMIT, self.order(registry, domain, kind)).await;
        self.publish(registry, &[]).await?;
        let IssuedCertificate { chain, key } = issued.unwrap_or(Err(AttemptError::Timeout))?;
        let certificate = ServerCertificate::from_pem(chain.as_bytes(), key.as_bytes())?;
        if certificate.is_for(domain) {
            Ok((StoredCertificate { chain, key }, certificate))
        } else {
            Err(AttemptError::OtherName)
        }
    }

    async fn order(
        &self,
        registry: &dyn Registry,
        domain: &str,
        kind: ChallengeKind,
    ) -> Result<IssuedCertificate, AttemptError> {
        let account = self.account(registry).await?;
        let order = match account.order(domain, kind).await {
            Err(AcmeError::UnknownAccount(_)) => {
                registry.put_acme_account(&self.settings.directory, None).await?;
                self.account(registry).await?.order(domain, kind).await?
            }
            order => order?,
        };
        if let Some(challenge) = order.challenge() {
            let (token, key_authorization) = (challenge.token.clone(), challenge.key_authorization.clone());
            let challenge = AcmeChallenge { domain: domain.to_owned(), token, key_authorization };
            self.publish(registry, &[challenge]).await?;
            // The authority may reach any node.
            sleep(SPREAD).await;
        }
        Ok(order.finish().await?)
    }

    /// The stored account, or a new one.
    async fn account(&self, registry: &dyn Registry) -> Result<Account, AttemptError> {
        let (directory, email) = (&self.settings.directory, &self.settings.email);
        let (account, credentials) = match registry.acme_account(directory).await? {
            Some(stored) => {
                let account = self.authority.restore_account(&stored.credentials).await?;
                if stored.email == *email {
                    return Ok(account);
                }
                match account.set_email(email).await {
                    // The order finds out too.
                    Err(AcmeError::UnknownAccount(_)) => return Ok(account),
                    outcome => outcome?,
                }
                (account, stored.credentials)
            }
            None => self.authority.create_account(email).await?,
        };
        let stored = AcmeAccount { credentials, email: email.clone() };
        registry.put_acme_account(directory, Some(&stored)).await?;
        Ok(account)
    }

    async fn publish(&self, registry: &dyn Registry, challenges: &[AcmeChallenge]) -> Result<(), RegistryError> {
        self.challenges.set(challenges);
        registry.set_acme_challenges(challenges).await
    }
}
