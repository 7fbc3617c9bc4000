//! The reasons why an entry of a list of origins can match nothing.

use std::fmt;

/// The largest part of an entry that an error shows, in characters.
const SHOWN: usize = 80;

/// An entry that no origin can match.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct InvalidOrigin {
    /// The start of the entry. Empty if the entry may contain a password, or has nothing to show.
    entry: Box<str>,
    /// The reason.
    fault: OriginFault,
    /// The entry that was most likely meant.
    instead: Option<Box<str>>,
}

/// The reason why an entry can never match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginFault {
    /// The entry is empty or too long.
    #[error("it has {chars} characters, allowed are 1 to {most}")]
    Size {
        /// The length in characters.
        chars: usize,
        /// The largest length in characters.
        most: usize,
    },
    /// The entry contains white space or a control character.
    #[error("it has white space or a control character at byte {at}")]
    Space {
        /// Its position, in bytes from the start.
        at: usize,
    },
    /// The entry has a path, a query or a fragment.
    #[error("an origin has no path, query or fragment")]
    Path,
    /// The entry has a user or a password.
    #[error("an origin has no user name and no password")]
    User,
    /// The entry has the scheme of the WebSocket instead of the page's.
    #[error("a browser sends the origin of the page, which begins with http:// or https://")]
    WebSocket,
    /// The scheme is invalid.
    #[error("a scheme is made of A-Z a-z 0-9 + - . and begins with a letter, or is *")]
    Scheme,
    /// The colon or the slashes after the scheme are missing.
    #[error("a scheme ends with ://")]
    Slashes,
    /// The entry is only a scheme.
    #[error("it has no host")]
    NoHost,
    /// The host begins with a dot, as in a cookie.
    #[error("no host begins with a dot")]
    Dot,
    /// The entry contains several origins.
    #[error("each origin is an entry of its own")]
    Several,
    /// The host contains an invalid character.
    #[error("a host is made of letters, digits, - _ . and *, or is an address")]
    Host,
    /// The host is a number, or ends in one, and is no address as browsers write it.
    #[error("an IPv4 address has four numbers from 0 to 255, without leading zeros")]
    Address,
    /// A label that begins with `xn--` is not valid.
    #[error("a part of a host name that begins with xn-- must be valid Punycode")]
    Punycode,
    /// A `file://` with a host.
    #[error("a page that was opened from a file has no host")]
    FileHost,
    /// A label contains both a star and letters outside of ASCII.
    #[error("a part of a host name with letters outside of ASCII cannot have a * in it")]
    Star,
    /// The port is invalid.
    #[error("a port is a number from 1 to 65535 or *")]
    Port,
    /// An IPv6 address has no brackets.
    #[error("an IPv6 address has brackets around it")]
    Brackets,
}

impl InvalidOrigin {
    pub(super) fn new(entry: &str, fault: OriginFault, instead: Option<String>) -> Self {
        let end = entry.char_indices().nth(SHOWN).map_or(entry.len(), |(end, _)| end);
        let shown = if fault == OriginFault::User { "" } else { &entry[..end] };
        Self { entry: shown.into(), fault, instead: instead.map(String::into_boxed_str) }
    }

    /// The reason.
    #[must_use]
    pub const fn fault(&self) -> OriginFault {
        self.fault
    }

    /// The entry that was most likely meant.
    #[must_use]
    pub fn instead(&self) -> Option<&str> {
        self.instead.as_deref()
    }
}

impl fmt::Display for InvalidOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.entry.is_empty() {
            write!(f, "{:?} ", self.entry)?;
        }
        write!(f, "can never match: {}", self.fault)?;
        match &self.instead {
            Some(instead) => write!(f, "; write {instead:?}"),
            None => Ok(()),
        }
    }
}
