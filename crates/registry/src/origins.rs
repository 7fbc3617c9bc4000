//! The origins of the pages that may connect.

mod invalid;
mod origin;
mod pattern;

use serde::{Deserialize, Serialize};

use self::origin::Origin;
pub use self::{
    invalid::{InvalidOrigin, OriginFault},
    pattern::AllowedOrigin,
};
use crate::error::RegistryError;

/// The largest number of entries in a list.
pub(crate) const ENTRIES: usize = 100;

/// The origins of the pages that may connect. Empty: all.
///
/// Entries are parsed when the list is created, so a new connection costs one comparison for each entry. In JSON it is
/// a list of strings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct AllowedOrigins(Vec<AllowedOrigin>);

impl AllowedOrigins {
    /// Parses a list.
    ///
    /// # Errors
    /// [`RegistryError::Origin`] for the first entry that no origin can match.
    pub fn parse<T: AsRef<str>>(entries: &[T]) -> Result<Self, RegistryError> {
        let parse = |(index, entry): (usize, &T)| {
            AllowedOrigin::parse(entry.as_ref())
                .map_err(|invalid| RegistryError::Origin { position: index + 1, invalid })
        };
        entries.iter().enumerate().map(parse).collect()
    }

    /// True if a page with this value of the header `Origin` may connect.
    #[must_use]
    pub fn allow(&self, origin: &str) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let origin = Origin::parse(origin);
        self.0.iter().any(|entry| entry.matches(origin.as_ref()))
    }

    /// True if there is no entry, which allows every page.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The entries as they were written.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AllowedOrigin::as_str)
    }
}

impl FromIterator<AllowedOrigin> for AllowedOrigins {
    fn from_iter<I: IntoIterator<Item = AllowedOrigin>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl TryFrom<Vec<String>> for AllowedOrigins {
    type Error = RegistryError;

    fn try_from(entries: Vec<String>) -> Result<Self, RegistryError> {
        Self::parse(&entries)
    }
}

impl From<AllowedOrigins> for Vec<String> {
    fn from(origins: AllowedOrigins) -> Self {
        origins.iter().map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests;
