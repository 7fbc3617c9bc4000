//! TLS: certificates, and the configuration of sessions.

mod acme;
mod certificate;
mod certificate_files;
mod certificate_store;
mod file_watch;
mod resolver;

use std::{io, sync::Arc};

use clairon_acme::ACME_TLS;
use clairon_stream::Stream;
use rustls::{ServerConfig, crypto::ring::Ticketer, server::NoServerSessionStorage};
use tracing::info;

use self::resolver::Resolver;
pub(crate) use self::{
    acme::keep_certificates,
    certificate_store::CertificateStore,
    file_watch::{reload_files, watch_files},
};
pub use self::{
    acme::{Acme, AcmeSettings},
    certificate::{InvalidCertificate, ServerCertificate},
    certificate_files::{CertificateFiles, CertificateFilesError},
};
use crate::{error::ServerError, plain_connections::PlainConnection, throttle::Throttle};

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
    pub(crate) config: Arc<ServerConfig>,
    pub certificates: Arc<CertificateStore>,
    pub acme: Option<Acme>,
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
        let acme = settings.acme.as_ref().map(|settings| Acme::new(settings, certificates.clone())).transpose()?;
        let challenges = acme.as_ref().map(|acme| acme.challenges.clone());
        let config = session_config(Resolver { certificates: certificates.clone(), challenges })?;
        Ok(Self { config: Arc::new(config), certificates, acme, failure_log: Throttle::default() })
    }

    /// True for a connection that only answers a challenge (RFC 8737, 3).
    pub(crate) fn is_challenge(stream: &Stream) -> bool {
        stream.alpn_protocol() == Some(ACME_TLS)
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
