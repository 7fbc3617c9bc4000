//! Delivery of frames from a channel to the outboxes of its subscribers.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use clairon_protocol::{Publication, SocketId};

use crate::{
    Compress, Frame, FrameWeight, Micros, Millis, Sent, Session, channel::ChannelState, logs::Logs, mirror::ForAskers,
    pending_flushes::PendingFlushes,
};

/// The publisher itself writes to up to this many subscribers. In larger channels the tasks of the subscribers write,
/// on all cores, so that a publisher does not delay the next event for long.
const DIRECT_SUBSCRIBERS: usize = 1_024;
/// The minimum silence of a channel, in milliseconds, before an event is written at once: `PAUSE` plus 1 ms for each
/// `SUBSCRIBERS_PER_MILLISECOND` subscribers, about twice the time to write to them. Events that follow each other more
/// closely are delayed and written together.
const PAUSE: Millis = 2;
const SUBSCRIBERS_PER_MILLISECOND: usize = 50;

/// Puts frames into outboxes, in the same way for all apps.
pub(crate) struct Dispatch {
    pub(crate) pending_flushes: PendingFlushes,
    pub(crate) compress: Option<Compress>,
    /// The logs of channels; `None` on a node that keeps none.
    pub(crate) logs: Option<Arc<Logs>>,
}

impl fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatch").field("pending_flushes", &self.pending_flushes).finish_non_exhaustive()
    }
}

impl ChannelState {
    /// Broadcasts an event, and measures the time until the last subscriber has it.
    pub(crate) fn publish(
        &mut self,
        frame: &Frame,
        for_askers: &ForAskers,
        publication: &Publication,
        since: Micros,
    ) -> Sent {
        let is_behind = for_askers.is_behind();
        let askers_get_it = !matches!(for_askers, ForAskers::Nothing { .. });
        let Some(last) = self.subscribers.last_receiver(publication, askers_get_it).cloned() else {
            // Subscribers that are excluded get its number.
            self.deliver(frame, for_askers, publication.except, since / 1_000);
            return Sent { is_behind, ..Sent::default() };
        };
        last.time(since);
        let receivers = self.deliver(frame, for_askers, publication.except, since / 1_000);
        Sent { receivers, is_written: last.outbox().is_idle() && last.take_timed().is_some(), is_behind }
    }

    /// Sends the subscribers that asked for recovery an event that the others have.
    pub(crate) fn publish_known(&self, for_askers: &ForAskers, publication: &Publication) -> Sent {
        if let (ForAskers::Numbered(logged), Some(recorder)) = (for_askers, &self.subscribers.recorder) {
            let compress = self.dispatch.compress.as_ref();
            for asker in recorder.askers.values() {
                asker.session.send(logged.of(asker, publication.except, compress).0);
            }
        }
        Sent { is_behind: for_askers.is_behind(), ..Sent::default() }
    }

    /// Queues a frame for all subscribers.
    pub(crate) fn broadcast_all(&mut self, frame: Bytes, now: Millis) {
        self.broadcast(&frame.into(), now);
    }

    /// Queues a frame for all subscribers.
    pub(crate) fn broadcast(&mut self, frame: &Frame, now: Millis) {
        self.deliver(frame, &ForAskers::Same, None, now);
    }

    /// Queues an event of a shared channel for the subscribers that did not ask for recovery. The others get it from
    /// the log.
    pub(crate) fn broadcast_missed(&mut self, frame: &Frame, now: Millis) {
        let for_askers =
            if self.subscribers.recorder.as_ref().is_some_and(|recorder| recorder.mirrored_head().is_some()) {
                ForAskers::Nothing { is_behind: false }
            } else {
                ForAskers::Same
            };
        self.deliver(frame, &for_askers, None, now);
    }

    /// Queues an event for all subscribers except one, and returns how many get it. After a silence the frames are
    /// written at once, otherwise together with others.
    fn deliver(&mut self, frame: &Frame, for_askers: &ForAskers, except: Option<SocketId>, now: Millis) -> usize {
        let Some(first) = self.subscribers.first() else { return 0 };
        let count = self.subscribers.len();
        let pause = PAUSE + (count / SUBSCRIBERS_PER_MILLISECOND) as Millis;
        let is_calm = now.saturating_sub(self.spoke_at) >= pause;
        self.spoke_at = now;
        let compress = self.dispatch.compress.as_ref();
        let weight = FrameWeight::shared(frame.plain_len(), count);
        let plain = self.subscribers.plain().filter(|(id, _)| Some(*id) != except);
        let plain = plain.map(|(_, session)| (session, frame.of(session, compress)));
        let send = SendOut { dispatch: &self.dispatch, is_calm, count, weight };
        let Some(recorder) = &self.subscribers.recorder else {
            let (frames, bytes) = send.all(plain);
            first.traffic().add_sent(frames, bytes);
            return frames;
        };
        let mut excluded = 0;
        let numbered = recorder.askers.values().filter_map(|asker| match for_askers {
            ForAskers::Numbered(logged) => {
                let (frame, has_event) = logged.of(asker, except, compress);
                excluded += usize::from(!has_event);
                Some((&asker.session, frame))
            }
            ForAskers::Nothing { .. } => None,
            ForAskers::Same if Some(asker.session.id()) == except => None,
            ForAskers::Same => Some((&asker.session, frame.of(&asker.session, compress))),
        });
        let (frames, bytes) = send.all(plain.chain(numbered));
        first.traffic().add_sent(frames, bytes);
        frames - excluded
    }
}

/// How a frame is put into the outboxes of the subscribers of a channel.
struct SendOut<'a> {
    dispatch: &'a Dispatch,
    /// True after a silence of the channel.
    is_calm: bool,
    /// The number of subscribers.
    count: usize,
    weight: FrameWeight,
}

impl SendOut<'_> {
    /// Queues or writes a frame for each of these sessions. Returns the number of frames, and their bytes.
    fn all<'s>(&self, sent: impl Iterator<Item = (&'s Arc<Session>, Bytes)>) -> (usize, usize) {
        let (mut frames, mut bytes) = (0, 0);
        let weight = self.weight;
        let sent = sent.inspect(|(_, frame)| {
            frames += 1;
            bytes += frame.len();
        });
        if !self.is_calm {
            let late =
                sent.filter_map(|(session, frame)| session.outbox().push_later(frame, weight).then(|| session.clone()));
            self.dispatch.pending_flushes.extend(late.collect());
        } else if self.count <= DIRECT_SUBSCRIBERS {
            sent.for_each(|(session, frame)| session.outbox().push_now(frame, weight));
        } else {
            sent.for_each(|(session, frame)| session.outbox().push_shared(frame, weight));
        }
        (frames, bytes)
    }
}
