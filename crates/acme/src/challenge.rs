//! Challenges, with which an authority checks that a host name leads to this server.

use instant_acme::ChallengeType;
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::{pki_types::PrivateKeyDer, sign::CertifiedKey};
use sha2::{Digest, Sha256};

use crate::AcmeError;

/// The protocol that an authority offers in the handshake of a TLS-ALPN-01 challenge (RFC 8737, 3).
pub const ACME_TLS: &[u8] = b"acme-tls/1";

/// The way in which an authority checks a host name. The preferred one is first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChallengeKind {
    /// A TLS handshake on port 443 (RFC 8737).
    TlsAlpn,
    /// A request on port 80 (RFC 8555, 8.3).
    Http,
}

/// A challenge. Both kinds are answered with the same text.
pub struct Challenge {
    /// The last part of the path that the authority requests.
    pub token: String,
    /// The token with the fingerprint of the account's key (RFC 8555, 8.1).
    pub key_authorization: String,
}

impl ChallengeKind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::TlsAlpn => "tls-alpn-01",
            Self::Http => "http-01",
        }
    }

    /// The port that the authority uses.
    pub(crate) const fn port(self) -> u16 {
        match self {
            Self::TlsAlpn => 443,
            Self::Http => 80,
        }
    }

    pub(crate) const fn of_authority(self) -> ChallengeType {
        match self {
            Self::TlsAlpn => ChallengeType::TlsAlpn01,
            Self::Http => ChallengeType::Http01,
        }
    }
}

/// The certificate that answers a TLS-ALPN-01 challenge (RFC 8737, 3): self-signed, with the digest of the key
/// authorization in an extension.
///
/// # Errors
/// The name is not a host name, or no key can be made.
pub fn challenge_certificate(domain: &str, key_authorization: &str) -> Result<CertifiedKey, AcmeError> {
    let failed = |error: &dyn std::fmt::Display| AcmeError::ChallengeCertificate(error.to_string());
    let mut params = CertificateParams::new(vec![domain.to_owned()]).map_err(|error| failed(&error))?;
    let digest = Sha256::digest(key_authorization);
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(&digest)];
    let key = KeyPair::generate().map_err(|error| failed(&error))?;
    let certificate = params.self_signed(&key).map_err(|error| failed(&error))?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|error| failed(&error))?;
    // Not `from_der`, which reads the certificate and refuses the extension.
    let key = clairon_tls::provider().key_provider.load_private_key(key).map_err(|error| failed(&error))?;
    Ok(CertifiedKey::new(vec![certificate.der().clone()], key))
}
