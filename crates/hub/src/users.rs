//! The signed-in users of an app, and the connections that watch them.
//!
//! With the ledger in memory a user is online while this node has a connection of the user, so a watched user costs no
//! record of that. With other nodes the answers of the ledger are kept, and a watchlist waits for them.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use bytes::Bytes;
use clairon_protocol::{Event, SocketId};

use crate::{Encode, Millis, Session, Version, recorder::Recorder, shared_logs::Asking};

/// The signed-in users of one app, and the connections that watch them.
#[derive(Debug, Default)]
pub(crate) struct Users {
    pub(crate) online: Connections,
    watchers: Connections,
    /// The state of watched users in the ledger; only with other nodes.
    shared: HashMap<Arc<str>, Online>,
    /// Connections whose watchlist is not yet sent, because the ledger has not yet answered for all its users.
    untold: Vec<(Arc<Session>, Vec<Arc<str>>)>,
    /// The connections whose request for recovery of their user's channel waits for the log; only with other nodes.
    pub(crate) asking: Asking,
    /// The logs of the users' channels, by user.
    pub(crate) logs: HashMap<Arc<str>, Box<Recorder>>,
}

/// Whether a user is online on any node.
#[derive(Clone, Copy, Debug)]
struct Online {
    version: Version,
    is_online: bool,
}

/// The data of a connection's sign-in, needed again when the connection ends.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The user's id.
    pub user_id: Arc<str>,
    /// The ids of the users that the connection watches.
    pub watchlist: Vec<Arc<str>>,
}

/// Connections by user id. A user without connections has no entry.
#[derive(Debug, Default)]
pub(crate) struct Connections(HashMap<Arc<str>, Vec<Arc<Session>>>);

impl Users {
    /// Signs a connection in. It gets the state of its watchlist. If it is the user's first connection, the user's
    /// watchers are notified.
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

    /// Signs a connection out. If it was the user's last connection, the user's watchers are notified.
    pub(crate) fn sign_out(&mut self, connection: SocketId, stay: &SignedIn, encode: Encode, now: Millis) {
        self.unsubscribe(connection, &stay.user_id, now);
        for watched in &stay.watchlist {
            self.watchers.remove(watched, connection);
        }
        if self.online.remove(&stay.user_id, connection) {
            let offline = Event::Watchlist { online: &[], offline: std::slice::from_ref(&stay.user_id) };
            self.watchers.send(&stay.user_id, &encode(&offline));
        }
    }

    /// Signs a connection in, with other nodes.
    pub(crate) fn sign_in_shared(&mut self, session: &Arc<Session>, stay: &SignedIn) {
        self.online.add(&stay.user_id, session);
        for watched in &stay.watchlist {
            self.watchers.add(watched, session);
        }
    }

    /// Sends a connection the state of its watchlist, once the ledger has answered for all its users. It does nothing
    /// if the connection has left.
    pub(crate) fn tell_watchlist(&mut self, session: &Arc<Session>, stay: &SignedIn, encode: Encode) {
        let is_here = self.online.of(&stay.user_id).iter().any(|present| present.id() == session.id());
        if is_here && !stay.watchlist.is_empty() {
            self.untold.push((session.clone(), stay.watchlist.clone()));
            self.tell_untold(encode);
        }
    }

    /// Signs a connection out, with other nodes.
    pub(crate) fn sign_out_shared(&mut self, connection: SocketId, stay: &SignedIn, now: Millis) {
        self.unsubscribe(connection, &stay.user_id, now);
        self.online.remove(&stay.user_id, connection);
        self.untold.retain(|(session, _)| session.id() != connection);
        for watched in &stay.watchlist {
            if self.watchers.remove(watched, connection) {
                self.shared.remove(watched);
            }
        }
    }

    /// Notes whether a watched user is online on any node. If this has changed, the user's watchers are notified.
    pub(crate) fn note_online(&mut self, user_id: &str, version: Version, is_online: bool, encode: Encode) {
        let Some((user_id, watchers)) = self.watchers.0.get_key_value(user_id) else { return };
        let before = self.shared.get(user_id).copied();
        if before.is_some_and(|before| before.version >= version) {
            return;
        }
        self.shared.insert(user_id.clone(), Online { version, is_online });
        if before.is_some_and(|before| before.is_online != is_online) {
            let (here, nowhere) = (std::slice::from_ref(user_id), &[][..]);
            let (online, offline) = if is_online { (here, nowhere) } else { (nowhere, here) };
            let frame = encode(&Event::Watchlist { online, offline });
            let is_told = |session: &&Arc<Session>| !self.untold.iter().any(|(untold, _)| untold.id() == session.id());
            watchers.iter().filter(is_told).for_each(|session| session.send(frame.clone()));
        }
        self.tell_untold(encode);
    }

    fn tell_untold(&mut self, encode: Encode) {
        let shared = &self.shared;
        self.untold.retain(|(session, watchlist)| {
            if !watchlist.iter().all(|watched| shared.contains_key(watched)) {
                return true;
            }
            let is_online = |id: &Arc<str>| shared.get(id).is_some_and(|state| state.is_online);
            let (online, offline): (Vec<_>, Vec<_>) = watchlist.iter().cloned().partition(is_online);
            session.send(encode(&Event::Watchlist { online: &online, offline: &offline }));
            false
        });
    }

    /// The connections that watch a user.
    pub(crate) fn watchers(&self, user_id: &str) -> &[Arc<Session>] {
        self.watchers.of(user_id)
    }

    /// All signed-in connections with their users.
    pub(crate) fn signed_in(&self) -> Vec<(SocketId, Arc<str>)> {
        let each = self.online.0.iter();
        each.flat_map(|(user, sessions)| sessions.iter().map(|session| (session.id(), user.clone()))).collect()
    }

    /// All connections of a user.
    pub(crate) fn connections(&self, user_id: &str) -> &[Arc<Session>] {
        self.online.of(user_id)
    }
}

impl Connections {
    pub(crate) fn of(&self, user_id: &str) -> &[Arc<Session>] {
        self.0.get(user_id).map_or(&[], Vec::as_slice)
    }

    /// Adds a connection. True if it is the user's first.
    fn add(&mut self, user_id: &Arc<str>, session: &Arc<Session>) -> bool {
        let sessions = self.0.entry(user_id.clone()).or_default();
        sessions.push(session.clone());
        sessions.len() == 1
    }

    /// Removes a connection. True if it was the user's last.
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
