//! The reasons why a stored app is invalid.

use clairon_protocol::{OutOfRange, error::InvalidId};

use crate::{error::RegistryError, webhooks::InvalidWebhook};

/// The reason why the row of an app is invalid. No message contains a secret, or the content of a column.
///
/// Every message is complete, like those of [`RegistryError`].
#[derive(Debug, thiserror::Error)]
pub enum RowFault {
    /// The app has no row in `app_keys`.
    #[error("it has no key")]
    NoKey,
    /// An id, a key or a secret is malformed.
    #[error("{column}: {cause}")]
    Id {
        /// The column.
        column: &'static str,
        /// The size, and the allowed form.
        cause: InvalidId,
    },
    /// A number of seconds is not a valid time.
    #[error("{column}: {cause}")]
    Time {
        /// The column.
        column: &'static str,
        /// The problem.
        cause: jiff::Error,
    },
    /// The text is not a list.
    #[error("allowed_origins ({size} bytes) is not a JSON array of strings: {cause}")]
    NoList {
        /// The length of the text in bytes.
        size: usize,
        /// The error of the JSON parser.
        cause: serde_json::Error,
    },
    /// A text is not a list of endpoints.
    #[error("webhooks ({size} bytes) is no JSON array of endpoints")]
    NoWebhooks {
        /// Its length in bytes.
        size: usize,
    },
    /// An endpoint is not valid.
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
    /// A field has an invalid value.
    #[error("{0}")]
    Invalid(#[from] Box<RegistryError>),
    /// A column has a wrong type or encoding.
    #[error("{column}: {cause}")]
    Unreadable {
        /// The column.
        column: String,
        /// The message of the driver.
        cause: sqlx::error::BoxDynError,
    },
}
