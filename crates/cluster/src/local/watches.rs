//! The users that connections of this node watch.

use std::collections::HashMap;

use crate::notice::Place;

/// Watched users. Each stands for the channel that carries only this user's events.
#[derive(Default)]
pub(crate) struct Watches {
    /// Number of watchers by user.
    watchers: HashMap<Place, usize>,
    /// Users that the ledger has to be asked about.
    due: Vec<Place>,
}

impl Watches {
    /// Adds a watcher.
    pub(crate) fn watch(&mut self, place: &Place) {
        *self.watchers.entry(place.clone()).or_default() += 1;
    }

    /// Removes a watcher. Returns true if it was the last of this user.
    pub(crate) fn unwatch(&mut self, place: &Place) -> bool {
        let Some(watchers) = self.watchers.get_mut(place) else { return false };
        *watchers -= 1;
        let is_last = *watchers == 0;
        if is_last {
            self.watchers.remove(place);
        }
        is_last
    }

    pub(crate) fn is_watched(&self, place: &Place) -> bool {
        self.watchers.contains_key(place)
    }

    /// The ledger has to be asked about a user.
    pub(crate) fn ask(&mut self, place: Place) {
        self.due.push(place);
    }

    /// Takes up to `limit` users to ask about now.
    pub(crate) fn take(&mut self, limit: usize) -> Vec<Place> {
        let from = self.due.len().saturating_sub(limit);
        let mut places = self.due.split_off(from);
        places.retain(|place| self.is_watched(place));
        places
    }
}
