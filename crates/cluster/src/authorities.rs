//! Whom a node trusts to know Redis.

use std::fmt;

use redis::TlsCertificates;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

/// Certificates of the authorities that may vouch for Redis over TLS, in place of the public ones.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorities {
    pem: Vec<u8>,
}

impl Authorities {
    /// Takes the content of a PEM file.
    ///
    /// # Errors
    /// Says what is wrong with it: there is no certificate in it, or one that cannot be read.
    pub fn from_pem(pem: Vec<u8>) -> Result<Self, String> {
        let mut count = 0;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            count += 1;
            let wrong = |error: &dyn fmt::Display| format!("certificate {count} cannot be read: {error}");
            let certificate = certificate.map_err(|error| wrong(&error))?;
            RootCertStore::empty().add(certificate).map_err(|error| wrong(&error))?;
        }
        if count == 0 { Err(format!("no certificate is in its {} bytes", pem.len())) } else { Ok(Self { pem }) }
    }

    pub(crate) fn tls(&self) -> TlsCertificates {
        TlsCertificates { client_tls: None, root_cert: Some(self.pem.clone()) }
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorities({} bytes)", self.pem.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        let refusal = |pem: &str| Authorities::from_pem(pem.as_bytes().to_vec()).unwrap_err();
        assert_eq!(refusal("not PEM"), "no certificate is in its 7 bytes");
        let text = refusal("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assert!(text.starts_with("certificate 1 cannot be read: "), "{text}");
    }
}
