//! The one-time link with which a first operator signs in.

use clairon_protocol::Secret;
use clairon_registry::random_hex;

use super::secret_text::is_secret;

/// The random bytes of a link. Nobody guesses 256 bits.
const LINK_BYTES: usize = 32;

/// The secret part of a one-time link. `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct Link(Secret);

/// The states of the link of a process.
#[derive(Debug, Default)]
pub(super) enum OneTimeLink {
    /// There is none.
    #[default]
    None,
    /// It can be used.
    Open(Link),
    /// It was used.
    Used,
}

/// Why a link does not sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongLink {
    /// There is no link.
    #[error("this server has no one-time link")]
    None,
    /// It was used before.
    #[error("the one-time link was used before")]
    Used,
    /// It is another text.
    #[error("the one-time link ({size} bytes) is another one")]
    Other {
        /// The length of the given text, in bytes.
        size: usize,
    },
}

impl Link {
    #[expect(clippy::expect_used, reason = "hexadecimal digits are a secret")]
    fn random() -> Self {
        Self(Secret::parse(&random_hex::<LINK_BYTES>()).expect("hexadecimal digits are a secret"))
    }

    /// The text for the address of the dashboard.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl OneTimeLink {
    /// Makes a new link, which replaces an earlier one.
    pub(super) fn offer(&mut self) -> Link {
        let link = Link::random();
        *self = Self::Open(link.clone());
        link
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }

    pub(super) const fn was_offered(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Uses the link up, if it is this text.
    pub(super) fn take(&mut self, given: &str) -> Result<(), WrongLink> {
        match self {
            Self::None => Err(WrongLink::None),
            Self::Used => Err(WrongLink::Used),
            Self::Open(link) if is_secret(&link.0, given) => {
                *self = Self::Used;
                Ok(())
            }
            Self::Open(_) => Err(WrongLink::Other { size: given.len() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_used_once() {
        let mut state = OneTimeLink::default();
        assert_eq!(state.take(""), Err(WrongLink::None));
        let link = state.offer();
        assert_eq!(link.expose().len(), 2 * LINK_BYTES);
        assert!(!format!("{link:?} {state:?}").contains(link.expose()));
        assert_eq!(state.take(&link.expose()[1..]), Err(WrongLink::Other { size: 63 }));
        assert!(state.is_open());
        assert_eq!((state.take(link.expose()), state.take(link.expose())), (Ok(()), Err(WrongLink::Used)));
        assert!(!state.is_open() && state.was_offered());
    }
}
