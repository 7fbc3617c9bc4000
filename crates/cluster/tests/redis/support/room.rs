//! A channel as a subscriber sees it, by the notices of its node.

use std::collections::BTreeMap;

use clairon_cluster::{ChannelState, Notice, Place};

/// A channel, kept as the documentation of [`Notice`] asks of a receiver.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(crate) version: u64,
    /// The ids, sorted.
    pub(crate) members: Vec<String>,
    pub(crate) connections: u64,
    /// How many times a subscriber saw each user come or go.
    pub(crate) added: BTreeMap<String, usize>,
    pub(crate) removed: BTreeMap<String, usize>,
    is_loaded: bool,
    gaps: u64,
}

impl Room {
    /// The channel after these notices.
    pub(crate) fn of(log: &[Notice], place: &Place) -> Self {
        let mut room = Self::default();
        let mut early = Vec::new();
        for notice in log {
            if let Notice::Gap { gaps } = notice {
                room.gaps = *gaps;
                room.is_loaded = false;
            } else if place_of(notice) != Some(place) {
            } else if let Notice::Loaded { state, is_complete, gaps, .. } = notice {
                if *gaps < room.gaps {
                    continue;
                }
                room.load(state, *is_complete);
                early.drain(..).for_each(|notice| room.apply(notice));
            } else if room.is_loaded {
                room.apply(notice);
            } else {
                early.push(notice);
            }
        }
        room
    }

    fn load(&mut self, state: &ChannelState, is_complete: bool) {
        if std::mem::replace(&mut self.is_loaded, true) && state.version < self.version {
            return;
        }
        let users: Vec<&str> = state.members.iter().map(|member| member.user_id.as_str()).collect();
        let gone: Vec<String> = self.members.iter().filter(|id| !users.contains(&id.as_str())).cloned().collect();
        gone.iter().filter(|_| is_complete).for_each(|id| self.remove(id));
        for id in users {
            self.add(id);
        }
        self.connections = state.connections;
        self.version = state.version;
    }

    fn apply(&mut self, notice: &Notice) {
        match notice {
            Notice::MemberAdded { version, member, .. } if self.is_next(*version) => self.add(member.user_id.as_str()),
            Notice::MemberRemoved { version, user_id, .. } if self.is_next(*version) => self.remove(user_id.as_str()),
            Notice::Count { version, connections, .. } if self.is_next(*version) => self.connections = *connections,
            _ => {}
        }
    }

    fn is_next(&mut self, version: u64) -> bool {
        let is_next = version > self.version;
        self.version = self.version.max(version);
        is_next
    }

    fn add(&mut self, id: &str) {
        if let Err(index) = self.members.binary_search_by(|known| known.as_str().cmp(id)) {
            self.members.insert(index, id.to_owned());
            *self.added.entry(id.to_owned()).or_default() += 1;
        }
    }

    fn remove(&mut self, id: &str) {
        if let Ok(index) = self.members.binary_search_by(|known| known.as_str().cmp(id)) {
            self.members.remove(index);
            *self.removed.entry(id.to_owned()).or_default() += 1;
        }
    }
}

/// The channel of a notice about members or connections.
fn place_of(notice: &Notice) -> Option<&Place> {
    match notice {
        Notice::Loaded { place, .. }
        | Notice::MemberAdded { place, .. }
        | Notice::MemberRemoved { place, .. }
        | Notice::Count { place, .. }
        | Notice::Forgotten { place, .. } => Some(place),
        _ => None,
    }
}
