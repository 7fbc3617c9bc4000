//! A map behind many small locks.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
};

use parking_lot::{Mutex, MutexGuard};

const SHARDS: usize = 64;
/// The entries for which a part may keep room.
const SMALL: usize = 16;

/// One of a map's parts.
type Shard<K, V> = Mutex<HashMap<K, V, RandomState>>;

/// A map in 64 parts, so that tasks that touch different keys seldom wait for each other.
///
/// A shard's lock is held for a look-up and never while a channel's lock is taken.
pub(crate) struct Shards<K, V> {
    shards: Box<[Shard<K, V>]>,
    hasher: RandomState,
}

impl<K: Eq + Hash, V> Shards<K, V> {
    pub(crate) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), hasher: RandomState::new() }
    }

    /// The part that `key` belongs to, locked.
    pub(crate) fn of<Q: Hash + ?Sized>(&self, key: &Q) -> MutexGuard<'_, HashMap<K, V>>
    where
        K: std::borrow::Borrow<Q>,
    {
        #[expect(clippy::cast_possible_truncation, reason = "any of the hash's bits will do")]
        let index = self.hasher.hash_one(key) as usize % SHARDS;
        self.shards[index].lock()
    }

    /// Takes an entry out where it `is` the one that is meant. A part that has become far too large gives its room
    /// back.
    pub(crate) fn remove_if<Q: Eq + Hash + ?Sized>(&self, key: &Q, is: impl FnOnce(&V) -> bool) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
    {
        let mut shard = self.of(key);
        shard.get(key).filter(|value| is(value))?;
        let removed = shard.remove(key);
        if shard.capacity() > SMALL && shard.len() < shard.capacity() / 8 {
            let room = shard.len() * 2;
            shard.shrink_to(room);
        }
        removed
    }

    /// Shows every entry to `see`, one shard locked at a time.
    pub(crate) fn for_each(&self, mut see: impl FnMut(&K, &V)) {
        for shard in &self.shards {
            shard.lock().iter().for_each(|(key, value)| see(key, value));
        }
    }

    /// The values whose key is picked.
    pub(crate) fn values(&self, mut pick: impl FnMut(&K) -> bool) -> Vec<V>
    where
        V: Clone,
    {
        let mut values = Vec::new();
        self.for_each(|key, value| {
            if pick(key) {
                values.push(value.clone());
            }
        });
        values
    }
}
