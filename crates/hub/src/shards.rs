//! A map that is split into parts, each with its own lock.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
};

use parking_lot::{Mutex, MutexGuard};

const SHARDS: usize = 64;
/// A part with room for at most this many entries does not shrink.
const SMALL: usize = 16;

/// A part of a map.
type Shard<K, V> = Mutex<HashMap<K, V, RandomState>>;

/// A map in 64 parts, so that tasks with different keys rarely wait for each other.
///
/// A part is locked for a look-up, never while a channel is being locked.
pub(crate) struct Shards<K, V> {
    shards: Box<[Shard<K, V>]>,
    hasher: RandomState,
}

impl<K: Eq + Hash, V> Shards<K, V> {
    pub(crate) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), hasher: RandomState::new() }
    }

    /// The locked part for `key`.
    pub(crate) fn of<Q: Hash + ?Sized>(&self, key: &Q) -> MutexGuard<'_, HashMap<K, V>>
    where
        K: std::borrow::Borrow<Q>,
    {
        #[expect(clippy::cast_possible_truncation, reason = "any of the hash's bits will do")]
        let index = self.hasher.hash_one(key) as usize % SHARDS;
        self.shards[index].lock()
    }

    /// Removes an entry if `is` returns true for its value. A part with far too much room shrinks.
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

    /// Calls `see` with every entry. One part is locked at a time.
    pub(crate) fn for_each(&self, mut see: impl FnMut(&K, &V)) {
        for shard in &self.shards {
            shard.lock().iter().for_each(|(key, value)| see(key, value));
        }
    }

    /// The values with a key for which `pick` returns true.
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
