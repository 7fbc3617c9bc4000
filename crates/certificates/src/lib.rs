//! The server's own certificates, in files and from an ACME authority, and the configuration of TLS sessions.

mod acme;
mod certificate;
mod certificate_files;
mod certificate_store;
mod file_watch;
mod resolver;

use std::sync::Arc;

pub use clairon_acme::{ACME_TLS, ChallengeKind};
use rustls::{ServerConfig, crypto::ring::Ticketer, server::NoServerSessionStorage};

use self::resolver::Resolver;
pub use self::{
    acme::{Acme, AcmeSettings, PendingChallenges},
    certificate::{InvalidCertificate, ServerCertificate},
    certificate_files::{CertificateFiles, CertificateFilesError},
    certificate_store::CertificateStore,
};

/// The protocol offered over TLS (ALPN, RFC 7301).
const HTTP_1_1: &[u8] = b"http/1.1";

/// TLS settings of all TLS listeners.
#[derive(Clone, Debug, Default)]
pub struct TlsSettings {
    /// Certificates in files. The first one is for clients that name no host or an unknown one.
    pub files: Vec<CertificateFiles>,
    /// Certificates that the server gets by itself; `None` if all are in files.
    pub acme: Option<AcmeSettings>,
}

impl TlsSettings {
    /// True if there is a certificate or will be one, which a TLS listener requires.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        !self.files.is_empty() || self.acme.is_some()
    }
}

/// The certificates and the session configuration for incoming TLS connections.
pub struct Tls {
    /// The configuration of sessions.
    pub config: Arc<ServerConfig>,
    /// The certificates in use.
    pub certificates: Arc<CertificateStore>,
    /// The certificates that the server gets by itself; `None` if all are in files.
    pub acme: Option<Acme>,
}

/// The reason why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate is unusable.
    #[error("the certificate cannot be used: {0}")]
    Certificate(#[from] CertificateFilesError),
    /// TLS cannot be configured.
    #[error("TLS cannot be set up: {0}")]
    Configuration(#[from] rustls::Error),
}

impl Tls {
    /// Reads the certificates.
    ///
    /// # Errors
    /// One of them is unusable.
    pub fn new(settings: &TlsSettings) -> Result<Self, TlsError> {
        let certificates = Arc::new(CertificateStore::read(&settings.files)?);
        for certificate in certificates.certificates().iter() {
            certificate.log();
        }
        let acme = settings.acme.as_ref().map(|settings| Acme::new(settings, certificates.clone())).transpose()?;
        let challenges = acme.as_ref().map(|acme| acme.challenges.clone());
        let config = session_config(Resolver { certificates: certificates.clone(), challenges })?;
        Ok(Self { config: Arc::new(config), certificates, acme })
    }

    /// Reads changed certificate files, every few seconds. It does not end.
    pub async fn watch_files(&self) {
        file_watch::watch(&self.certificates).await;
    }

    /// Reads changed certificate files now.
    pub async fn reload_files(&self) {
        file_watch::reload(self.certificates.clone()).await;
    }
}

/// Sessions are resumed with tickets, which clients store, so ended sessions need no memory here. One ticket is enough
/// for a browser, which opens one WebSocket.
fn session_config(resolver: Resolver) -> Result<ServerConfig, rustls::Error> {
    let answers_challenges = resolver.challenges.is_some();
    let mut config = ServerConfig::builder_with_provider(clairon_tls::provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    if answers_challenges {
        config.alpn_protocols.push(ACME_TLS.to_vec());
    }
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.ticketer = Ticketer::new()?;
    config.send_tls13_tickets = 1;
    Ok(config)
}
