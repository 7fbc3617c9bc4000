//! The reason why an endpoint is not valid.

use clairon_protocol::error::InvalidId;

use super::kind::WebhookKind;
use crate::wrong_size::WrongSize;

/// The longest part of a text that an error shows, in characters.
const SHOWN: usize = 80;

/// The reason why an endpoint is not valid. No message contains a secret, a header value, or the user, the password or
/// the query of a URL.
#[derive(Debug, thiserror::Error)]
pub enum InvalidWebhook {
    /// A field has too few or too many bytes or entries.
    #[error(transparent)]
    Size(#[from] WrongSize),
    /// The URL cannot be requested.
    #[error("url {shown:?}: {fault}")]
    Url {
        /// The URL with its secret parts replaced.
        shown: String,
        /// The reason.
        fault: UrlFault,
    },
    /// The id has another form.
    #[error("id has another form than 12 hexadecimal digits in lower case")]
    Id,
    /// The kind does not exist.
    #[error("entry {position} of events is {shown:?}, allowed are {}", kinds())]
    Kind {
        /// The position of the entry, from 1.
        position: usize,
        /// The beginning of the text.
        shown: String,
    },
    /// A pattern is empty or too long.
    #[error("entry {position} of channels has {size} bytes, allowed are 1 to {max}")]
    ChannelSize {
        /// The position of the entry, from 1.
        position: usize,
        /// The length in bytes.
        size: usize,
        /// The largest allowed length.
        max: usize,
    },
    /// A pattern cannot match any channel.
    #[error("entry {position} of channels is {shown:?}, allowed are A-Z a-z 0-9 _ - = @ , . ; and * for any text")]
    Channel {
        /// The position of the entry, from 1.
        position: usize,
        /// The beginning of the pattern.
        shown: String,
    },
    /// A header cannot be sent.
    #[error("the header {name:?}: {fault}")]
    Header {
        /// The beginning of its name.
        name: String,
        /// The reason.
        fault: HeaderFault,
    },
    /// The secret does not have a valid form.
    #[error("secret: {0}")]
    Secret(#[from] InvalidId),
    /// The secret is the `…` that replaces secrets in output.
    #[error("secret: … replaces a hidden secret: write the whole secret")]
    HiddenSecret,
    /// The requests would have two `Authorization` headers.
    #[error("the header Authorization is there, and the URL has a user, which makes one too: leave one of them out")]
    TwoAuthorizations,
}

/// The reason why a URL cannot be requested.
#[derive(Debug, thiserror::Error)]
pub enum UrlFault {
    /// The scheme is missing or is not `http` or `https`.
    #[error("it has to begin with http:// or https://")]
    Scheme,
    /// The name of its host contains a sign that no name contains.
    #[error("no name of a host contains {sign:?}")]
    Host {
        /// The first such sign.
        sign: char,
    },
    /// It contains white space or a control character.
    #[error("it has white space or a control character at byte {at}")]
    Space {
        /// The position of the character, in bytes from the start.
        at: usize,
    },
    /// Requests do not carry a fragment.
    #[error("no request carries a fragment: write # as %23")]
    Fragment,
    /// Port 0 cannot be connected to.
    #[error("no request can go to port 0")]
    Port,
    /// It was copied from output that hides secrets.
    #[error("the … in it replaces a hidden part: write the whole URL")]
    Hidden,
    /// It is not a URL.
    #[error("{cause}")]
    Form {
        /// What is wrong with it.
        cause: url::ParseError,
    },
}

/// The reason why a header cannot be sent.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum HeaderFault {
    /// The name is empty or too long.
    #[error("its name has {size} bytes, allowed are 1 to {max}")]
    NameSize {
        /// The length in bytes.
        size: usize,
        /// The largest allowed length.
        max: usize,
    },
    /// The name is not a token of HTTP.
    #[error("a name is made of A-Z a-z 0-9 ! # $ % & ' * + - . ^ _ ` | ~")]
    Name,
    /// The server or its HTTP client sets this header.
    #[error("it is set by the server itself")]
    Reserved,
    /// The value is too long.
    #[error("its value has {size} bytes, allowed are 0 to {max}")]
    ValueSize {
        /// The length in bytes.
        size: usize,
        /// The largest allowed length.
        max: usize,
    },
    /// The value has a character that some receivers do not accept.
    #[error("its value has a character at byte {at} that is not printable ASCII")]
    Value {
        /// The position of the character, in bytes from the start.
        at: usize,
    },
    /// It was copied from output that hides secrets.
    #[error("its value … replaces a hidden one: write the whole value")]
    Hidden,
    /// The header occurs twice. Names are compared without regard to case.
    #[error("it is there twice")]
    Twice,
}

impl InvalidWebhook {
    /// The name of the invalid field.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Size(WrongSize { field, .. }) => field,
            Self::Id => "id",
            Self::Url { .. } => "url",
            Self::Kind { .. } => "events",
            Self::ChannelSize { .. } | Self::Channel { .. } => "channels",
            Self::Header { .. } | Self::TwoAuthorizations => "headers",
            Self::Secret(_) | Self::HiddenSecret => "secret",
        }
    }
}

/// The first characters of a text that an error shows.
pub(super) fn beginning(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

fn kinds() -> String {
    WebhookKind::ALL.map(WebhookKind::as_str).join(", ")
}
