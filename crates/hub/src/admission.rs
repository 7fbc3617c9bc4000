//! How a connection becomes a subscriber of a channel, and how it leaves.
//!
//! There is one way. The channel expects the connection, the [ledger](crate::ledger) records it, all changes up to that
//! record are applied here, and the channel admits the connection. With the ledger in memory all of this is one step.
//! Otherwise the connection waits in the [`Replica`](crate::replica::Replica) until the answer has come.

use std::sync::Arc;

use clairon_protocol::{ChannelKind, Edge, NoRoom, SocketId, StampedEdge, UserId};

use crate::{
    Channel, ChannelChange, Millis, Recovery, RecoveryRequest, Session, Subscriber, Version, Wishes,
    channel::{ChannelState, Record},
    edges::{Misses, Stamps},
    recovery::{KeptRequest, ReportRecovery},
    replica::Newcomer,
};

/// The outcome of [`AppHub::expect`](crate::AppHub::expect) or [`AppHub::part`](crate::AppHub::part), with the audience
/// of the channel.
#[derive(Debug)]
pub struct WithAudience<T> {
    /// The outcome itself.
    pub outcome: T,
    /// The number of subscribed connections afterwards, on all nodes as far as it is known here.
    pub audience: usize,
}

/// The outcome of [`AppHub::expect`](crate::AppHub::expect).
#[derive(Debug, PartialEq, Eq)]
pub enum Expected {
    /// The ledger in memory has the connection, which is now subscribed. The edges are those that this has caused.
    Admitted {
        /// The edges.
        edges: Vec<StampedEdge>,
        /// The result of its request for recovery.
        recovery: Option<Recovery>,
    },
    /// The connection waits for the ledger that is shared with other nodes.
    Newcomer {
        /// False if the replica is not up to date: its state must be loaded.
        is_loaded: bool,
    },
    /// The connection is subscribed, and the success was sent again; or it already waits.
    Already {
        /// The result of its request for recovery.
        recovery: Option<Recovery>,
    },
    /// The connection is subscribed, and asks for recovery with other nodes: [`AppHub::ask`](crate::AppHub::ask) sends
    /// the success once the log is mirrored.
    Asks,
}

/// The state of a connection before it left a channel.
#[derive(Debug, PartialEq, Eq)]
pub enum Parted {
    /// It was in the ledger. The edges are those that its end has caused in the ledger in memory; a shared one has yet
    /// to hear of it.
    Admitted(Vec<StampedEdge>),
    /// It waited for the ledger.
    Waiting,
    /// It was neither subscribed nor waiting.
    Stranger,
}

impl Channel {
    /// Expects a connection that subscribes. If the ledger is in memory, the connection is admitted, and the resulting
    /// frames are queued: `member_added` for the others, success and snapshot for the new subscriber, then what it has
    /// missed, or the cached event or a cache miss, the count for all. `None` if the channel has left the map.
    pub(crate) fn expect(
        &self,
        subscriber: &Subscriber<'_>,
        stamps: &Stamps,
        misses: &Misses,
        now: Millis,
    ) -> Option<Result<WithAudience<Expected>, NoRoom>> {
        let mut state = self.state.lock();
        if state.is_closed {
            return None;
        }
        let session = subscriber.session;
        if state.subscribers.contains(session.id()) {
            if let Record::Shared(replica) = &mut state.record {
                replica.asking.forget(session.id());
                if let Some(request) = &subscriber.recovery {
                    replica.asking.note(session.id(), request.epoch);
                    return Some(Ok(state.with_audience(Expected::Asks)));
                }
            }
            let recovery = self.enter(&mut state, session, subscriber.recovery.as_ref(), now);
            if matches!(recovery, Some(Recovery::Begun | Recovery::Lost(_))) {
                self.show_cached(&state, session, now);
            }
            return Some(Ok(state.with_audience(Expected::Already { recovery })));
        }
        state.counts = subscriber.wishes.counts;
        if let Record::Shared(replica) = &mut state.record {
            let expected = replica.expect(session, subscriber.recovery.as_ref().map(RecoveryRequest::keep));
            return Some(Ok(state.with_audience(expected)));
        }
        let admitted = self.record(&mut state, subscriber, stamps, misses, now);
        Some(admitted.map(|admitted| state.with_audience(admitted)))
    }

    /// Records a connection in the ledger in memory, and admits it.
    fn record(
        &self,
        state: &mut ChannelState,
        subscriber: &Subscriber<'_>,
        stamps: &Stamps,
        misses: &Misses,
        now: Millis,
    ) -> Result<Expected, NoRoom> {
        let Subscriber { session, ref member, room, wishes, ref recovery, .. } = *subscriber;
        let added = match (member, &mut state.record) {
            (Some(member), Record::InMemory(users)) => {
                users.get_or_insert_default().join(member, room)?.then(|| member.clone())
            }
            _ => None,
        };
        let mut edges = Vec::new();
        if state.subscribers.is_empty() {
            edges.push(stamps.stamp(Edge::Occupied));
        }
        if let Some(member) = added {
            edges.push(stamps.stamp(Edge::MemberAdded(member.user_id.clone())));
            self.make(state, ChannelChange::MemberAdded(member), now);
        }
        let recovery = self.subscribe(state, session, recovery.as_ref(), now);
        let is_shown = !matches!(recovery, Some(Recovery::Recovered(_)));
        if is_shown && wishes.miss_edges && self.name().is_cache() && state.cached(now).is_none() {
            edges.push(misses.miss(self.name(), stamps));
        }
        self.make(state, ChannelChange::Count(state.subscribers.len()), now);
        edges.extend(self.count_edge(state, wishes, stamps));
        Ok(Expected::Admitted { edges, recovery })
    }

    /// Subscribes a waiting connection once the change `since` is applied here. False if it has left.
    pub(crate) fn admit(
        &self,
        connection: SocketId,
        since: Version,
        report: Option<ReportRecovery>,
        now: Millis,
    ) -> bool {
        let mut state = self.state.lock();
        let Record::Shared(replica) = &mut state.record else { return false };
        let is_waiting = replica.note_recorded(connection, since, report);
        self.settle(&mut state, now);
        is_waiting
    }

    /// Subscribes the waiting connections whose record this node has applied.
    pub(crate) fn settle(&self, state: &mut ChannelState, now: Millis) {
        let Record::Shared(replica) = &mut state.record else { return };
        let counts = state.counts && self.name().kind() != ChannelKind::Presence;
        for Newcomer { session, request, report, .. } in replica.settled() {
            let recovery = self.subscribe(state, &session, request.as_ref().map(KeptRequest::request).as_ref(), now);
            if let Some((report, recovery)) = report.zip(recovery) {
                report.send(recovery);
            }
            if counts && let Some(count) = self.count(state) {
                session.send(count);
            }
        }
    }

    /// Enters a subscriber, and sends it the success, and what it has missed or the remembered event.
    pub(crate) fn subscribe(
        &self,
        state: &mut ChannelState,
        session: &Arc<Session>,
        request: Option<&RecoveryRequest<'_>>,
        now: Millis,
    ) -> Option<Recovery> {
        let recovery = self.enter(state, session, request, now);
        if !matches!(recovery, Some(Recovery::Recovered(_))) {
            self.show_cached(state, session, now);
        }
        recovery
    }

    /// Removes a connection, waiting or subscribed. From the ledger in memory it is removed with its member, and the
    /// resulting frames are queued.
    pub(crate) fn part(
        &self,
        connection: SocketId,
        user_id: Option<&UserId>,
        wishes: Wishes,
        stamps: &Stamps,
        now: Millis,
    ) -> WithAudience<Parted> {
        let mut state = self.state.lock();
        let is_subscriber = state.subscribers.remove(connection, now);
        let parted = match &mut state.record {
            Record::Shared(replica) => replica.part(connection, is_subscriber),
            Record::InMemory(_) if !is_subscriber => Parted::Stranger,
            Record::InMemory(users) => {
                let left = user_id.filter(|id| users.as_mut().is_some_and(|users| users.leave(id)));
                Parted::Admitted(self.erase(&mut state, left, wishes, stamps, now))
            }
        };
        state.with_audience(parted)
    }

    /// What follows from the removal of a connection, and of a member, from the ledger in memory.
    fn erase(
        &self,
        state: &mut ChannelState,
        left: Option<&UserId>,
        wishes: Wishes,
        stamps: &Stamps,
        now: Millis,
    ) -> Vec<StampedEdge> {
        let mut edges = Vec::new();
        if let Some(user_id) = left {
            self.make(state, ChannelChange::MemberRemoved(user_id.clone()), now);
            edges.push(stamps.stamp(Edge::MemberRemoved(user_id.clone())));
        }
        if state.subscribers.is_empty() {
            edges.push(stamps.stamp(Edge::Vacated));
        }
        state.counts = wishes.counts;
        self.make(state, ChannelChange::Count(state.subscribers.len()), now);
        edges.extend(self.count_edge(state, wishes, stamps));
        edges
    }
}
