//! TLS: certificates, and the configuration of sessions.

mod certificate;
mod certificate_files;
mod certificate_store;
mod file_watch;

use std::{io, sync::Arc};

use rustls::{
    ServerConfig,
    crypto::ring::Ticketer,
    server::{NoServerSessionStorage, ResolvesServerCert},
};
use tracing::info;

pub use self::{
    certificate::{InvalidCertificate, ServerCertificate},
    certificate_files::{CertificateFiles, CertificateFilesError},
};
pub(crate) use self::{
    certificate_store::CertificateStore,
    file_watch::{reload_files, watch_files},
};
use crate::{error::ServerError, plain_connections::PlainConnection, throttle::Throttle};

/// The only protocol offered over TLS (ALPN, RFC 7301).
const HTTP_1_1: &[u8] = b"http/1.1";

/// TLS settings of all TLS listeners.
#[derive(Clone, Debug, Default)]
pub struct TlsSettings {
    /// Certificates in files. The first one is for clients that name no host or an unknown one.
    pub files: Vec<CertificateFiles>,
}

impl TlsSettings {
    /// True if there is a certificate, which a TLS listener requires.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        !self.files.is_empty()
    }
}

/// The certificates and the session configuration for incoming TLS connections.
pub(crate) struct Tls {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) certificates: Arc<CertificateStore>,
    failure_log: Throttle,
}

impl Tls {
    /// Reads the certificates.
    ///
    /// # Errors
    /// One of them is unusable.
    pub(crate) fn new(settings: &TlsSettings) -> Result<Self, ServerError> {
        let certificates = Arc::new(CertificateStore::read(&settings.files)?);
        for certificate in certificates.certificates().iter() {
            certificate.log();
        }
        let config = session_config(certificates.clone())?;
        Ok(Self { config: Arc::new(config), certificates, failure_log: Throttle::default() })
    }

    /// Logs the reason of a failed handshake, at most once a minute. One reason is a client that does not trust the
    /// certificate.
    pub(crate) fn note_failure(&self, plain: &PlainConnection, error: &io::Error) {
        if self.failure_log.allows(plain.node().clock.now()) {
            info!(peer = %plain.peer(), %error, "a TLS handshake has failed");
        }
    }
}

/// Sessions are resumed with tickets, which clients store, so ended sessions need no memory here. One ticket is enough
/// for a browser, which opens one WebSocket.
fn session_config(certificates: Arc<dyn ResolvesServerCert>) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(clairon_tls::provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.ticketer = Ticketer::new()?;
    config.send_tls13_tickets = 1;
    Ok(config)
}
