//! Uses of keys that are not stored in the registry yet.

use std::collections::HashMap;

use clairon_protocol::AppKey;
use clairon_registry::{Credential, KeyUse};
use jiff::Timestamp;
use parking_lot::RwLock;

/// The keys used since the last [`take`](Self::take). Only keys of apps are added, so their number is limited by the
/// registry.
#[derive(Debug, Default)]
pub(crate) struct KeyUses(RwLock<HashMap<AppKey, Timestamp>>);

impl KeyUses {
    /// Notes that a credential was used now. Only the first use of a period is written, so nearly every call only
    /// reads.
    pub(crate) fn note(&self, credential: &Credential) {
        if !self.0.read().contains_key(&credential.key) {
            self.0.write().insert(credential.key.clone(), Timestamp::now());
        }
    }

    /// Puts back uses that could not be stored. Later uses are kept.
    pub(crate) fn put_back(&self, uses: Vec<KeyUse>) {
        let mut noted = self.0.write();
        for KeyUse { key, at } in uses {
            noted.entry(key).or_insert(at);
        }
    }

    /// Takes all uses.
    pub(crate) fn take(&self) -> Vec<KeyUse> {
        std::mem::take(&mut *self.0.write()).into_iter().map(|(key, at)| KeyUse { key, at }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_once_a_period() {
        let (uses, credential) = (KeyUses::default(), Credential::random());
        uses.note(&credential);
        uses.note(&credential);
        let keys: Vec<_> = uses.take().into_iter().map(|used| used.key).collect();
        assert_eq!(keys, [credential.key]);
        assert_eq!(uses.take(), []);
    }

    #[test]
    fn what_comes_back_is_told_again_unless_the_key_was_used_since() {
        let (uses, [one, two]) = (KeyUses::default(), [Credential::random(), Credential::random()]);
        uses.note(&one);
        uses.note(&two);
        let old: Vec<_> = uses.take().into_iter().map(|used| KeyUse { at: Timestamp::UNIX_EPOCH, ..used }).collect();
        uses.note(&two);
        uses.put_back(old);
        let told: Vec<_> = uses.take().into_iter().map(|used| (used.key, used.at > Timestamp::UNIX_EPOCH)).collect();
        assert!(told.len() == 2 && told.contains(&(one.key, false)) && told.contains(&(two.key, true)), "{told:?}");
    }
}
