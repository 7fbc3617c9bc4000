//! The logs of an app on a node that shares them with others.
//!
//! The events of a channel are numbered and kept elsewhere, for all nodes. While a channel has subscribers that asked
//! for recovery, this node mirrors its log: it loads it once and follows the events. An event that does not follow the
//! last one waits until the caller has read what is missing.

use std::{collections::HashMap, sync::Arc};

use clairon_protocol::{ChannelName, Epoch, LogPosition, LogRoom, LossReason, RecoveryToken, Resume, SocketId};

use crate::{
    AppHub, Channel, Hub, Millis, Recovery, RecoveryRequest, SavedEvent, Session, channel::Record, recorder::Recorder,
};

/// The last requests of subscribers that asked for recovery after their subscription, until the log is read. A
/// subscriber may end its subscription meanwhile, or subscribe without a request. Then it must get no numbers.
#[derive(Debug, Default)]
pub(crate) struct Asking(HashMap<SocketId, Epoch>);

impl Asking {
    /// Notes a request. `epoch` is that of the request, which no other has.
    pub(crate) fn note(&mut self, connection: SocketId, epoch: Epoch) {
        self.0.insert(connection, epoch);
    }

    pub(crate) fn forget(&mut self, connection: SocketId) {
        self.0.remove(&connection);
    }

    /// Takes a request out. False if it is not the last one of the connection any more.
    pub(crate) fn take(&mut self, connection: SocketId, epoch: Epoch) -> bool {
        let is_last = self.0.get(&connection) == Some(&epoch);
        if is_last {
            self.forget(connection);
        }
        is_last
    }
}

/// Keeps the mirror of a log, with or without subscribers, until this is dropped. A subscription holds it from the
/// question whether the log must be read until it is entered: the subscribers that are there may leave before.
#[derive(Debug)]
#[must_use]
pub struct LogHold {
    _mirror: Option<Arc<()>>,
}

impl LogHold {
    pub(crate) const fn of(mirror: Option<Arc<()>>) -> Self {
        Self { _mirror: mirror }
    }
}

/// What must be read of a shared log, before a subscription can be entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogNeed {
    /// The events with greater numbers are read; none if there are earlier ones of these that have left the log.
    pub since: u64,
    /// The log that `since` is a number of. None of its events are read if it is another one. `None` if it may be any.
    pub epoch: Option<Epoch>,
}

/// The part of a shared log that was read.
#[derive(Clone, Debug)]
pub struct SharedLog {
    /// What was asked for.
    pub need: LogNeed,
    /// The number of the oldest event that it has, here or elsewhere.
    pub oldest: u64,
    /// The life of the app's logs in which it was read.
    pub life: u64,
    /// The log.
    pub epoch: Epoch,
    /// The number of its last event.
    pub head: u64,
    /// Its last events with their frames without numbers, the last one with the number `head`.
    pub events: Vec<SavedEvent>,
}

/// The consequences of loading a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogLoaded {
    /// True if an event is still missing: the log must be read again.
    pub is_behind: bool,
    /// The number of subscribers that were notified of a loss, and the reason.
    pub lost: Option<(usize, LossReason)>,
}

impl Hub {
    /// The channels whose logs are mirrored and loaded, with their apps.
    #[must_use]
    pub fn mirrored_logs(&self) -> Vec<(Arc<AppHub>, ChannelName)> {
        let mirrored = |(app, channel): (_, ChannelName)| {
            let app = self.app(&app);
            app.log_head(&channel).map(|_| (app, channel))
        };
        self.places_of_logs().into_iter().filter_map(mirrored).collect()
    }
}

impl AppHub {
    /// Begins to mirror the log of a channel for a subscription that asks for recovery, and keeps the mirror until the
    /// hold is dropped. Returns what must be read and [loaded](AppHub::load_log) first. `None` if the mirror is
    /// complete, or there is none, because there is no memory for it or the channel has gone. `is_fresh` is true if the
    /// log has just been read.
    ///
    /// What a client states is checked before anything is read for it: one with a position that is not its own causes
    /// no more work than one that begins.
    pub fn expect_log(
        &self,
        name: &ChannelName,
        session: &Session,
        room: LogRoom,
        resume: Option<&Resume>,
        is_fresh: bool,
        now: Millis,
    ) -> (Option<LogNeed>, LogHold) {
        let declined = || (None, LogHold::of(None));
        let Some(logs) = &self.dispatch.logs else { return declined() };
        let position = resume.filter(|_| session.may_replay(now)).and_then(|resume| {
            let token = RecoveryToken::verify(&resume.token, &logs.settings.key, self.id(), name)?;
            (token.bound <= resume.seq).then_some(LogPosition { epoch: token.epoch, seq: resume.seq })
        });
        let expect = |slot: &mut Option<Box<Recorder>>| {
            if slot.is_none() && logs.has_room() {
                *slot = Some(Recorder::expect(logs, self.id(), name, room, now));
            }
            match slot {
                None => declined(),
                Some(recorder) => (recorder.need(position, room.life, is_fresh), recorder.hold()),
            }
        };
        if let Some(user_id) = name.user_id() {
            let mut users = self.users.lock();
            let mut slot = users.logs.remove(user_id);
            let need = expect(&mut slot);
            users.logs.extend(slot.map(|recorder| (user_id.into(), recorder)));
            return need;
        }
        self.channel(name).map_or_else(declined, |channel| channel.with_slot(expect))
    }

    /// Takes what was read of a log, and sends its subscribers the events that they lack. `None` if it is not mirrored
    /// any more.
    pub fn load_log(&self, name: &ChannelName, shared: SharedLog, now: Millis) -> Option<LogLoaded> {
        self.with_log(name, |recorder| recorder.load(self.id(), name, shared, self.encode, now))
    }

    /// The number of the last event that this node has of a log; `None` if it is not mirrored, or not loaded.
    #[must_use]
    pub fn log_head(&self, name: &ChannelName) -> Option<u64> {
        self.with_log(name, |recorder| recorder.mirrored_head())?
    }

    /// Notes that a signed-in connection asks for recovery of its user's channel. The log of that channel must be read
    /// first.
    pub fn expect_at_user(&self, connection: SocketId, request: &RecoveryRequest<'_>) {
        self.users.lock().asking.note(connection, request.epoch);
    }

    /// Enters a subscriber that asks for recovery after its subscription. `None` if it has left, or does not ask any
    /// more.
    pub fn ask(
        &self,
        channel: &Channel,
        session: &Arc<Session>,
        request: &RecoveryRequest<'_>,
        now: Millis,
    ) -> Option<Recovery> {
        channel.ask(session, request, now)
    }
}

impl Channel {
    fn ask(&self, session: &Arc<Session>, request: &RecoveryRequest<'_>, now: Millis) -> Option<Recovery> {
        let mut state = self.state.lock();
        let Record::Shared(replica) = &mut state.record else { return None };
        if !replica.asking.take(session.id(), request.epoch) {
            return None;
        }
        self.subscribe(&mut state, session, Some(request), now)
    }
}
