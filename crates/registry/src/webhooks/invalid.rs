//! Why something is no endpoint.

use std::ops::RangeInclusive;

use clairon_protocol::error::InvalidId;

use super::kind::WebhookKind;

/// How much of a text an error shows, in characters.
const SHOWN: usize = 80;

/// What is wrong with an endpoint. No text holds a secret, the value of a header, or the user, password or query of a
/// URL.
#[derive(Debug, thiserror::Error)]
pub enum InvalidWebhook {
    /// A field has too few or too many bytes or entries.
    #[error("{field} has {size} {unit}, allowed are {min} to {max}")]
    Size {
        /// Its name.
        field: &'static str,
        /// How many it has.
        size: usize,
        /// Of what: bytes or entries.
        unit: &'static str,
        /// The least it may have.
        min: usize,
        /// The most it may have.
        max: usize,
    },
    /// No request can go to the URL.
    #[error("url {shown:?}: {fault}")]
    Url {
        /// The URL without what may be a secret.
        shown: String,
        /// Why.
        fault: UrlFault,
    },
    /// No endpoint is called this.
    #[error("id has another form than 12 hexadecimal digits in lower case")]
    Id,
    /// There is no such kind.
    #[error("entry {position} of events is {shown:?}, allowed are {}", kinds())]
    Kind {
        /// Which entry, from 1.
        position: usize,
        /// Its beginning.
        shown: String,
    },
    /// A pattern is empty or too long.
    #[error("entry {position} of channels has {size} bytes, allowed are 1 to {max}")]
    ChannelSize {
        /// Which entry, from 1.
        position: usize,
        /// Its length in bytes.
        size: usize,
        /// The most it may have.
        max: usize,
    },
    /// A pattern matches no channel.
    #[error("entry {position} of channels is {shown:?}, allowed are A-Z a-z 0-9 _ - = @ , . ; and * for any text")]
    Channel {
        /// Which entry, from 1.
        position: usize,
        /// Its beginning.
        shown: String,
    },
    /// A header cannot be sent.
    #[error("the header {name:?}: {fault}")]
    Header {
        /// The beginning of its name.
        name: String,
        /// Why.
        fault: HeaderFault,
    },
    /// The secret has not the form of one.
    #[error("secret: {0}")]
    Secret(#[from] InvalidId),
    /// The secret is what stands for a hidden one.
    #[error("secret: … stands for what was hidden: write the whole secret")]
    HiddenSecret,
    /// There would be two headers `Authorization`.
    #[error("the header Authorization is there, and the URL has a user, which makes one too: leave one of them out")]
    TwoAuthorizations,
}

/// Why no request can go to a URL.
#[derive(Debug, thiserror::Error)]
pub enum UrlFault {
    /// Another scheme, or none.
    #[error("it has to begin with http:// or https://")]
    Scheme,
    /// Something that no URL has.
    #[error("it has white space or a control character at byte {at}")]
    Space {
        /// Where, in bytes from the start.
        at: usize,
    },
    /// No request carries it.
    #[error("no request carries a fragment: write # as %23")]
    Fragment,
    /// There is no such port.
    #[error("no request can go to port 0")]
    Port,
    /// It was copied from a place that hides secrets.
    #[error("the … in it stands for what was hidden: write the whole URL")]
    Hidden,
    /// It is none.
    #[error("{cause}")]
    Form {
        /// What is wrong with it.
        cause: url::ParseError,
    },
}

/// Why a header cannot be sent.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum HeaderFault {
    /// No name, or too long a one.
    #[error("its name has {size} bytes, allowed are 1 to {max}")]
    NameSize {
        /// Its length in bytes.
        size: usize,
        /// The most it may have.
        max: usize,
    },
    /// The name is no token of HTTP.
    #[error("a name is made of A-Z a-z 0-9 ! # $ % & ' * + - . ^ _ ` | ~")]
    Name,
    /// The server or its HTTP client says what it is.
    #[error("it is set by the server itself")]
    Reserved,
    /// Too long a value.
    #[error("its value has {size} bytes, allowed are 0 to {max}")]
    ValueSize {
        /// Its length in bytes.
        size: usize,
        /// The most it may have.
        max: usize,
    },
    /// A character that not every receiver takes.
    #[error("its value has a character at byte {at} that is not printable ASCII")]
    Value {
        /// Where, in bytes from the start.
        at: usize,
    },
    /// It was copied from a place that hides secrets.
    #[error("its value … stands for what was hidden: write the whole value")]
    Hidden,
    /// Names are compared without regard to case.
    #[error("it is there twice")]
    Twice,
}

impl InvalidWebhook {
    /// The name of the field that is wrong.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Size { field, .. } => field,
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

pub(super) fn check_size(
    field: &'static str,
    size: usize,
    unit: &'static str,
    allowed: RangeInclusive<usize>,
) -> Result<(), InvalidWebhook> {
    let (min, max) = (*allowed.start(), *allowed.end());
    if allowed.contains(&size) { Ok(()) } else { Err(InvalidWebhook::Size { field, size, unit, min, max }) }
}

fn kinds() -> String {
    WebhookKind::ALL.map(WebhookKind::as_str).join(", ")
}
