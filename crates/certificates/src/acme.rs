//! Certificates that the server gets by itself (ACME). All nodes of a database share them, and one node at a time gets
//! them.

mod attempt;
mod challenges;
mod renewal;
mod schedule;
mod settings;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use arc_swap::ArcSwap;
use clairon_acme::{Authority, ChallengeKind};
use clairon_registry::{AcmeRecord, StoredCertificate};
use parking_lot::Mutex;

pub use self::{challenges::PendingChallenges, settings::AcmeSettings};
use crate::{CertificateStore, ServerCertificate};

/// The certificates that the server gets by itself.
pub struct Acme {
    settings: AcmeSettings,
    authority: Authority,
    /// The name of this node in the lease.
    node: String,
    certificates: Arc<CertificateStore>,
    /// The challenges that this server answers.
    pub challenges: Arc<PendingChallenges>,
    /// The domains of the settings, in that order.
    kept: ArcSwap<Vec<DomainState>>,
    /// The revision of that state; `None` before the first read.
    revision: Mutex<Option<i64>>,
    /// The challenges that the listeners can answer.
    kinds: OnceLock<Vec<ChallengeKind>>,
    /// True if failed attempts are to be repeated at once.
    is_hurried: AtomicBool,
}

impl Acme {
    /// # Errors
    /// TLS for requests to the authority cannot be set up.
    pub(crate) fn new(settings: &AcmeSettings, certificates: Arc<CertificateStore>) -> Result<Self, rustls::Error> {
        Ok(Self {
            authority: Authority::new(&settings.directory, settings.authorities.as_ref())?,
            settings: settings.clone(),
            node: format!("{:016x}", rand::random::<u64>()),
            certificates,
            challenges: Arc::default(),
            kept: ArcSwap::default(),
            revision: Mutex::default(),
            kinds: OnceLock::new(),
            is_hurried: AtomicBool::new(false),
        })
    }

    /// Notes the challenges that the listeners can answer. The authority uses the ports 443 and 80, whatever is
    /// forwarded to them.
    pub fn note_kinds(&self, mut kinds: Vec<ChallengeKind>) {
        kinds.sort_unstable();
        kinds.dedup();
        self.kinds.get_or_init(|| kinds);
    }

    /// The domains and their failures since the last success, in the order of the settings.
    #[must_use]
    pub fn failures(&self) -> Vec<(String, u32)> {
        self.kept.load().iter().map(|domain| (domain.record.domain.clone(), domain.record.failures)).collect()
    }

    /// The domains of the settings; never empty.
    #[must_use]
    pub fn domains(&self) -> &[String] {
        &self.settings.domains
    }

    /// Repeats failed attempts at once.
    pub fn hurry(&self) {
        self.is_hurried.store(true, Ordering::Relaxed);
    }
}

/// The stored state of a domain.
#[derive(Debug)]
struct DomainState {
    record: AcmeRecord,
    /// The certificate of the record, parsed; `None` if there is no usable one.
    certificate: Option<Arc<ServerCertificate>>,
}

impl DomainState {
    fn of(record: AcmeRecord) -> Self {
        let parse = |StoredCertificate { chain, key }: &StoredCertificate| {
            ServerCertificate::from_pem(chain.as_bytes(), key.as_bytes()).ok()
        };
        let certificate = record.certificate.as_ref().and_then(parse).map(Arc::new);
        Self { record, certificate }
    }
}
