//! A log that this node shares with others: following its events, and loading what was read.

use std::sync::Arc;

use bytes::Bytes;
use clairon_protocol::{
    Amendment, AppId, ChannelName, Event, LogPlace, LogPosition, LogRoom, LossReason, Publication, RecoveryAnswer,
    RecoveryOutcome, RecoveryToken, SocketId,
};

use crate::{
    Encode, LogHold, LogLoaded, LogNeed, Millis, SavedEvent, SharedLog,
    log::{ChannelLog, LogEntry},
    logs::Logs,
    recorder::{Asker, LoggedFrames, Recorder, position},
};

/// The most events that wait for others. Those that are dropped are read with the others.
const EARLY: usize = 1_000;

/// How far this node has a log that it shares with others.
#[derive(Debug, Default)]
pub(crate) struct Mirror {
    is_loaded: bool,
    /// True from the request to read the log until it is loaded.
    awaits_read: bool,
    /// Events that cannot be added yet.
    early: Vec<EarlyEvent>,
    /// Events with smaller numbers cannot be read: they have left the log, or there is no room for them here.
    gone_before: u64,
    /// Shared with the [`LogHold`]s of the subscriptions that wait.
    holds: Arc<()>,
}

#[derive(Debug)]
struct EarlyEvent {
    position: LogPosition,
    frame: Bytes,
    except: Option<SocketId>,
}

/// What the subscribers that asked for recovery get of an event.
pub(crate) enum ForAskers {
    /// The frame that all get.
    Same,
    /// A frame with its number.
    Numbered(LoggedFrames),
    /// Nothing now: they have it, or get it when the log is read. `is_behind` is true if it must be read.
    Nothing { is_behind: bool },
}

impl ForAskers {
    /// True if the log must be read.
    pub(crate) const fn is_behind(&self) -> bool {
        matches!(self, Self::Nothing { is_behind: true })
    }
}

impl Mirror {
    /// True while a subscription waits for the log.
    pub(crate) fn is_held(&self) -> bool {
        Arc::strong_count(&self.holds) > 1
    }
}

impl Recorder {
    /// A mirror of a log that is to be loaded. It goes unless it is held.
    pub(crate) fn expect(
        logs: &Arc<Logs>,
        app: &AppId,
        channel: &ChannelName,
        room: LogRoom,
        now: Millis,
    ) -> Box<Self> {
        let mut recorder = Self::empty(logs, app, channel, room, now);
        recorder.mirror = Some(Mirror { awaits_read: true, ..Mirror::default() });
        recorder
    }

    /// Keeps a mirror.
    pub(crate) fn hold(&self) -> LogHold {
        LogHold::of(self.mirror.as_ref().map(|mirror| mirror.holds.clone()))
    }

    /// What must be read before a subscriber at this position can be entered. A mirror without subscribers may be out
    /// of date.
    pub(crate) fn need(&self, position: Option<LogPosition>, life: u64, is_fresh: bool) -> Option<LogNeed> {
        let mirror = self.mirror.as_ref()?;
        let since_position = position.map(|LogPosition { epoch, seq }| LogNeed { since: seq, epoch: Some(epoch) });
        if !mirror.is_loaded {
            return since_position.or(Some(LogNeed { since: u64::MAX, epoch: None }));
        }
        let lacks = |LogPosition { epoch, seq }: LogPosition| {
            epoch == self.log.epoch() && seq + 1 < self.log.oldest() && seq + 1 >= mirror.gone_before
        };
        if position.is_some_and(lacks) {
            return since_position;
        }
        let is_current = !self.askers.is_empty() && self.log.room.life == life;
        let knows = |LogPosition { epoch, seq }| epoch == self.log.epoch() && seq <= self.log.head();
        let is_enough = is_fresh || (is_current && position.is_none_or(knows));
        (!is_enough).then_some(LogNeed { since: self.log.head(), epoch: None })
    }

    /// True if subscribers can be entered.
    pub(crate) fn is_loaded(&self) -> bool {
        self.mirror.as_ref().is_none_or(|mirror| mirror.is_loaded)
    }

    /// The number of the last event of a mirror that is loaded. Without subscribers it may be held for some that wait,
    /// and must not fall behind.
    pub(crate) fn mirrored_head(&self) -> Option<u64> {
        (self.mirror.is_some() && self.is_loaded()).then(|| self.log.head())
    }

    /// Takes an event of the channel, for the log if it belongs there.
    pub(crate) fn take(
        &mut self,
        publication: &Publication,
        channel: &ChannelName,
        encode: Encode,
        now: Millis,
    ) -> ForAskers {
        let Publication { frame, except, log, place, .. } = publication;
        match (place, log, &mut self.mirror) {
            (LogPlace::At(position), _, Some(mirror)) => {
                let is_of_log = mirror.is_loaded && position.epoch == self.log.epoch();
                if is_of_log && position.seq <= self.log.head() {
                    return ForAskers::Nothing { is_behind: false };
                }
                if !is_of_log || position.seq != self.log.head() + 1 || !mirror.early.is_empty() {
                    mirror.early.truncate(EARLY - 1);
                    mirror.early.push(EarlyEvent { position: *position, frame: frame.clone(), except: *except });
                    return ForAskers::Nothing { is_behind: !std::mem::replace(&mut mirror.awaits_read, true) };
                }
            }
            // The log is lost. Its subscribers learn that before they get the next event.
            (LogPlace::NoLog, _, Some(mirror)) if mirror.is_loaded => {
                return ForAskers::Nothing { is_behind: !std::mem::replace(&mut mirror.awaits_read, true) };
            }
            (LogPlace::None, Some(_), None) => {}
            _ => return ForAskers::Same,
        }
        ForAskers::Numbered(self.record(frame, *except, channel, encode, now))
    }

    /// Takes what was read of the log. Subscribers get the events that they lack, or learn that events are lost.
    pub(crate) fn load(
        &mut self,
        app: &AppId,
        channel: &ChannelName,
        shared: SharedLog,
        encode: Encode,
        now: Millis,
    ) -> LogLoaded {
        let Some(mut mirror) = self.mirror.take() else { return LogLoaded::default() };
        let SharedLog { need, oldest, life, epoch, head, events } = shared;
        self.log.room.life = life;
        let first = (head + 1).saturating_sub(events.len() as u64);
        let reason = if epoch == self.log.epoch() {
            (first > self.log.head() + 1).then_some(LossReason::Gap)
        } else {
            Some(LossReason::Epoch)
        };
        let numbered = |(seq, SavedEvent { frame, except, age }): (u64, SavedEvent)| {
            let frame = (self.logs.settings.amend)(&frame, &Amendment::seq(seq));
            SavedEvent { frame, except, age }
        };
        let events: Vec<SavedEvent> = (first..).zip(events).map(numbered).collect();
        let mut known = self.log.head();
        if reason.is_some() || !mirror.is_loaded {
            self.log = ChannelLog::restored(epoch, self.log.room, head, events, now);
            (known, mirror.gone_before) = (head, 0);
        } else {
            self.log.merge(first, events, now);
        }
        let is_asked = need.epoch.is_none_or(|asked| asked == epoch) && need.since < head;
        if is_asked && need.since + 1 < self.log.oldest() {
            mirror.gone_before = if need.since + 1 < oldest { oldest } else { self.log.oldest() };
        }
        let lost = reason.filter(|_| mirror.is_loaded && !self.askers.is_empty());
        if let Some(reason) = lost {
            self.tell_all_lost(app, channel, reason, encode);
        }
        let is_behind = self.add_early(&mut mirror, now);
        (mirror.is_loaded, mirror.awaits_read) = (true, is_behind);
        self.mirror = Some(mirror);
        self.send_since(known, app, channel, encode, now);
        self.count();
        LogLoaded { is_behind, lost: lost.map(|reason| (self.askers.len(), reason)) }
    }

    /// Adds the events that waited. True if one before them is still missing.
    fn add_early(&mut self, mirror: &mut Mirror, now: Millis) -> bool {
        let mut is_behind = false;
        for event in std::mem::take(&mut mirror.early) {
            let LogPosition { epoch, seq } = event.position;
            if epoch != self.log.epoch() {
                // It is of an earlier log, or of a later one, which the next reading finds.
                is_behind = true;
            } else if seq == self.log.head() + 1 {
                let frame = (self.logs.settings.amend)(&event.frame, &Amendment::seq(seq));
                let expires_at = now + self.log.room.window;
                self.log.append(seq, LogEntry { frame, except: event.except, expires_at });
            } else if seq > self.log.head() {
                is_behind = true;
                mirror.early.push(event);
            }
        }
        is_behind
    }

    /// Sends all subscribers the events after `known`.
    fn send_since(&self, known: u64, app: &AppId, channel: &ChannelName, encode: Encode, now: Millis) {
        if known == self.log.head() {
            return;
        }
        for asker in self.askers.values() {
            let frames = self.log.since(known).map(|events| {
                let frame = |(seq, entry): (u64, &LogEntry)| {
                    if asker.is_excluded(entry.except) {
                        position(&self.logs, encode, channel, seq)
                    } else {
                        entry.frame.clone()
                    }
                };
                events.map(frame).collect::<Vec<Bytes>>()
            });
            match frames {
                Some(frames) if asker.session.takes_replay(frames.len(), size(&frames), now) => {
                    asker.session.send_replay(frames);
                }
                Some(_) => self.tell_lost(asker, app, channel, LossReason::Limit, encode),
                None => self.tell_lost(asker, app, channel, LossReason::Gap, encode),
            }
        }
    }

    /// Notifies all subscribers that events are lost, and returns their number.
    pub(crate) fn tell_all_lost(
        &self,
        app: &AppId,
        channel: &ChannelName,
        reason: LossReason,
        encode: Encode,
    ) -> usize {
        self.askers.values().for_each(|asker| self.tell_lost(asker, app, channel, reason, encode));
        self.askers.len()
    }

    /// Notifies a subscriber that events are lost. Its position begins anew.
    fn tell_lost(&self, asker: &Asker, app: &AppId, channel: &ChannelName, reason: LossReason, encode: Encode) {
        let (seq, epoch) = (self.log.head(), self.log.epoch());
        let token = RecoveryToken { epoch, bound: seq }.sign(&self.logs.settings.key, app, channel);
        let answer = RecoveryAnswer { token, seq, outcome: Some(RecoveryOutcome::Lost(reason)) };
        let frame = encode(&Event::RecoveryPosition { channel });
        asker.session.send((self.logs.settings.amend)(&frame, &answer.notice()));
    }
}

fn size(frames: &[Bytes]) -> usize {
    frames.iter().map(Bytes::len).sum()
}
