//! Users whose comings and goings someone here wants to know.

use std::collections::HashMap;

use crate::Place;

/// Watched users, by the channel of each.
#[derive(Default)]
pub(crate) struct Watches {
    watchers: HashMap<Place, usize>,
    /// Users to be asked for.
    due: Vec<Place>,
}

impl Watches {
    /// Adds one who watches.
    pub(crate) fn watch(&mut self, place: &Place) {
        *self.watchers.entry(place.clone()).or_default() += 1;
    }

    /// Removes one; true where it was the last.
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

    /// The ledger is to be asked for a user.
    pub(crate) fn ask(&mut self, place: Place) {
        self.due.push(place);
    }

    /// The users to ask for now.
    pub(crate) fn take(&mut self, limit: usize) -> Vec<Place> {
        let from = self.due.len().saturating_sub(limit);
        let mut places = self.due.split_off(from);
        places.retain(|place| self.is_watched(place));
        places
    }
}
