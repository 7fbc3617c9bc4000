//! The choice of a certificate for each handshake.

use std::sync::Arc;

use clairon_acme::ACME_TLS;
use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::{CertificateStore, acme::PendingChallenges};

/// Chooses the certificate for each handshake.
#[derive(Debug)]
pub(crate) struct Resolver {
    pub(crate) certificates: Arc<CertificateStore>,
    /// `None` if all certificates are in files.
    pub(crate) challenges: Option<Arc<PendingChallenges>>,
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if let Some(challenges) = &self.challenges
            && hello.alpn().is_some_and(|mut protocols| protocols.any(|protocol| protocol == ACME_TLS))
        {
            return challenges.certificate(hello.server_name()?);
        }
        self.certificates.find(hello.server_name())
    }
}
