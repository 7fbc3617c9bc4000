//! What can be wrong with a stored app.

use clairon_protocol::{OutOfRange, error::InvalidId};

use crate::{error::RegistryError, webhooks::InvalidWebhook};

/// Why the row of an app cannot be used. No text holds a secret, or what stands in a column.
///
/// Every message is complete by itself, as those of [`RegistryError`] are.
#[derive(Debug, thiserror::Error)]
pub enum RowFault {
    /// There is none in `app_keys`.
    #[error("it has no key")]
    NoKey,
    /// An id, a key or a secret does not have its form.
    #[error("{column}: {cause}")]
    Id {
        /// Where it is.
        column: &'static str,
        /// Its size, and what is allowed.
        cause: InvalidId,
    },
    /// A number of seconds is no time.
    #[error("{column}: {cause}")]
    Time {
        /// Where it is.
        column: &'static str,
        /// What is wrong with it.
        cause: jiff::Error,
    },
    /// A text is no list.
    #[error("allowed_origins ({size} bytes) is not a JSON array of strings: {cause}")]
    NoList {
        /// Its length in bytes.
        size: usize,
        /// Where it ends to be one.
        cause: serde_json::Error,
    },
    /// A text is no list of endpoints.
    #[error("webhooks ({size} bytes) is no JSON array of endpoints")]
    NoWebhooks {
        /// Its length in bytes.
        size: usize,
    },
    /// An endpoint is none.
    #[error("entry {position} of webhooks: {cause}")]
    Webhook {
        /// Which entry, from 1.
        position: usize,
        /// Why.
        cause: Box<InvalidWebhook>,
    },
    /// A limit is out of its range.
    #[error("{0}")]
    Limit(#[from] OutOfRange),
    /// The app has a field that no app may have.
    #[error("{0}")]
    Invalid(#[from] Box<RegistryError>),
    /// A column has a type or an encoding that no app has.
    #[error("{column}: {cause}")]
    Unreadable {
        /// Which one.
        column: String,
        /// What the driver says.
        cause: sqlx::error::BoxDynError,
    },
}
