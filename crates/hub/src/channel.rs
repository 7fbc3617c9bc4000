//! One channel of one app.

use std::sync::Arc;

use bytes::Bytes;
use clairon_protocol::{ChannelKind, ChannelName, Edge, Event, Member, PresenceRoom, Publication, StampedEdge, UserId};
use indexmap::IndexMap;
use parking_lot::Mutex;

use crate::{
    Encode, Frame, Ledger, Micros, Millis, RecoveryRequest, Session, Wishes, WithAudience,
    dispatch::Dispatch,
    edges::{Misses, Stamps},
    ledger::PresentUsers,
    mirror::ForAskers,
    replica::Replica,
    subscribers::Subscribers,
};

/// A change of the subscription count is sent at once to up to this many subscribers. Larger channels get it every few
/// seconds.
const PROMPT_COUNTS: usize = 100;

/// A channel: its subscribers, its members, and the event that it remembers.
///
/// One lock is held from the change of a list to the queueing of all resulting frames. So all subscribers see the same
/// order, and the snapshot for a new subscriber fits between two events.
#[derive(Debug)]
pub struct Channel {
    name: ChannelName,
    pub(crate) encode: Encode,
    pub(crate) state: Mutex<ChannelState>,
}

#[derive(Debug)]
pub(crate) struct ChannelState {
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) subscribers: Subscribers,
    /// The number of subscribed connections on all nodes.
    pub(crate) connections: usize,
    /// The members on all nodes, in the order in which they joined. They are boxed because most channels have none.
    ///
    /// The `user_info` of a user's first connection is kept until the last one has left, as on hosted Pusher.
    pub(crate) members: Option<Box<IndexMap<UserId, Member>>>,
    pub(crate) record: Record,
    /// The encoded `subscription_succeeded` with all members of a presence channel. It is kept until the members
    /// change.
    pub(crate) snapshot: Option<Bytes>,
    pub(crate) cached: Option<Box<Cached>>,
    /// Set once, when the channel is empty and about to leave the map. A caller that still holds the channel must look
    /// it up again.
    pub(crate) is_closed: bool,
    /// The time of the last event.
    pub(crate) spoke_at: Millis,
    /// True if the subscription count has changed since it was last sent.
    is_count_stale: bool,
    /// True if the app sends the subscription count to subscribers.
    pub(crate) counts: bool,
}

/// What the channel has of the [ledger](crate::ledger).
#[derive(Debug)]
pub(crate) enum Record {
    /// All of it; the users only on presence channels.
    InMemory(Option<Box<PresentUsers>>),
    /// A copy of its state.
    Shared(Box<Replica>),
}

impl Record {
    /// The record of a new channel, after this many gaps.
    pub(crate) fn new(ledger: Ledger, gaps: u64) -> Self {
        match ledger {
            Ledger::InMemory => Self::InMemory(None),
            Ledger::Shared => Self::Shared(Box::new(Replica::new(gaps))),
        }
    }
}

/// A connection that subscribes.
#[derive(Debug)]
pub struct Subscriber<'a> {
    /// The connection.
    pub session: &'a Arc<Session>,
    /// The member that this subscription adds; presence channels only.
    pub member: Option<Member>,
    /// The room of a presence channel.
    pub room: PresenceRoom,
    /// Most channels of the app on this node.
    pub max_channels: usize,
    /// What the app wants to know of the channel.
    pub wishes: Wishes,
    /// What it asks of recovery.
    pub recovery: Option<RecoveryRequest<'a>>,
}

/// The last event of a cache channel.
#[derive(Clone, Debug)]
pub struct Cached {
    /// The frame that the subscribers got.
    pub frame: Frame,
    /// The data, as a JSON string.
    pub data: Arc<str>,
    /// The time at which the channel forgets the event.
    pub expires_at: Millis,
}

/// The receivers of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// The number of connections that the event was queued for or written to.
    pub receivers: usize,
    /// True if the event is already written to the last receiver. Otherwise the receiver's [`Session::take_timed`]
    /// returns the time once it is.
    pub is_written: bool,
    /// True if the channel's log, which other nodes share, must be read: events are missing here.
    pub is_behind: bool,
}

/// The summary of a channel in the HTTP API.
#[derive(Clone, Debug)]
pub struct ChannelSummary {
    /// The name.
    pub name: ChannelName,
    /// The number of subscribed connections.
    pub subscription_count: usize,
    /// The number of distinct users among the members; 0 for other than presence channels.
    pub user_count: usize,
}

impl Channel {
    pub(crate) fn new(name: ChannelName, encode: Encode, dispatch: Arc<Dispatch>, record: Record) -> Self {
        Self { name, encode, state: Mutex::new(ChannelState::new(dispatch, record)) }
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> &ChannelName {
        &self.name
    }

    /// Queues an event for all subscribers except one. `None` if the channel has left the map.
    pub(crate) fn publish(&self, publication: &Publication, misses: &Misses, since: Micros) -> Option<Sent> {
        let now = since / 1_000;
        let mut state = self.state.lock();
        if state.is_closed {
            return None;
        }
        let mut is_known = false;
        if publication.cache.is_some() {
            let version = publication.version.unwrap_or_default();
            if let Record::Shared(replica) = &mut state.record {
                is_known = !replica.note_cached(version);
            }
            if !is_known {
                misses.fill(&self.name);
            }
        }
        let recorder = state.subscribers.recorder.as_mut();
        let for_askers =
            recorder.map_or(ForAskers::Same, |recorder| recorder.take(publication, &self.name, self.encode, now));
        if is_known {
            return Some(state.publish_known(&for_askers, publication));
        }
        let frame = Frame::from(publication.frame.clone());
        let sent = state.publish(&frame, &for_askers, publication, since);
        if let Some(entry) = &publication.cache {
            let expires_at = now + Millis::from(entry.ttl_seconds) * 1_000;
            state.cached = Some(Box::new(Cached { frame, data: entry.data.clone(), expires_at }));
        }
        self.settle(&mut state, now);
        Some(sent)
    }

    /// Forgets the remembered event.
    pub(crate) fn forget_cached(&self) {
        self.state.lock().cached = None;
    }

    /// True if the count has changed and the channel is too large for sending each change at once.
    pub(crate) fn is_count_stale(&self) -> bool {
        self.state.lock().is_count_stale
    }

    /// Sends the count to the subscribers, if it has changed since it was last sent.
    pub(crate) fn tell_count(&self, now: Millis) {
        let mut state = self.state.lock();
        if std::mem::take(&mut state.is_count_stale) {
            self.broadcast_count(&mut state, now);
        }
    }

    /// Notes that changes of a shared channel may have been missed.
    pub(crate) fn note_gap(&self, gaps: u64) {
        if let Record::Shared(replica) = &mut self.state.lock().record {
            replica.note_gap(gaps);
        }
    }

    /// Closes the channel if it has no subscribers and no log, and remembers no event. Returns true if it is closed and
    /// must leave the map.
    pub(crate) fn close_if_idle(&self, now: Millis) -> bool {
        let mut state = self.state.lock();
        if state.cached(now).is_none() {
            state.cached = None;
        }
        state.subscribers.drop_unused_log(now);
        let is_idle = match &state.record {
            // The ledger remembers the event, so this channel need not.
            Record::Shared(replica) => replica.is_idle(),
            Record::InMemory(_) => state.cached.is_none(),
        };
        state.is_closed |= state.subscribers.is_empty() && state.subscribers.recorder.is_none() && is_idle;
        state.is_closed
    }

    /// The summary for the HTTP API.
    #[must_use]
    pub fn summary(&self) -> ChannelSummary {
        let state = self.state.lock();
        ChannelSummary {
            name: self.name.clone(),
            subscription_count: state.subscribers.len(),
            user_count: state.members.as_ref().map_or(0, |members| members.len()),
        }
    }

    pub(crate) fn subscription_count(&self) -> usize {
        self.state.lock().subscribers.len()
    }

    /// The number of subscribed connections, on all nodes as far as it is known here.
    #[must_use]
    pub fn audience(&self) -> usize {
        self.state.lock().audience()
    }

    /// The number of connections that are notified after a subscription or its end, with this audience. `of_member`
    /// says whether a member comes or goes with it, and `counts` whether the subscribers get the count.
    #[must_use]
    pub fn witnesses(&self, audience: usize, of_member: bool, counts: bool) -> usize {
        let is_counted = counts && self.name.kind() != ChannelKind::Presence && audience <= PROMPT_COUNTS;
        if of_member || is_counted { audience } else { 0 }
    }

    /// The ids of the members.
    #[must_use]
    pub fn user_ids(&self) -> Vec<UserId> {
        self.state.lock().members().map(|member| member.user_id.clone()).collect()
    }

    /// The event that a cache channel remembers.
    #[must_use]
    pub fn cached(&self, now: Millis) -> Option<Cached> {
        self.state.lock().cached(now).cloned()
    }

    pub(crate) fn encode(&self, event: &Event<'_>) -> Bytes {
        (self.encode)(event)
    }

    /// Sends the remembered event or a cache miss to a new subscriber of a cache channel.
    pub(crate) fn show_cached(&self, state: &ChannelState, session: &Session, now: Millis) {
        if self.name.is_cache() {
            session.send(match state.cached(now) {
                Some(cached) => cached.frame.of(session, state.dispatch.compress.as_ref()),
                None => self.encode(&Event::CacheMiss { channel: &self.name }),
            });
        }
    }

    pub(crate) fn succeeded(&self, state: &mut ChannelState) -> Bytes {
        if let Some(snapshot) = &state.snapshot {
            return snapshot.clone();
        }
        let members = (self.name.kind() == ChannelKind::Presence).then(|| state.members().collect::<Vec<_>>());
        let frame = self.encode(&Event::SubscriptionSucceeded { channel: &self.name, members: members.as_deref() });
        if members.is_some() {
            state.snapshot = Some(frame.clone());
        }
        frame
    }

    pub(crate) fn count_changed(&self, state: &mut ChannelState, now: Millis) {
        if !state.counts || self.name.kind() == ChannelKind::Presence {
            return;
        }
        state.is_count_stale = state.connections > PROMPT_COUNTS;
        if !state.is_count_stale {
            self.broadcast_count(state, now);
        }
    }

    /// The edge of a changed count, if the app wants it.
    pub(crate) fn count_edge(&self, state: &ChannelState, wishes: Wishes, stamps: &Stamps) -> Option<StampedEdge> {
        let count = state.connections as u64;
        let is_wanted = wishes.count_edges && count > 0 && self.name.kind() != ChannelKind::Presence;
        is_wanted.then(|| stamps.stamp(Edge::Counted(count)))
    }

    fn broadcast_count(&self, state: &mut ChannelState, now: Millis) {
        if let Some(count) = self.count(state) {
            state.broadcast_all(count, now);
        }
    }

    /// The message with the subscription count; `None` if there are no subscribers.
    pub(crate) fn count(&self, state: &ChannelState) -> Option<Bytes> {
        let count = state.connections;
        (count > 0).then(|| self.encode(&Event::SubscriptionCount { channel: &self.name, count }))
    }
}

impl ChannelState {
    fn new(dispatch: Arc<Dispatch>, record: Record) -> Self {
        Self {
            dispatch,
            subscribers: Subscribers::default(),
            connections: 0,
            members: None,
            record,
            snapshot: None,
            cached: None,
            is_closed: false,
            spoke_at: 0,
            is_count_stale: false,
            counts: false,
        }
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().flat_map(|members| members.values())
    }

    /// The number of subscribed connections as far as it is known. Not every channel has the count of all nodes.
    fn audience(&self) -> usize {
        let members = self.members.as_ref().map_or(0, |members| members.len());
        self.subscribers.len().max(self.connections).max(members)
    }

    pub(crate) fn with_audience<T>(&self, outcome: T) -> WithAudience<T> {
        WithAudience { outcome, audience: self.audience() }
    }

    pub(crate) fn cached(&self, now: Millis) -> Option<&Cached> {
        self.cached.as_deref().filter(|cached| cached.expires_at > now)
    }
}
