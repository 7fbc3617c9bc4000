//! The certificates that the operating system trusts. PHP trusts the same ones.

use std::sync::LazyLock;

use rustls::{RootCertStore, pki_types::CertificateDer};

/// The certificates of the system, or of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
static ROOTS: LazyLock<Vec<CertificateDer<'static>>> = LazyLock::new(|| rustls_native_certs::load_native_certs().certs);

/// The certificates that the system trusts, in DER; empty if it has none. They are read once.
#[must_use]
pub fn system_certificates() -> &'static [CertificateDer<'static>] {
    &ROOTS
}

/// The authorities that the system trusts, or Mozilla's if the system has none.
#[must_use]
pub fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // Unreadable certificates are skipped, as in OpenSSL.
    roots.add_parsable_certificates(system_certificates().iter().cloned());
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}
