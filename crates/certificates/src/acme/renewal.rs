//! The job that follows the certificates in the database, and gets those that are missing or expire soon.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use clairon_registry::{AcmeRecord, Registry, RegistryError};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tracing::{error, info, warn};

use super::{
    Acme, DomainState,
    attempt::{self, AttemptError},
    schedule::{pause, renewal_time},
};
use crate::ServerCertificate;

/// The interval in which the database is asked for changes.
pub(super) const PERIOD: Duration = Duration::from_secs(1);
/// The length of the lease. It outlasts an attempt.
const LEASE: Duration = attempt::LIMIT.saturating_add(Duration::from_mins(1));
/// The number of attempts to store a new certificate. It must not be lost: authorities issue few for one name.
const STORE_TRIES: u32 = 10;
/// The pause between these attempts.
const STORE_PAUSE: Duration = Duration::from_secs(3);

impl Acme {
    /// Follows and renews the certificates. It does not end.
    pub async fn run(&self, registry: &dyn Registry) {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_well = true;
        loop {
            ticks.tick().await;
            match self.keep(registry).await {
                Ok(()) => is_well = true,
                Err(error) => {
                    if is_well {
                        error!(%error, "the registry fails, so certificates are neither read nor renewed");
                    }
                    is_well = false;
                }
            }
        }
    }

    /// Lets another node get certificates at once. Called when this node stops.
    pub async fn part(&self, registry: &dyn Registry) {
        if let Err(error) = registry.release_acme_lease(&self.node).await {
            warn!(%error, "the other nodes cannot renew certificates before the lease of this node ends");
        }
    }

    async fn keep(&self, registry: &dyn Registry) -> Result<(), RegistryError> {
        let revision = registry.acme_revision().await?;
        let is_known = *self.revision.lock() == Some(revision);
        if !is_known {
            self.read(registry).await?;
        }
        let is_hurried = self.is_hurried.swap(false, Ordering::Relaxed);
        if self.due(is_hurried).is_empty() || !registry.take_acme_lease(&self.node, LEASE).await? {
            return Ok(());
        }
        // The node that had the lease before may have got them.
        self.read(registry).await?;
        for record in self.due(is_hurried) {
            if !registry.take_acme_lease(&self.node, LEASE).await? {
                return Ok(());
            }
            self.attempt(registry, record).await?;
        }
        registry.release_acme_lease(&self.node).await
    }

    /// Reads the state, applies it, and logs new failures of any node.
    async fn read(&self, registry: &dyn Registry) -> Result<(), RegistryError> {
        let state = registry.acme_state(&self.settings.directory).await?;
        self.challenges.set(&state.challenges);
        let stored = |domain: &String| state.records.iter().find(|record| record.domain == *domain).cloned();
        let domains = self.settings.domains.iter();
        let kept = domains.map(|domain| DomainState::of(stored(domain).unwrap_or_else(|| AcmeRecord::new(domain))));
        let kept: Vec<_> = kept.collect();
        let before = self.kept.load();
        for (index, domain) in kept.iter().enumerate() {
            let failures = before.get(index).map_or(0, |domain| domain.record.failures);
            if domain.record.failures > failures {
                log_failure(domain);
            }
        }
        self.certificates.set_issued(kept.iter().filter_map(|domain| domain.certificate.clone()).collect());
        self.kept.store(Arc::new(kept));
        *self.revision.lock() = Some(state.revision);
        Ok(())
    }

    /// The records whose certificate is missing or expires soon, and whose pause is over. `is_hurried` ends all pauses.
    fn due(&self, is_hurried: bool) -> Vec<AcmeRecord> {
        let now = Timestamp::now();
        let is_due = |DomainState { record, certificate }: &&DomainState| {
            let is_rested = is_hurried || record.failures == 0 || record.next_attempt <= now;
            let is_late = |it: &Arc<ServerCertificate>| renewal_time(it, self.settings.renew_days) <= now;
            is_rested && certificate.as_ref().is_none_or(is_late)
        };
        self.kept.load().iter().filter(is_due).map(|domain| domain.record.clone()).collect()
    }

    async fn attempt(&self, registry: &dyn Registry, record: AcmeRecord) -> Result<(), RegistryError> {
        let domain = record.domain.clone();
        let record = match self.get(registry, &domain, record.failures).await {
            Ok((stored, certificate)) => {
                let expires = certificate.expires();
                info!(certificate = domain, %expires, "a new certificate from the authority");
                AcmeRecord { certificate: Some(stored), ..AcmeRecord::new(&domain) }
            }
            Err(error) => failed(record, &error),
        };
        let mut tries = 1;
        while let Err(error) = registry.put_acme_record(&self.settings.directory, &record).await {
            if tries == STORE_TRIES {
                return Err(error);
            }
            tries += 1;
            sleep(STORE_PAUSE).await;
        }
        self.read(registry).await
    }
}

/// The record after a failure.
fn failed(record: AcmeRecord, error: &AttemptError) -> AcmeRecord {
    let failures = record.failures.saturating_add(1);
    let acme = match error {
        AttemptError::Acme(error) => Some(error),
        _ => None,
    };
    let pause = SignedDuration::try_from(pause(acme, failures)).unwrap_or(SignedDuration::MAX);
    let next_attempt = Timestamp::now().checked_add(pause).unwrap_or(Timestamp::MAX);
    AcmeRecord { failures, problem: error.to_string(), next_attempt, ..record }
}

fn log_failure(DomainState { record, certificate }: &DomainState) {
    let AcmeRecord { domain, failures, problem, next_attempt, .. } = record;
    if let Some(certificate) = certificate {
        let expires = certificate.expires();
        warn!(
            certificate = domain, error = problem, failures, %next_attempt, %expires,
            "the certificate cannot be renewed: the present one stays in use"
        );
    } else {
        warn!(certificate = domain, error = problem, failures, %next_attempt, "there is no certificate yet");
    }
}
