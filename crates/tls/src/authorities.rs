//! Certificate authorities of a PEM file.

use std::fmt;

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

/// The certificate authorities of a PEM file that a setting names. The user of this type decides whether they replace
/// those of the system.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorities {
    pem: Vec<u8>,
}

/// The reason why a PEM file does not contain usable authorities.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthoritiesError {
    /// It contains no certificate.
    #[error("it contains no certificate ({bytes} bytes)")]
    Empty {
        /// Size of the file.
        bytes: usize,
    },
    /// It contains an unreadable certificate.
    #[error("certificate {number} cannot be read: {problem}")]
    Unreadable {
        /// Position of the certificate, beginning with 1.
        number: usize,
        /// What is wrong with it.
        problem: String,
    },
}

impl Authorities {
    /// Parses the content of a PEM file.
    ///
    /// # Errors
    /// It contains no certificate, or an unreadable one.
    pub fn from_pem(pem: Vec<u8>) -> Result<Self, AuthoritiesError> {
        let mut number = 0;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            number += 1;
            let unreadable =
                |error: &dyn fmt::Display| AuthoritiesError::Unreadable { number, problem: error.to_string() };
            let certificate = certificate.map_err(|error| unreadable(&error))?;
            RootCertStore::empty().add(certificate).map_err(|error| unreadable(&error))?;
        }
        if number == 0 { Err(AuthoritiesError::Empty { bytes: pem.len() }) } else { Ok(Self { pem }) }
    }

    /// The content of the file.
    #[must_use]
    pub fn pem(&self) -> &[u8] {
        &self.pem
    }

    /// Adds the certificates to `roots`.
    pub fn add_to(&self, roots: &mut RootCertStore) {
        // `from_pem` has checked that all of them are readable.
        roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&self.pem).flatten());
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
    fn a_file_without_readable_certificates_is_refused() {
        let refusal = |pem: &str| Authorities::from_pem(pem.as_bytes().to_vec()).unwrap_err().to_string();
        assert_eq!(refusal("not PEM"), "it contains no certificate (7 bytes)");
        let text = refusal("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assert!(text.starts_with("certificate 1 cannot be read: "), "{text}");
    }
}
