//! A channel that is shared with other nodes: what this node knows of it, and how that stays right.
//!
//! The ledger is the truth. It gives every change a version, larger than all before. A replica is loaded once, then
//! follows the changes in their order. Wherever some may have been missed, it follows no further before it is loaded
//! again: a change says nothing of those before it. What differs then is told to the subscribers.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use clairon_protocol::{ChannelKind, Event, Member, SocketId, UserId};
use indexmap::IndexMap;

use crate::{Cached, Channel, Millis, Session, Subscriber, channel::ChannelState};

/// The number of a change in its channel's history.
pub type Version = u64;

/// The most changes that are kept while the state they belong to is on its way. It contains all but the latest.
const EARLY: usize = 10_000;

/// A change that all nodes are told of.
#[derive(Clone, Debug)]
pub enum ChannelChange {
    /// A user's first connection, on any node, has joined.
    MemberAdded(Member),
    /// A user's last connection has left.
    MemberRemoved(UserId),
    /// So many connections are subscribed now.
    Count(usize),
}

/// A channel as the ledger has it.
#[derive(Clone, Debug)]
pub struct LedgerState {
    /// The last change that is contained.
    pub version: Version,
    /// How many connections are subscribed, on all nodes.
    pub connections: usize,
    /// The members of a presence channel.
    pub members: Vec<Member>,
    /// What a cache channel remembers, and its version.
    pub cached: Option<(Version, Cached)>,
    /// Whether who is missing here has left. Not so while nodes are registering anew.
    pub is_complete: bool,
    /// How many gaps in the changes it makes up for.
    pub gaps: u64,
}

/// What became of a wish to subscribe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It waits for the ledger.
    Newcomer {
        /// False where nothing certain is known of the channel here: its state must be loaded.
        is_loaded: bool,
    },
    /// The connection was subscribed before, and was told so again; or it waits already.
    Already,
}

/// What a connection was that has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parted {
    /// The ledger had it.
    Admitted,
    /// It waited for the ledger.
    Waiting,
    /// It was not there.
    Stranger,
}

/// What a node knows of a shared channel.
#[derive(Debug, Default)]
pub(crate) struct Replica {
    /// It has the state of `version`, and nothing was missed since.
    is_loaded: bool,
    /// How many gaps there have been.
    gaps: u64,
    version: Version,
    /// That of the remembered event.
    cached_version: Version,
    /// Whether the subscribers are told how many they are.
    counts: bool,
    pub(crate) connections: usize,
    pub(crate) members: IndexMap<UserId, Member>,
    newcomers: Vec<Newcomer>,
    /// Changes that came before the state that they change.
    early: Vec<(Version, ChannelChange)>,
}

/// A connection whose subscription is not known to all nodes yet: it hears nothing.
#[derive(Debug)]
struct Newcomer {
    session: Arc<Session>,
    /// The change that must have been seen here before its snapshot is made; `None` until the ledger has answered.
    since: Option<Version>,
}

impl Replica {
    fn new(gaps: u64) -> Box<Self> {
        Box::new(Self { gaps, ..Self::default() })
    }

    /// True where nobody waits here.
    pub(crate) const fn is_idle(&self) -> bool {
        self.newcomers.is_empty()
    }

    /// Notes a remembered event. False where it is known, and so is everyone who listens.
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

    /// Changes may have been missed.
    pub(crate) const fn note_gap(&mut self, gaps: u64) {
        if self.gaps < gaps {
            self.gaps = gaps;
            self.is_loaded = false;
        }
    }

    fn position(&self, connection: SocketId) -> Option<usize> {
        self.newcomers.iter().position(|newcomer| newcomer.session.id() == connection)
    }

    /// The newcomers whose time has come.
    fn settled(&mut self) -> Vec<Newcomer> {
        if !self.is_loaded {
            return Vec::new();
        }
        let version = self.version;
        self.newcomers.extract_if(.., |newcomer| newcomer.since.is_some_and(|since| since <= version)).collect()
    }
}

impl Channel {
    /// Lets a connection wait to be subscribed. `None` where the channel has left the map.
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
        // Under the lock, so that no gap is missed: who tells of one comes here after it is counted.
        let replica = state.replica.get_or_insert_with(|| Replica::new(gaps.load(Ordering::Relaxed)));
        if replica.position(id).is_some() {
            return Some(Expected::Already);
        }
        replica.counts = subscriber.counts;
        replica.newcomers.push(Newcomer { session: subscriber.session.clone(), since: None });
        Some(Expected::Newcomer { is_loaded: replica.is_loaded })
    }

    /// Subscribes one who waits, once the change `since` has been seen here. False where it has left.
    pub(crate) fn admit(&self, connection: SocketId, since: Version, now: Millis) -> bool {
        let mut state = self.state.lock();
        let Some(replica) = &mut state.replica else { return false };
        let Some(index) = replica.position(connection) else { return false };
        replica.newcomers[index].since = Some(since);
        self.settle(&mut state, now);
        true
    }

    /// Takes a connection out, whether it waits or is subscribed.
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

    /// True where a connection is subscribed, and not waiting to be.
    #[must_use]
    pub fn contains(&self, connection: SocketId) -> bool {
        self.state.lock().subscribers.contains_key(&connection)
    }

    /// Follows a change.
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

    /// Takes over a state, and tells the subscribers what is new in it.
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
            // Around a gap one may come twice.
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

    /// Makes a change, and tells the subscribers of it where it is one.
    fn make(&self, state: &mut ChannelState, change: ChannelChange, now: Millis) {
        let Some(replica) = &mut state.replica else { return };
        match change {
            ChannelChange::MemberAdded(member) => {
                let event = self.encode(&Event::MemberAdded { channel: self.name(), member: &member });
                if replica.members.insert(member.user_id.clone(), member).is_none() {
                    state.snapshot = None;
                    state.broadcast(&event, None, now);
                }
            }
            ChannelChange::MemberRemoved(user_id) => {
                // The user's id is told in the JSON type that it had when the user was added.
                if let Some(Member { user_id, .. }) = replica.members.shift_remove(&user_id) {
                    state.snapshot = None;
                    let event = Event::MemberRemoved { channel: self.name(), user_id: &user_id };
                    state.broadcast(&self.encode(&event), None, now);
                }
            }
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
    /// An event that is remembered and was missed is made up for.
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

/// What leads from a replica to the state of the ledger.
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
