//! TLS: the cryptography, the trusted authorities, the fields of certificates, and the errors of rustls inside I/O
//! errors.

mod authorities;
mod certificate_fields;
mod failure;
mod system;

use std::sync::{Arc, LazyLock};

use rustls::crypto::{CryptoProvider, ring};

pub use authorities::{Authorities, AuthoritiesError};
pub use certificate_fields::{CertificateFields, MalformedCertificate};
pub use failure::{cause, certificate_error};
pub use system::{system_certificates, system_roots};

/// The cryptography of all TLS connections.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(ring::default_provider()));
    PROVIDER.clone()
}
