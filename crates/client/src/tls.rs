//! TLS with the certificates that this machine trusts.

use std::{
    io::{self, Read, Write},
    sync::{Arc, OnceLock},
};

use clairon_tls::{provider, system_roots};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
};

/// A client for one handshake. It keeps the certificates that the server sent.
pub struct TlsClient {
    config: Arc<ClientConfig>,
    seen: Arc<OnceLock<CertificateChain>>,
}

/// The certificates that a server sent.
#[derive(Clone, Debug)]
pub struct CertificateChain {
    /// The server's own certificate, in DER.
    pub certificate: Vec<u8>,
    /// The number of further certificates.
    pub intermediates: usize,
}

impl TlsClient {
    /// A client that trusts the system's certificates, or Mozilla's if the system has none.
    ///
    /// # Errors
    /// When no certificate can be used.
    pub fn new() -> Result<Self, Error> {
        let seen = Arc::new(OnceLock::new());
        let provider = provider();
        let roots = Arc::new(system_roots());
        let inner = WebPkiServerVerifier::builder_with_provider(roots, provider.clone())
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        let verifier = Arc::new(RecordingVerifier { inner, seen: seen.clone() });
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(Self { config: Arc::new(config), seen })
    }

    /// Makes the handshake on a TCP connection.
    ///
    /// # Errors
    /// When the peer speaks no TLS, or its certificate is not valid for `host`. [`cause`](clairon_tls::cause) finds
    /// the error of rustls inside.
    pub fn handshake<S: Read + Write>(&self, mut tcp: S, host: &str) -> io::Result<StreamOwned<ClientConnection, S>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let mut connection = ClientConnection::new(self.config.clone(), name).map_err(io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut tcp)?;
        }
        Ok(StreamOwned::new(connection, tcp))
    }

    /// The certificates that the server sent, accepted or not.
    #[must_use]
    pub fn chain(&self) -> Option<&CertificateChain> {
        self.seen.get()
    }
}

/// The usual verifier, which also keeps the certificates that it checks.
#[derive(Debug)]
struct RecordingVerifier {
    inner: Arc<WebPkiServerVerifier>,
    seen: Arc<OnceLock<CertificateChain>>,
}

impl ServerCertVerifier for RecordingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = CertificateChain { certificate: end_entity.to_vec(), intermediates: intermediates.len() };
        // The cell is empty: a handshake calls this once, and a client makes one handshake.
        let _ = self.seen.set(chain);
        self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
