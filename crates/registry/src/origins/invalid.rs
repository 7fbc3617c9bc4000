//! Why an entry of a list of origins matches nothing.

use std::fmt;

/// How much of an entry an error shows, in characters.
const SHOWN: usize = 80;

/// An entry that no page's origin can ever match.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct InvalidOrigin {
    /// The beginning of the entry. Empty where it may hold a password, or nothing to show.
    entry: Box<str>,
    /// Why.
    fault: OriginFault,
    /// What was meant, most likely.
    instead: Option<Box<str>>,
}

/// Why an entry can never match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginFault {
    /// Nothing there, or too much.
    #[error("it has {bytes} bytes, allowed are 1 to {most}")]
    Size {
        /// Its length in bytes.
        bytes: usize,
        /// The most that it may have.
        most: usize,
    },
    /// An origin has no white space.
    #[error("it has white space or a control character at byte {at}")]
    Space {
        /// Where, in bytes from the start.
        at: usize,
    },
    /// More than an origin.
    #[error("an origin has no path, query or fragment")]
    Path,
    /// More than an origin.
    #[error("an origin has no user name and no password")]
    User,
    /// The scheme of the connection in place of that of the page.
    #[error("a browser sends the origin of the page, which begins with http:// or https://")]
    WebSocket,
    /// Not a scheme.
    #[error("a scheme is made of A-Z a-z 0-9 + - . and begins with a letter, or is *")]
    Scheme,
    /// A colon or slashes without the other.
    #[error("a scheme ends with ://")]
    Slashes,
    /// A scheme alone.
    #[error("it has no host")]
    NoHost,
    /// A cookie's way to write a domain.
    #[error("no host begins with a dot")]
    Dot,
    /// A list in one entry.
    #[error("each origin is an entry of its own")]
    Several,
    /// A character that no host has.
    #[error("a host is made of letters, digits, - _ . and *, or is an address")]
    Host,
    /// A star beside letters outside of ASCII.
    #[error("a part of a host name with letters outside of ASCII cannot have a * in it")]
    Star,
    /// Not a port.
    #[error("a port is a number from 1 to 65535 or *")]
    Port,
    /// An address of IPv6 as it stands in no URL.
    #[error("an IPv6 address has brackets around it")]
    Brackets,
}

impl InvalidOrigin {
    pub(super) fn new(entry: &str, fault: OriginFault, instead: Option<String>) -> Self {
        let end = entry.char_indices().nth(SHOWN).map_or(entry.len(), |(end, _)| end);
        let shown = if fault == OriginFault::User { "" } else { &entry[..end] };
        Self { entry: shown.into(), fault, instead: instead.map(String::into_boxed_str) }
    }

    /// Why.
    #[must_use]
    pub const fn fault(&self) -> OriginFault {
        self.fault
    }

    /// What was meant, most likely.
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
