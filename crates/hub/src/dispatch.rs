//! Delivery of frames from a channel to the outboxes of its subscribers.

use std::fmt;

use bytes::Bytes;
use clairon_protocol::{Publication, SocketId};

use crate::{
    Compress, Frame, FrameWeight, Micros, Millis, Sent, channel::ChannelState, pending_flushes::PendingFlushes,
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
}

impl fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatch").field("pending_flushes", &self.pending_flushes).finish_non_exhaustive()
    }
}

impl ChannelState {
    /// Broadcasts an event, and measures the time until the last subscriber has it.
    pub(crate) fn publish(&mut self, frame: &Frame, publication: &Publication, since: Micros) -> Sent {
        let except = publication.except;
        let last = self.subscribers.iter().rev().find(|(id, _)| Some(**id) != except).map(|(_, last)| last.clone());
        let Some(last) = last else { return Sent::default() };
        last.time(since);
        let receivers = self.broadcast(frame, except, since / 1_000);
        Sent { receivers, is_written: last.outbox().is_idle() && last.take_timed().is_some() }
    }

    /// Queues a frame for all subscribers.
    pub(crate) fn broadcast_all(&mut self, frame: Bytes, now: Millis) -> usize {
        self.broadcast(&frame.into(), None, now)
    }

    /// Queues a frame for all subscribers except one, and returns their number. After a silence the frame is written at
    /// once, otherwise together with others.
    pub(crate) fn broadcast(&mut self, frame: &Frame, except: Option<SocketId>, now: Millis) -> usize {
        let Some((_, first)) = self.subscribers.first() else { return 0 };
        let pause = PAUSE + (self.subscribers.len() / SUBSCRIBERS_PER_MILLISECOND) as Millis;
        let is_calm = now.saturating_sub(self.spoke_at) >= pause;
        self.spoke_at = now;
        let compress = self.dispatch.compress.as_ref();
        let weight = FrameWeight::shared(frame.plain_len(), self.subscribers.len());
        let (mut receivers, mut bytes) = (0, 0);
        let sent = self.subscribers.iter().filter(|(id, _)| Some(**id) != except).map(|(_, session)| {
            let frame = frame.of(session, compress);
            receivers += 1;
            bytes += frame.len();
            (session, frame)
        });
        if !is_calm {
            let late =
                sent.filter_map(|(session, frame)| session.outbox().push_later(frame, weight).then(|| session.clone()));
            self.dispatch.pending_flushes.extend(late.collect());
        } else if self.subscribers.len() <= DIRECT_SUBSCRIBERS {
            sent.for_each(|(session, frame)| session.outbox().push_now(frame, weight));
        } else {
            sent.for_each(|(session, frame)| session.outbox().push_shared(frame, weight));
        }
        first.traffic().add_sent(receivers, bytes);
        receivers
    }
}
