//! Valid and invalid certificates, and an authority that no system trusts.

#![expect(clippy::unwrap_used, reason = "where a preparation fails, the test has failed")]

use std::{fs, path::Path};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use tempfile::TempDir;

/// A private authority.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

/// A certificate and its key, in files.
pub struct Certificate {
    folder: TempDir,
}

impl Authority {
    /// An authority with a new key.
    ///
    /// # Panics
    /// When it cannot be created.
    #[must_use]
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Nobody's Authority");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    /// The file for `SSL_CERT_FILE`.
    #[must_use]
    pub fn file(&self) -> String {
        self.folder.path().join("ca.pem").display().to_string()
    }

    /// A valid certificate for a name.
    #[must_use]
    pub fn issue(&self, name: &str) -> Certificate {
        self.sign(&params(name))
    }

    /// An expired certificate.
    #[must_use]
    pub fn issue_expired(&self, name: &str) -> Certificate {
        let mut params = params(name);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2020, 12, 31);
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Certificate {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Certificate::write(&certificate, &key)
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Certificate {
    /// A self-signed certificate.
    ///
    /// # Panics
    /// When it cannot be created.
    #[must_use]
    pub fn self_signed(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self::write(&params(name).self_signed(&key).unwrap(), &key)
    }

    fn write(certificate: &rcgen::Certificate, key: &KeyPair) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("chain.pem"), certificate.pem()).unwrap();
        fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
        Self { folder }
    }

    /// Overwrites these files with those of another certificate.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn replace_by(&self, other: &Self) {
        fs::copy(other.chain(), self.chain()).unwrap();
        fs::copy(other.key(), self.key()).unwrap();
    }

    /// The folder of the files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file of the certificate.
    #[must_use]
    pub fn chain(&self) -> String {
        self.folder.path().join("chain.pem").display().to_string()
    }

    /// The file of its key.
    #[must_use]
    pub fn key(&self) -> String {
        self.folder.path().join("key.pem").display().to_string()
    }
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
