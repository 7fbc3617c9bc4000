//! The subscribers of a channel.

use std::sync::Arc;

use clairon_protocol::{Publication, SocketId};
use indexmap::IndexMap;

use crate::{Millis, Session, recorder::Recorder};

/// The subscribers of a channel. Those that asked for recovery are with the log, so that the others pay nothing for it.
#[derive(Debug, Default)]
pub(crate) struct Subscribers {
    plain: IndexMap<SocketId, Arc<Session>>,
    /// The log, if a subscriber has asked for recovery. It is boxed because most channels have none.
    pub(crate) recorder: Option<Box<Recorder>>,
}

impl Subscribers {
    pub(crate) fn contains(&self, connection: SocketId) -> bool {
        self.plain.contains_key(&connection)
            || self.recorder.as_ref().is_some_and(|recorder| recorder.askers.contains_key(&connection))
    }

    pub(crate) fn len(&self) -> usize {
        self.plain.len() + self.recorder.as_ref().map_or(0, |recorder| recorder.askers.len())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The subscribers that did not ask for recovery.
    pub(crate) fn plain(&self) -> impl DoubleEndedIterator<Item = (SocketId, &Arc<Session>)> {
        self.plain.iter().map(|(id, session)| (*id, session))
    }

    /// Enters a subscriber that does not ask for recovery. It may have asked before.
    pub(crate) fn insert_plain(&mut self, session: &Arc<Session>, now: Millis) {
        if let Some(recorder) = &mut self.recorder {
            recorder.leave(session.id(), now);
        }
        self.plain.insert(session.id(), session.clone());
    }

    /// Forgets that a subscriber does not ask for recovery, before it is entered as one that does.
    pub(crate) fn remove_plain(&mut self, connection: SocketId) {
        self.plain.swap_remove(&connection);
    }

    /// Removes a subscriber. False if there is none.
    pub(crate) fn remove(&mut self, connection: SocketId, now: Millis) -> bool {
        self.plain.swap_remove(&connection).is_some()
            || self.recorder.as_mut().is_some_and(|recorder| recorder.leave(connection, now).is_some())
    }

    /// The ids of all subscribers.
    pub(crate) fn ids(&self) -> Vec<SocketId> {
        let askers = self.recorder.iter().flat_map(|recorder| recorder.askers.keys());
        self.plain.keys().chain(askers).copied().collect()
    }

    /// Any subscriber.
    pub(crate) fn first(&self) -> Option<&Arc<Session>> {
        let asker = || self.recorder.as_ref()?.askers.first().map(|(_, asker)| &asker.session);
        self.plain.first().map(|(_, session)| session).or_else(asker)
    }

    /// The last subscriber in the order of delivery that gets an event. `with_askers` is false if those that asked for
    /// recovery get nothing now.
    pub(crate) fn last_receiver(&self, publication: &Publication, with_askers: bool) -> Option<&Arc<Session>> {
        let except = publication.except;
        let asker = self.recorder.as_ref().filter(|_| with_askers).and_then(|recorder| {
            let mut receivers = recorder.askers.values().rev().filter(|asker| !asker.is_excluded(except));
            receivers.next().map(|asker| &asker.session)
        });
        let plain = || self.plain().rev().find(|(id, _)| Some(*id) != except).map(|(_, session)| session);
        asker.or_else(plain)
    }

    /// Drops the log. The subscribers that asked stay, and get no more numbers: their next position would be one of
    /// another log.
    pub(crate) fn drop_log(&mut self) {
        if let Some(mut recorder) = self.recorder.take() {
            let askers = std::mem::take(&mut recorder.askers).into_iter();
            self.plain.extend(askers.map(|(id, asker)| (id, asker.session)));
        }
    }

    /// Drops a log without subscribers whose time is over.
    pub(crate) fn drop_unused_log(&mut self, now: Millis) {
        if self.recorder.as_ref().is_some_and(|recorder| recorder.is_over(now)) {
            self.recorder = None;
        }
    }
}
