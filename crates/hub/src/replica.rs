//! A node's replica of a channel that it shares with other nodes.
//!
//! The ledger is authoritative. It gives every change a version, larger than all before. A replica is loaded once, then
//! applies changes in their order. After a gap it stops applying them until it is loaded again, because a change does
//! not tell whether others came before it. The subscribers get the difference between the old and the new state.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use clairon_protocol::{ChannelKind, Event, Member, SocketId, UserId};
use indexmap::IndexMap;

use crate::{Cached, Channel, Millis, Session, Subscriber, channel::ChannelState};

/// The number of a change in the history of its channel.
pub type Version = u64;

/// The largest number of changes kept while the state is being loaded. That state contains all but the latest changes.
const EARLY: usize = 10_000;

/// A change that all nodes get.
#[derive(Clone, Debug)]
pub enum ChannelChange {
    /// The first connection of a user, on any node, has subscribed.
    MemberAdded(Member),
    /// The last connection of a user has unsubscribed.
    MemberRemoved(UserId),
    /// The new number of subscribed connections.
    Count(usize),
    /// The remembered event is forgotten.
    Forgotten,
}

/// The state of a channel in the ledger.
#[derive(Clone, Debug)]
pub struct LedgerState {
    /// The version of the last change in this state.
    pub version: Version,
    /// The number of subscribed connections on all nodes.
    pub connections: usize,
    /// The members of a presence channel.
    pub members: Vec<Member>,
    /// The event that a cache channel remembers, with its version.
    pub cached: Option<(Version, Cached)>,
    /// True if a member absent from this state has left; false while nodes re-register.
    pub is_complete: bool,
    /// The number of gaps that this state covers.
    pub gaps: u64,
}

/// The outcome of [`AppHub::expect`](crate::AppHub::expect).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The connection waits for the ledger.
    Newcomer {
        /// False if the replica is not up to date: its state must be loaded.
        is_loaded: bool,
    },
    /// The connection is subscribed, and the success was sent again; or it already waits.
    Already,
}

/// The state of a connection before it left a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parted {
    /// It was in the ledger.
    Admitted,
    /// It waited for the ledger.
    Waiting,
    /// It was neither subscribed nor waiting.
    Stranger,
}

/// A node's copy of a channel's state in the ledger.
#[derive(Debug, Default)]
pub(crate) struct Replica {
    /// True if this is the state of `version`, and no change was missed since.
    is_loaded: bool,
    /// The number of gaps so far.
    gaps: u64,
    version: Version,
    /// The version of the remembered event.
    cached_version: Version,
    /// True if the app sends the subscription count to subscribers.
    counts: bool,
    pub(crate) connections: usize,
    pub(crate) members: IndexMap<UserId, Member>,
    newcomers: Vec<Newcomer>,
    /// Changes that arrived before the state that they apply to.
    early: Vec<(Version, ChannelChange)>,
}

/// A connection that waits for its subscription. It gets no messages of the channel yet.
#[derive(Debug)]
struct Newcomer {
    session: Arc<Session>,
    /// The change that must be applied here before the connection gets its snapshot; `None` until the ledger has
    /// answered.
    since: Option<Version>,
}

impl Replica {
    fn new(gaps: u64) -> Box<Self> {
        Box::new(Self { gaps, ..Self::default() })
    }

    /// True if no connection waits here.
    pub(crate) const fn is_idle(&self) -> bool {
        self.newcomers.is_empty()
    }

    /// Notes a remembered event. False if the event is known; then the subscribers have it already.
    pub(crate) fn note_cached(&mut self, version: Version) -> bool {
        let seen = if self.is_loaded { self.version } else { self.cached_version };
        if version <= seen {
            return false;
        }
        self.cached_version = version;
        if self.is_loaded {
            self.version = version;
        }
        true
    }

    /// Notes that changes may have been missed.
    pub(crate) const fn note_gap(&mut self, gaps: u64) {
        if self.gaps < gaps {
            self.gaps = gaps;
            self.is_loaded = false;
        }
    }

    fn position(&self, connection: SocketId) -> Option<usize> {
        self.newcomers.iter().position(|newcomer| newcomer.session.id() == connection)
    }

    /// Takes out the waiting connections whose version is reached.
    fn settled(&mut self) -> Vec<Newcomer> {
        if !self.is_loaded {
            return Vec::new();
        }
        let version = self.version;
        self.newcomers.extract_if(.., |newcomer| newcomer.since.is_some_and(|since| since <= version)).collect()
    }
}

impl Channel {
    /// Registers a connection that waits for its subscription. `None` if the channel has left the map.
    pub(crate) fn expect(&self, subscriber: &Subscriber<'_>, gaps: &AtomicU64) -> Option<Expected> {
        let mut state = self.state.lock();
        if state.is_closed {
            return None;
        }
        let id = subscriber.session.id();
        if state.subscribers.contains_key(&id) {
            subscriber.session.send(self.succeeded(&mut state));
            return Some(Expected::Already);
        }
        // The counter is read under the lock: a gap is counted before it is reported to this channel, so none is
        // missed.
        let replica = state.replica.get_or_insert_with(|| Replica::new(gaps.load(Ordering::Relaxed)));
        if replica.position(id).is_some() {
            return Some(Expected::Already);
        }
        replica.counts = subscriber.wishes.counts;
        replica.newcomers.push(Newcomer { session: subscriber.session.clone(), since: None });
        Some(Expected::Newcomer { is_loaded: replica.is_loaded })
    }

    /// Subscribes a waiting connection once the change `since` is applied here. False if it has left.
    pub(crate) fn admit(&self, connection: SocketId, since: Version, now: Millis) -> bool {
        let mut state = self.state.lock();
        let Some(replica) = &mut state.replica else { return false };
        let Some(index) = replica.position(connection) else { return false };
        replica.newcomers[index].since = Some(since);
        self.settle(&mut state, now);
        true
    }

    /// Removes a connection, waiting or subscribed.
    pub(crate) fn part(&self, connection: SocketId) -> Parted {
        let mut state = self.state.lock();
        if state.subscribers.swap_remove(&connection).is_some() {
            return Parted::Admitted;
        }
        let Some(replica) = &mut state.replica else { return Parted::Stranger };
        match replica.position(connection).map(|index| replica.newcomers.swap_remove(index)) {
            Some(Newcomer { since: Some(_), .. }) => Parted::Admitted,
            Some(Newcomer { since: None, .. }) => Parted::Waiting,
            None => Parted::Stranger,
        }
    }

    /// True if a connection is subscribed, not only waiting.
    #[must_use]
    pub fn contains(&self, connection: SocketId) -> bool {
        self.state.lock().subscribers.contains_key(&connection)
    }

    /// Applies a change, or keeps it until the state is loaded.
    pub(crate) fn follow(&self, version: Version, change: ChannelChange, now: Millis) {
        let mut state = self.state.lock();
        let Some(replica) = &mut state.replica else { return };
        if !replica.is_loaded {
            if replica.early.len() == EARLY {
                replica.early.remove(0);
            }
            replica.early.push((version, change));
        } else if version > replica.version {
            replica.version = version;
            self.make(&mut state, change, now);
            self.settle(&mut state, now);
        }
    }

    /// Loads a state, and sends the differences to the subscribers.
    pub(crate) fn load(&self, shared: LedgerState, now: Millis) {
        let mut state = self.state.lock();
        let Some(replica) = &mut state.replica else { return };
        if shared.gaps < replica.gaps || (replica.is_loaded && shared.version < replica.version) {
            return;
        }
        replica.is_loaded = true;
        replica.version = shared.version.max(replica.cached_version);
        let early = std::mem::take(&mut replica.early);
        for change in differences(replica, &shared) {
            self.make(&mut state, change, now);
        }
        state.load_cached(shared.cached, now);
        let mut seen = shared.version;
        for (version, change) in early {
            // After a gap a change may arrive twice.
            if version > seen {
                seen = version;
                if let Some(replica) = &mut state.replica {
                    replica.version = replica.version.max(version);
                }
                self.make(&mut state, change, now);
            }
        }
        self.settle(&mut state, now);
    }

    /// Applies a change, and notifies the subscribers if it makes a difference.
    fn make(&self, state: &mut ChannelState, change: ChannelChange, now: Millis) {
        let Some(replica) = &mut state.replica else { return };
        match change {
            ChannelChange::MemberAdded(member) => {
                let event = self.encode(&Event::MemberAdded { channel: self.name(), member: &member });
                if replica.members.insert(member.user_id.clone(), member).is_none() {
                    state.snapshot = None;
                    state.broadcast_all(event, now);
                }
            }
            ChannelChange::MemberRemoved(user_id) => {
                // The event has the user's id in the JSON type that it had when the user was added.
                if let Some(Member { user_id, .. }) = replica.members.shift_remove(&user_id) {
                    state.snapshot = None;
                    let event = Event::MemberRemoved { channel: self.name(), user_id: &user_id };
                    state.broadcast_all(self.encode(&event), now);
                }
            }
            ChannelChange::Forgotten => state.cached = None,
            ChannelChange::Count(connections) => {
                replica.connections = connections;
                let counts = replica.counts;
                self.count_changed(state, counts, now);
            }
        }
    }

    pub(crate) fn settle(&self, state: &mut ChannelState, now: Millis) {
        let Some(replica) = &mut state.replica else { return };
        let counts = replica.counts && self.name().kind() != ChannelKind::Presence;
        for Newcomer { session, .. } in replica.settled() {
            state.subscribers.insert(session.id(), session.clone());
            self.welcome(state, &session, now);
            if counts && let Some(count) = self.count(state) {
                session.send(count);
            }
        }
    }
}

impl ChannelState {
    /// Sends and remembers a remembered event that was missed.
    fn load_cached(&mut self, cached: Option<(Version, Cached)>, now: Millis) {
        let Some((version, cached)) = cached else { return };
        let Some(replica) = &mut self.replica else { return };
        if version > replica.cached_version {
            replica.cached_version = version;
            self.broadcast(&cached.frame, None, now);
            self.cached = Some(Box::new(cached));
        }
    }
}

/// The changes from the state of a replica to that of the ledger.
fn differences(replica: &Replica, shared: &LedgerState) -> Vec<ChannelChange> {
    let mut changes = Vec::new();
    if shared.is_complete {
        let is_gone = |user_id: &&UserId| !shared.members.iter().any(|member| member.user_id == **user_id);
        changes.extend(replica.members.keys().filter(is_gone).cloned().map(ChannelChange::MemberRemoved));
    }
    let is_new = |member: &&Member| !replica.members.contains_key(&member.user_id);
    changes.extend(shared.members.iter().filter(is_new).cloned().map(ChannelChange::MemberAdded));
    if replica.connections != shared.connections {
        changes.push(ChannelChange::Count(shared.connections));
    }
    changes
}
