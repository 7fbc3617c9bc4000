//! The signatures of an app's backend: of requests, subscriptions and sign-ins.
//!
//! All signatures are HMAC-SHA256 under the app's secret, written in hexadecimal, and compared in constant time.

mod http;
mod query;
mod signature;
mod token;

pub use http::{HttpRequest, InvalidRequest, MAX_PARAMETERS};
pub use query::RequestQuery;
pub use signature::Signature;
pub use token::{AuthToken, InvalidToken, subscription_signature, user_signature};
