//! The settings of ACME.

use clairon_tls::Authorities;

/// The certificates that the server gets by itself.
#[derive(Clone, Debug)]
pub struct AcmeSettings {
    /// The host names, in lower case. Each has its own certificate. Never empty.
    pub domains: Vec<String>,
    /// The URL of the authority's directory.
    pub directory: String,
    /// The authorities that are trusted for the authority's own certificate; `None` for those of the system.
    pub authorities: Option<Authorities>,
    /// The address that the authority writes to; empty for none.
    pub email: String,
    /// A certificate is renewed this many days before it expires, or when a third of its lifetime is left if that is
    /// later.
    pub renew_days: u32,
}
