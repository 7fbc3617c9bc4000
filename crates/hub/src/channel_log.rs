//! The log of a channel, and the subscriptions that ask for what it has.

use std::sync::Arc;

use clairon_protocol::ChannelKind;

use crate::{
    Channel, Millis, Recovery, RecoveryRequest, Session,
    channel::{ChannelState, Record},
    recorder::{Recorder, Resumption},
};

impl Channel {
    /// Enters a subscriber, new or not, and sends it the success, and what it has missed if it asks.
    pub(crate) fn enter(
        &self,
        state: &mut ChannelState,
        session: &Arc<Session>,
        request: Option<&RecoveryRequest<'_>>,
        now: Millis,
    ) -> Option<Recovery> {
        let success = self.succeeded(state);
        let logs = state.dispatch.logs.clone();
        let Some((request, logs)) = request.zip(logs) else {
            state.subscribers.insert_plain(session, now);
            session.send(success);
            return None;
        };
        state.subscribers.drop_unused_log(now);
        let is_shared = matches!(state.record, Record::Shared(_));
        if state.subscribers.recorder.is_none() && !is_shared {
            state.subscribers.recorder = Recorder::open(&logs, self.name(), request, now);
        }
        let recorder = state.subscribers.recorder.as_mut().filter(|recorder| recorder.is_loaded());
        let Some(recorder) = recorder else {
            state.subscribers.insert_plain(session, now);
            session.send(success);
            return Some(Recovery::Declined);
        };
        let Resumption { answer, replay, recovery } = recorder.enter(session, self.name(), request, self.encode, now);
        state.subscribers.remove_plain(session.id());
        let has_members = self.name().kind() == ChannelKind::Presence;
        session.send((logs.settings.amend)(&success, &answer.amendment(has_members)));
        session.send_replay(replay);
        Some(recovery)
    }

    /// Calls `act` with the log, if there is one.
    pub(crate) fn with_log<T>(&self, act: impl FnOnce(&mut Recorder) -> T) -> Option<T> {
        self.state.lock().subscribers.recorder.as_deref_mut().map(act)
    }

    /// Calls `act` with the place of the log.
    pub(crate) fn with_slot<T>(&self, act: impl FnOnce(&mut Option<Box<Recorder>>) -> T) -> T {
        act(&mut self.state.lock().subscribers.recorder)
    }

    /// Drops the log.
    pub(crate) fn drop_log(&self) {
        self.state.lock().subscribers.drop_log();
    }

    /// Drops the log if the channel has nothing else. True if it was dropped.
    pub(crate) fn drop_log_alone(&self, now: Millis) -> bool {
        let mut state = self.state.lock();
        let is_alone = state.subscribers.is_empty() && state.cached(now).is_none();
        is_alone && state.subscribers.recorder.take().is_some()
    }

    /// Takes a log that was saved before a restart, unless the channel has one. `Err` if it has left the map.
    pub(crate) fn restore_log(&self, recorder: Box<Recorder>) -> Result<(), Box<Recorder>> {
        let mut state = self.state.lock();
        if state.is_closed {
            return Err(recorder);
        }
        state.subscribers.recorder.get_or_insert(recorder);
        Ok(())
    }
}
