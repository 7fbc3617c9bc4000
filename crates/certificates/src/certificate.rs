//! A certificate with its key.

use std::sync::Arc;

use clairon_tls::CertificateFields;
use jiff::Timestamp;
use rustls::{
    InconsistentKeys,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use tracing::{info, warn};

/// The remaining lifetime below which a certificate causes a warning, in seconds.
const SOON: i64 = 14 * 86_400;

/// A certificate, those of its issuers, and its key.
#[derive(Clone, Debug)]
pub struct ServerCertificate {
    pub(crate) key: Arc<CertifiedKey>,
    /// Its host names and addresses in lower case. A wildcard is `*.` followed by the rest of the name.
    names: Vec<String>,
    valid_from: Timestamp,
    expires: Timestamp,
}

/// The reason why a certificate is unusable.
#[derive(Debug, thiserror::Error)]
pub enum InvalidCertificate {
    /// The PEM text of the certificate contains none.
    #[error("there is no PEM certificate in it")]
    NoCertificate,
    /// The PEM text or the certificate is malformed.
    #[error("it cannot be read: {0}")]
    Malformed(String),
    /// The PEM text of the key contains none.
    #[error("there is no PEM key in it (a key with a passphrase cannot be used)")]
    NoKey,
    /// The kind of key is not supported, or the key is malformed.
    #[error("its key cannot be used: {0} (RSA from 2048 bits on, ECDSA P-256 and P-384, and Ed25519 can)")]
    Key(String),
    /// The key does not belong to the certificate.
    #[error("the key does not belong to the certificate")]
    OtherKey,
}

impl ServerCertificate {
    /// Parses the PEM texts of a certificate chain, which starts with the server's own certificate, and of its key.
    ///
    /// # Errors
    /// One of them is unusable, or they do not belong together.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, InvalidCertificate> {
        let malformed = |error: &dyn std::fmt::Display| InvalidCertificate::Malformed(error.to_string());
        let chain: Vec<_> =
            CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().map_err(|error| malformed(&error))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| InvalidCertificate::NoKey)?;
        let first = chain.first().ok_or(InvalidCertificate::NoCertificate)?;
        let CertificateFields { names, valid_from, expires, .. } =
            CertificateFields::read(first).map_err(|error| malformed(&error))?;
        let time = |second| Timestamp::from_second(second).map_err(|error| malformed(&error));
        let (valid_from, expires) = (time(valid_from)?, time(expires)?);
        let key = CertifiedKey::from_der(chain, key, &clairon_tls::provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => InvalidCertificate::OtherKey,
            rustls::Error::InvalidCertificate(error) => InvalidCertificate::Malformed(format!("{error:?}")),
            error => InvalidCertificate::Key(error.to_string()),
        })?;
        Ok(Self { key: Arc::new(key), names, valid_from, expires })
    }

    /// Its name in logs and metrics: the first of its host names.
    #[must_use]
    pub fn name(&self) -> &str {
        self.names.first().map_or("(no name)", String::as_str)
    }

    /// The time from which on it is valid.
    #[must_use]
    pub const fn valid_from(&self) -> Timestamp {
        self.valid_from
    }

    /// The time at which it expires.
    #[must_use]
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }

    /// Logs the time at which it expires, as a warning if that is soon.
    pub(crate) fn log(&self) {
        let (certificate, expires) = (self.name(), self.expires);
        let left = expires.as_second() - Timestamp::now().as_second();
        if left <= 0 {
            warn!(certificate, %expires, "the certificate has expired: clients refuse it");
        } else if left < SOON {
            warn!(certificate, %expires, "the certificate expires soon");
        } else {
            info!(certificate, %expires, "certificate");
        }
    }

    /// True if it is valid for this host name, in upper or lower case.
    pub(crate) fn is_for(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let parent = host.split_once('.').map(|(_, parent)| parent);
        self.names.iter().any(|name| match name.strip_prefix("*.") {
            Some(rest) => parent == Some(rest),
            None => *name == host,
        })
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey, generate_simple_self_signed};

    use super::*;

    fn pair(names: &[&str]) -> (String, String) {
        let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
        (cert.pem(), signing_key.serialize_pem())
    }

    #[test]
    fn a_certificate_is_for_its_names_and_one_label_of_a_wildcard() {
        let (chain, key) = pair(&["WS.test", "*.shop.test"]);
        let certificate = ServerCertificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        assert_eq!(certificate.name(), "ws.test");
        for (host, is_for) in [
            ("ws.test", true),
            ("Ws.Test", true),
            ("a.shop.test", true),
            ("a.b.shop.test", false),
            ("shop.test", false),
            ("test", false),
            ("", false),
        ] {
            assert_eq!(certificate.is_for(host), is_for, "{host}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let (chain, key) = pair(&["ws.test"]);
        let (_, other) = pair(&["ws.test"]);
        let refused = |chain: &str, key: &str| {
            ServerCertificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap_err().to_string()
        };
        assert_eq!(refused(&chain, &other), "the key does not belong to the certificate");
        assert_eq!(refused("", &key), "there is no PEM certificate in it");
        assert!(refused(&chain, &chain).starts_with("there is no PEM key in it"));
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(refused(broken, &key).starts_with("it cannot be read: "));
        assert!(refused(&chain[..chain.len() / 2], &key).starts_with("it cannot be read: "));
    }
}
