//! Who has signed in, and who wants to know.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use bytes::Bytes;
use clairon_protocol::{Event, SocketId};

use crate::{Encode, Session};

/// The signed-in users of one app, and those who watch them.
#[derive(Debug, Default)]
pub(crate) struct Users {
    online: Connections,
    watchers: Connections,
}

/// A connection's stay as a user, to be given back when it ends.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The user's id.
    pub user_id: Arc<str>,
    /// Whom they watch.
    pub watchlist: Vec<Arc<str>>,
}

/// Connections by user id; a user without any is not there.
#[derive(Debug, Default)]
struct Connections(HashMap<Arc<str>, Vec<Arc<Session>>>);

impl Users {
    /// Adds a connection of a user. It is told which of its watchlist are online; watchers are told of a first one.
    pub(crate) fn sign_in(&mut self, session: &Arc<Session>, stay: &SignedIn, encode: Encode) {
        if self.online.add(&stay.user_id, session) {
            let online = Event::Watchlist { online: std::slice::from_ref(&stay.user_id), offline: &[] };
            self.watchers.send(&stay.user_id, &encode(&online));
        }
        for watched in &stay.watchlist {
            self.watchers.add(watched, session);
        }
        if !stay.watchlist.is_empty() {
            let is_online = |id: &Arc<str>| !self.online.of(id).is_empty();
            let (online, offline): (Vec<_>, Vec<_>) = stay.watchlist.iter().cloned().partition(is_online);
            session.send(encode(&Event::Watchlist { online: &online, offline: &offline }));
        }
    }

    /// Takes a connection of a user away. Watchers are told when it was the last.
    pub(crate) fn sign_out(&mut self, connection: SocketId, stay: &SignedIn, encode: Encode) {
        for watched in &stay.watchlist {
            self.watchers.remove(watched, connection);
        }
        if self.online.remove(&stay.user_id, connection) {
            let offline = Event::Watchlist { online: &[], offline: std::slice::from_ref(&stay.user_id) };
            self.watchers.send(&stay.user_id, &encode(&offline));
        }
    }

    /// All connections of a user.
    pub(crate) fn connections(&self, user_id: &str) -> &[Arc<Session>] {
        self.online.of(user_id)
    }
}

impl Connections {
    fn of(&self, user_id: &str) -> &[Arc<Session>] {
        self.0.get(user_id).map_or(&[], Vec::as_slice)
    }

    /// True where it is the first.
    fn add(&mut self, user_id: &Arc<str>, session: &Arc<Session>) -> bool {
        let sessions = self.0.entry(user_id.clone()).or_default();
        sessions.push(session.clone());
        sessions.len() == 1
    }

    /// True where it was the last.
    fn remove(&mut self, user_id: &Arc<str>, connection: SocketId) -> bool {
        let Entry::Occupied(mut sessions) = self.0.entry(user_id.clone()) else { return false };
        sessions.get_mut().retain(|session| session.id() != connection);
        let is_last = sessions.get().is_empty();
        if is_last {
            sessions.remove();
        }
        is_last
    }

    fn send(&self, user_id: &str, frame: &Bytes) {
        self.of(user_id).iter().for_each(|session| session.send(frame.clone()));
    }
}
