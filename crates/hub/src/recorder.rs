//! The log of a channel with the subscribers that asked for recovery.

use std::{cell::OnceCell, sync::Arc};

use bytes::Bytes;
use clairon_protocol::{
    Amendment, AppId, ChannelName, Epoch, Event, LogRoom, LossReason, RecoveryAnswer, RecoveryOutcome, RecoveryToken,
    SocketId,
};
use indexmap::IndexMap;

use crate::{
    Compress, Encode, Frame, LogPage, Millis, Recovery, RecoveryRequest, SavedLog, Session,
    log::{ChannelLog, LogEntry},
    logs::{Logs, Rank},
    mirror::Mirror,
};

/// The log of a channel, and the subscribers that asked for recovery.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) log: ChannelLog,
    pub(crate) askers: IndexMap<SocketId, Asker>,
    /// The time at which the log goes if none of them comes back.
    unused_until: Millis,
    rank: Rank,
    /// The events and bytes of the log that are counted in `logs`.
    counted: (usize, usize),
    pub(crate) logs: Arc<Logs>,
    /// With other nodes: how far this node has the log.
    pub(crate) mirror: Option<Mirror>,
}

/// A subscriber that asked for recovery.
#[derive(Debug)]
pub(crate) struct Asker {
    pub(crate) session: Arc<Session>,
    /// The socket ids that the client had before.
    earlier: Box<[SocketId]>,
}

/// The frames of an event of the log.
pub(crate) struct LoggedFrames {
    numbered: Frame,
    channel: ChannelName,
    seq: u64,
    encode: Encode,
    position: OnceCell<Bytes>,
    logs: Arc<Logs>,
}

/// The answer to a subscriber that asked for recovery, and its missed events.
pub(crate) struct Resumption {
    pub(crate) answer: RecoveryAnswer,
    /// The frames between the success and the next live event.
    pub(crate) replay: Vec<Bytes>,
    pub(crate) recovery: Recovery,
}

impl Asker {
    /// True if an event that excludes the connection `except` is not for this client.
    pub(crate) fn is_excluded(&self, except: Option<SocketId>) -> bool {
        except.is_some_and(|except| except == self.session.id() || self.earlier.contains(&except))
    }
}

impl Recorder {
    /// A log for a subscription that asks, which begins with the next event. `None` if there is no memory for one.
    pub(crate) fn open(
        logs: &Arc<Logs>,
        channel: &ChannelName,
        request: &RecoveryRequest<'_>,
        now: Millis,
    ) -> Option<Box<Self>> {
        let rank = logs.has_room().then(|| logs.open(request.app, channel, now))?;
        Some(Self::of(ChannelLog::new(request.epoch, request.room), logs, rank, now))
    }

    /// A log that was saved before a restart, for `request.app`.
    pub(crate) fn restore(logs: &Arc<Logs>, app: &AppId, room: LogRoom, saved: SavedLog, now: Millis) -> Box<Self> {
        let SavedLog { channel, epoch, head, unused_for, events, .. } = saved;
        let rank = logs.rank(logs.open(app, &channel, now), false, now);
        let mut recorder = Self::of(ChannelLog::restored(epoch, room, head, events, now), logs, rank, now);
        recorder.unused_until = now + room.window.saturating_sub(unused_for);
        recorder.count();
        recorder
    }

    fn of(log: ChannelLog, logs: &Arc<Logs>, rank: Rank, now: Millis) -> Box<Self> {
        let logs = logs.clone();
        let unused_until = now + log.room.window;
        Box::new(Self { log, askers: IndexMap::new(), unused_until, rank, counted: (0, 0), logs, mirror: None })
    }

    /// A log without events that goes unless it is used.
    pub(crate) fn empty(logs: &Arc<Logs>, app: &AppId, channel: &ChannelName, room: LogRoom, now: Millis) -> Box<Self> {
        let rank = logs.open(app, channel, now);
        let mut recorder = Self::of(ChannelLog::new(Epoch::from_random(0), room), logs, rank, now);
        recorder.unused_until = now;
        recorder
    }

    /// Adds an event, and returns its frames.
    pub(crate) fn record(
        &mut self,
        plain: &Bytes,
        except: Option<SocketId>,
        channel: &ChannelName,
        encode: Encode,
        now: Millis,
    ) -> LoggedFrames {
        let seq = self.log.head() + 1;
        let frame = (self.logs.settings.amend)(plain, &Amendment::seq(seq));
        self.log.prune(now);
        let expires_at = now + self.log.room.window;
        self.log.append(seq, LogEntry { frame: frame.clone(), except, expires_at });
        self.count();
        LoggedFrames {
            numbered: frame.into(),
            channel: channel.clone(),
            seq,
            encode,
            position: OnceCell::new(),
            logs: self.logs.clone(),
        }
    }

    /// Enters a subscriber that asks for recovery, or enters it again. Returns its answer and its missed events.
    pub(crate) fn enter(
        &mut self,
        session: &Arc<Session>,
        channel: &ChannelName,
        request: &RecoveryRequest<'_>,
        encode: Encode,
        now: Millis,
    ) -> Resumption {
        self.renew(request.app, channel, request.room, request.epoch, encode);
        self.log.room = LogRoom { life: self.log.room.life, ..request.room };
        self.log.prune(now);
        self.count();
        let earlier = request.resume.map(|resume| resume.sockets.as_slice().into()).unwrap_or_default();
        let asker = Asker { session: session.clone(), earlier };
        let resumed = request.resume.map(|resume| {
            let key = &self.logs.settings.key;
            let token = RecoveryToken::verify(&resume.token, key, request.app, channel);
            self.replay(&asker, token, resume.seq, channel, encode, now)
        });
        self.askers.insert(session.id(), asker);
        self.rank = self.logs.rank(self.rank, true, now);

        // A replay that is cut goes on from where it began.
        let bound = match (&resumed, request.resume) {
            (Some(Ok(_)), Some(resume)) => resume.seq,
            _ => self.log.head(),
        };
        let token = RecoveryToken { epoch: self.log.epoch(), bound };
        let token = token.sign(&self.logs.settings.key, request.app, channel);
        let answer = |outcome| RecoveryAnswer { token, seq: self.log.head(), outcome };
        match resumed {
            None => Resumption { answer: answer(None), replay: Vec::new(), recovery: Recovery::Begun },
            Some(Ok((events, replay))) => Resumption {
                answer: answer(Some(RecoveryOutcome::Recovered(events))),
                replay,
                recovery: Recovery::Recovered(events),
            },
            Some(Err(reason)) => Resumption {
                answer: answer(Some(RecoveryOutcome::Lost(reason))),
                replay: Vec::new(),
                recovery: Recovery::Lost(reason),
            },
        }
    }

    /// The frames since a position, and the number of events among them.
    fn replay(
        &self,
        asker: &Asker,
        token: Option<RecoveryToken>,
        seq: u64,
        channel: &ChannelName,
        encode: Encode,
        now: Millis,
    ) -> Result<(usize, Vec<Bytes>), LossReason> {
        let mut events = 0;
        let frame = |(seq, entry): (u64, &LogEntry)| {
            if asker.is_excluded(entry.except) {
                return position(&self.logs, encode, channel, seq);
            }
            events += 1;
            entry.frame.clone()
        };
        let missed = self.log.resume(token, seq)?;
        if seq < self.log.head() && !asker.session.may_replay(now) {
            return Err(LossReason::Limit);
        }
        let frames: Vec<Bytes> = missed.map(frame).collect();
        let bytes = frames.iter().map(Bytes::len).sum();
        if asker.session.takes_replay(frames.len(), bytes, now) { Ok((events, frames)) } else { Err(LossReason::Limit) }
    }

    /// Removes a subscriber. `None` if it did not ask.
    pub(crate) fn leave(&mut self, connection: SocketId, now: Millis) -> Option<Arc<Session>> {
        let asker = self.askers.swap_remove(&connection)?;
        if self.askers.is_empty() {
            // A shared log lives elsewhere.
            self.unused_until = if self.mirror.is_some() { now } else { now + self.log.room.window };
            self.rank = self.logs.rank(self.rank, false, now);
        }
        Some(asker.session)
    }

    /// True if the log had no subscribers for its time, and none waits for it.
    pub(crate) fn is_over(&self, now: Millis) -> bool {
        let is_held = self.mirror.as_ref().is_some_and(Mirror::is_held);
        self.askers.is_empty() && self.unused_until <= now && !is_held
    }

    /// Drops the events that are too old.
    pub(crate) fn prune(&mut self, now: Millis) {
        self.log.prune(now);
        self.count();
    }

    /// The events after a position.
    pub(crate) fn page(&mut self, since: u64, limit: usize, now: Millis) -> LogPage {
        self.prune(now);
        let events = self.log.since(since).map(|events| {
            let events = events.take(limit);
            events.map(|(seq, entry)| (seq, entry.frame.clone())).collect()
        });
        LogPage { epoch: self.log.epoch(), head: self.log.head(), events: events.ok_or(self.log.oldest()) }
    }

    /// The log, for a file that outlives the process.
    pub(crate) fn saved(&self, channel: &ChannelName, now: Millis) -> SavedLog {
        let left = if self.askers.is_empty() { self.unused_until.saturating_sub(now) } else { self.log.room.window };
        let unused_for = self.log.room.window.saturating_sub(left);
        let (epoch, head) = (self.log.epoch(), self.log.head());
        SavedLog {
            channel: channel.clone(),
            life: self.log.room.life,
            epoch,
            head,
            unused_for,
            events: self.log.saved(now),
        }
    }

    /// Drops the events of a mirror, which can be read again. False for a log that is here only.
    pub(crate) fn relieve(&mut self, app: &AppId, channel: &ChannelName, now: Millis) -> bool {
        if self.mirror.is_none() {
            return false;
        }
        self.log.clear();
        self.count();
        self.rank = self.logs.list(app, channel, !self.askers.is_empty(), now);
        true
    }

    pub(crate) fn count(&mut self) {
        let size = (self.log.len(), self.log.bytes());
        self.logs.resize(self.counted, size);
        self.counted = size;
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.logs.resize(self.counted, (0, 0));
        self.logs.close(self.rank);
    }
}

impl LoggedFrames {
    /// The frame for a subscriber that asked, and whether it has the event. Otherwise it has only the number.
    pub(crate) fn of(&self, asker: &Asker, except: Option<SocketId>, compress: Option<&Compress>) -> (Bytes, bool) {
        if !asker.is_excluded(except) {
            return (self.numbered.of(&asker.session, compress), true);
        }
        let position = self.position.get_or_init(|| position(&self.logs, self.encode, &self.channel, self.seq));
        (position.clone(), false)
    }
}

/// The frame that a subscriber gets instead of an event that excludes it.
pub(crate) fn position(logs: &Logs, encode: Encode, channel: &ChannelName, seq: u64) -> Bytes {
    (logs.settings.amend)(&encode(&Event::RecoveryPosition { channel }), &Amendment::seq(seq))
}
