//! The values of settings as text, to tell which have changed.

use std::{collections::BTreeMap, fmt};

use super::fields::Table;

/// The value of every setting, by `section.key`. It prints nothing, because some are secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct SettingValues(BTreeMap<String, String>);

impl SettingValues {
    pub(super) fn of(settings: &Table) -> Self {
        Self(settings.iter().map(|(name, entry)| (name.clone(), entry.value.to_string())).collect())
    }

    /// The names of the settings that have another value in `other`.
    pub(crate) fn changed<'a>(&self, other: &'a Self) -> Vec<&'a str> {
        let is_other = |(name, value): &(&String, &String)| self.0.get(*name) != Some(value);
        other.0.iter().filter(is_other).map(|(name, _)| name.as_str()).collect()
    }

    /// Takes over the value of a setting.
    pub(crate) fn take(&mut self, name: &str, other: &Self) {
        if let Some(value) = other.0.get(name) {
            self.0.insert(name.to_owned(), value.clone());
        }
    }
}

impl fmt::Debug for SettingValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SettingValues")
    }
}
