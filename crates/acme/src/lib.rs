//! Certificates from an ACME authority such as Let's Encrypt (RFC 8555).
//!
//! The caller stores the account and the certificates, and answers the challenges: [`AcmeOrder::challenge`] is between
//! the start and the end of an order.

use futures_util::future::BoxFuture;

mod account;
mod authority;
mod challenge;
mod error;
mod order;
mod request;

pub use account::Account;
pub use authority::Authority;
pub use challenge::{ACME_TLS, Challenge, ChallengeKind, challenge_certificate};
pub use error::AcmeError;
pub use order::{AcmeOrder, IssuedCertificate};

/// A conversation with an authority. It is boxed, so that the code of the ACME client is compiled with this crate, and
/// not again with the crate that awaits it.
pub type AcmeFuture<'a, T> = BoxFuture<'a, Result<T, AcmeError>>;
