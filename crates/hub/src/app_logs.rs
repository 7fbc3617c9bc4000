//! The logs of an app on this node, and of all its apps.

use std::{cell::Cell, sync::Arc};

use clairon_protocol::{AppId, ChannelName, LogRoom, SocketId};

use crate::{
    AppHub, Channel, Hub, Ledger, LogPage, LogSettings, LogSize, Millis, Recovery, RecoveryRequest, SavedLog, Session,
    dispatch::Dispatch, logs::Logs, pending_flushes::PendingFlushes, recorder::Recorder,
};

/// The number of unused logs that are tried when there is no room for a channel. The channel of one may remember an
/// event, or have subscribers that did not ask for recovery.
const UNUSED_TRIED: usize = 16;

impl Hub {
    /// The same hub for a node that keeps logs of channels.
    #[must_use]
    pub fn with_logs(mut self, settings: LogSettings) -> Self {
        let (compress, logs) = (self.dispatch.compress.clone(), Some(Arc::new(Logs::new(settings))));
        self.dispatch = Arc::new(Dispatch { pending_flushes: PendingFlushes::default(), compress, logs });
        self
    }

    /// The size of all logs.
    #[must_use]
    pub fn log_size(&self) -> LogSize {
        self.dispatch.logs.as_ref().map(|logs| logs.size()).unwrap_or_default()
    }

    /// Drops logs while all together have more bytes than they may: those without subscribers first, then those that
    /// were not asked for recovery for the longest time. A log that other nodes share loses its events here only.
    pub fn relieve_logs(&self, now: Millis) {
        let Some(logs) = self.dispatch.logs.as_ref().filter(|logs| logs.are_over()) else { return };
        for _ in 0..logs.size().logs {
            let Some((app, channel)) = logs.take_first() else { return };
            self.app(&app).relieve_log(&channel, now);
            if !logs.are_over() {
                return;
            }
        }
    }

    /// Drops the events that are too old, and the logs whose time is over.
    pub fn prune_logs(&self, now: Millis) {
        for (app, channel) in self.places_of_logs() {
            self.app(&app).prune_log(&channel, now);
        }
    }

    /// All logs, for a file that outlives the process.
    #[must_use]
    pub fn saved_logs(&self, now: Millis) -> Vec<(AppId, SavedLog)> {
        let saved = |(app, channel): (AppId, ChannelName)| {
            let log = self.app(&app).with_log(&channel, |recorder| {
                recorder.prune(now);
                recorder.saved(&channel, now)
            })?;
            Some((app, log))
        };
        self.places_of_logs().into_iter().filter_map(saved).collect()
    }

    pub(crate) fn places_of_logs(&self) -> Vec<(AppId, ChannelName)> {
        self.dispatch.logs.as_ref().map(|logs| logs.places()).unwrap_or_default()
    }
}

impl AppHub {
    /// Subscribes a connection that is signed in as a user to the user's channel, with a request for recovery. It gets
    /// the success and what it has missed. `None` if the node keeps no logs, or the connection is signed out; then it
    /// gets nothing.
    pub fn subscribe_to_user(
        &self,
        session: &Arc<Session>,
        channel: &ChannelName,
        request: &RecoveryRequest<'_>,
        now: Millis,
    ) -> Option<Recovery> {
        let logs = self.dispatch.logs.as_ref();
        let is_shared = self.ledger == Ledger::Shared;
        self.users.lock().subscribe(session, channel, request, logs.map(|logs| (logs, is_shared)), self.encode, now)
    }

    /// Ends a subscription to the channel of a user.
    pub fn unsubscribe_from_user(&self, connection: SocketId, user_id: &str, now: Millis) {
        self.users.lock().unsubscribe(connection, user_id, now);
    }

    /// At most `limit` events of a log after a position. `None` if the channel has no log.
    #[must_use]
    pub fn log_page(&self, name: &ChannelName, since: u64, limit: usize, now: Millis) -> Option<LogPage> {
        self.with_log(name, |recorder| (!recorder.is_over(now)).then(|| recorder.page(since, limit, now)))?
    }

    /// Takes a log that was saved before a restart. It is dropped if its time is over, if it is of another life of the
    /// app's logs, or there is no room for its channel.
    pub fn restore_log(&self, saved: SavedLog, room: LogRoom, max_channels: usize, now: Millis) {
        let Some(logs) =
            self.dispatch.logs.as_ref().filter(|_| saved.unused_for < room.window && saved.life == room.life)
        else {
            return;
        };
        let name = saved.channel.clone();
        let recorder = Recorder::restore(logs, self.id(), room, saved, now);
        if let Some(user_id) = name.user_id() {
            self.users.lock().logs.entry(user_id.into()).or_insert(recorder);
            return;
        }
        let waiting = Cell::new(Some(recorder));
        let restore = |channel: &Arc<Channel>| match waiting.take() {
            Some(recorder) => channel.restore_log(recorder).map_err(|back| waiting.set(Some(back))).ok(),
            None => Some(()),
        };
        // Without room for another channel its log is gone.
        let _ = self.with_channel(&name, max_channels, now, restore);
    }

    /// Drops a log without subscribers whose channel goes with it, so that there is room for another channel. Clients
    /// leave such logs behind, and must not keep others out with them. False if there is none.
    pub(crate) fn drop_unused_channel(&self, now: Millis) -> bool {
        let Some(logs) = &self.dispatch.logs else { return false };
        let has_gone = |name: &ChannelName| {
            let channel = self.channel(name)?;
            channel.drop_log_alone(now).then(|| self.forget_if_idle(&channel, now))
        };
        logs.unused_of(self.id(), UNUSED_TRIED).iter().any(|name| has_gone(name).is_some())
    }

    fn relieve_log(&self, name: &ChannelName, now: Millis) {
        if self.with_log(name, |recorder| recorder.relieve(self.id(), name, now)) != Some(true) {
            self.drop_log(name, now);
        }
    }

    pub(crate) fn drop_log(&self, name: &ChannelName, now: Millis) {
        if let Some(user_id) = name.user_id() {
            self.users.lock().logs.remove(user_id);
        } else if let Some(channel) = self.channel(name) {
            channel.drop_log();
            self.forget_if_idle(&channel, now);
        }
    }

    fn prune_log(&self, name: &ChannelName, now: Millis) {
        let is_over = self.with_log(name, |recorder| {
            recorder.prune(now);
            recorder.is_over(now)
        });
        if is_over == Some(true) {
            self.drop_unused_log(name, now);
        }
    }

    /// Drops a log whose time is over, unless it is in use again.
    fn drop_unused_log(&self, name: &ChannelName, now: Millis) {
        if let Some(user_id) = name.user_id() {
            let mut users = self.users.lock();
            if users.logs.get(user_id).is_some_and(|recorder| recorder.is_over(now)) {
                users.logs.remove(user_id);
            }
        } else if let Some(channel) = self.channel(name) {
            self.forget_if_idle(&channel, now);
        }
    }

    pub(crate) fn with_log<T>(&self, name: &ChannelName, act: impl FnOnce(&mut Recorder) -> T) -> Option<T> {
        match name.user_id() {
            Some(user_id) => self.users.lock().logs.get_mut(user_id).map(|recorder| act(recorder)),
            None => self.channel(name)?.with_log(act),
        }
    }
}
