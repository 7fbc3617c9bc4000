//! TLS, with the certificates that this machine trusts, as PHP uses them too.

use std::{
    io::{self, Read, Write},
    sync::{Arc, LazyLock, OnceLock},
};

use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    StreamOwned,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

/// The certificates of the system, or of `SSL_CERT_FILE` and `SSL_CERT_DIR`; those of Mozilla where the system has
/// none.
static ROOTS: LazyLock<Vec<CertificateDer<'static>>> = LazyLock::new(|| rustls_native_certs::load_native_certs().certs);

/// One attempt, which remembers the certificate that it was shown.
pub struct Client {
    config: Arc<ClientConfig>,
    seen: Arc<OnceLock<Chain>>,
}

/// What a server has shown.
#[derive(Clone, Debug)]
pub struct Chain {
    /// In DER.
    pub certificate: Vec<u8>,
    /// How many certificates came with it.
    pub intermediates: usize,
}

impl Client {
    /// With the system's certificates, or those of Mozilla.
    ///
    /// # Errors
    /// When none of them can be used.
    pub fn new() -> Result<Self, Error> {
        let seen = Arc::new(OnceLock::new());
        let provider = provider();
        let roots = Arc::new(roots());
        let inner = WebPkiServerVerifier::builder_with_provider(roots, provider.clone())
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        let verifier = Arc::new(Remember { inner, seen: seen.clone() });
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(Self { config: Arc::new(config), seen })
    }

    /// Makes TLS of a connection.
    ///
    /// # Errors
    /// When the peer speaks no TLS, or has no certificate for `host` that is good. A [`rustls::Error`] may be inside.
    pub fn handshake<S: Read + Write>(&self, mut tcp: S, host: &str) -> io::Result<StreamOwned<ClientConnection, S>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let mut connection = ClientConnection::new(self.config.clone(), name).map_err(io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut tcp)?;
        }
        Ok(StreamOwned::new(connection, tcp))
    }

    /// What the server has shown, whether it was accepted or not.
    #[must_use]
    pub fn chain(&self) -> Option<&Chain> {
        self.seen.get()
    }
}

/// What rustls says, where it is the cause of an error.
#[must_use]
pub fn cause(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// What is wrong with the server's certificate, where that is what the error is about: then it does speak TLS.
#[must_use]
pub fn certificate_error(error: &io::Error) -> Option<&CertificateError> {
    match cause(error)? {
        Error::InvalidCertificate(certificate) => Some(certificate),
        _ => None,
    }
}

/// The cryptography behind all of it.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(ring::default_provider()));
    PROVIDER.clone()
}

/// The certificates of the system in DER; none where it has none.
#[must_use]
pub fn system_certificates() -> &'static [CertificateDer<'static>] {
    &ROOTS
}

fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // Those that cannot be read are left out, as OpenSSL does.
    roots.add_parsable_certificates(system_certificates().iter().cloned());
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

/// The usual verifier, which remembers what it was asked about.
#[derive(Debug)]
struct Remember {
    inner: Arc<WebPkiServerVerifier>,
    seen: Arc<OnceLock<Chain>>,
}

impl ServerCertVerifier for Remember {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = Chain { certificate: end_entity.to_vec(), intermediates: intermediates.len() };
        // It is asked once a handshake, and a client makes one.
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
