//! TLS for every connection that Clairon opens: the implementation of cryptography, the authorities that are trusted,
//! and the errors of rustls inside I/O errors.

mod authorities;
mod failure;
mod system;

use std::sync::{Arc, LazyLock};

use rustls::crypto::{CryptoProvider, ring};

pub use authorities::{Authorities, AuthoritiesError};
pub use failure::{cause, certificate_error};
pub use system::{system_certificates, system_roots};

/// The implementation of cryptography that all TLS connections use.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(ring::default_provider()));
    PROVIDER.clone()
}
