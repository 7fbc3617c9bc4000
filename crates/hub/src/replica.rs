//! A node's replica of a channel that it shares with other nodes, and the changes that reach all subscribers.
//!
//! The ledger is authoritative. It gives every change a version, larger than all before. A replica is loaded once, then
//! applies changes in their order. After a gap it stops applying them until it is loaded again, because a change does
//! not tell whether others came before it. The subscribers get the difference between the old and the new state.

use std::sync::Arc;

use clairon_protocol::{Event, Member, SocketId, UserId};

use crate::{
    Cached, Channel, Expected, Millis, Parted, Session,
    channel::{ChannelState, Record},
    recovery::{KeptRequest, ReportRecovery},
    shared_logs::Asking,
};

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

/// How far a node has copied a channel's state from the ledger, and the connections that wait for it.
#[derive(Debug, Default)]
pub(crate) struct Replica {
    /// True if this is the state of `version`, and no change was missed since.
    is_loaded: bool,
    /// The number of gaps so far.
    gaps: u64,
    version: Version,
    /// The version of the remembered event.
    cached_version: Version,
    newcomers: Vec<Newcomer>,
    /// The subscribers whose request for recovery waits for the log.
    pub(crate) asking: Asking,
    /// Changes that arrived before the state that they apply to.
    early: Vec<(Version, ChannelChange)>,
}

/// A connection that waits for its subscription. It gets no messages of the channel yet.
#[derive(Debug)]
pub(crate) struct Newcomer {
    pub(crate) session: Arc<Session>,
    pub(crate) request: Option<KeptRequest>,
    /// Gets the result of the request.
    pub(crate) report: Option<ReportRecovery>,
    /// The change that must be applied here before the connection gets its snapshot; `None` until the ledger has
    /// answered.
    since: Option<Version>,
}

impl Replica {
    /// A replica that is not loaded yet, after this many gaps.
    pub(crate) fn new(gaps: u64) -> Self {
        Self { gaps, ..Self::default() }
    }

    /// Lets a connection wait.
    pub(crate) fn expect(&mut self, session: &Arc<Session>, request: Option<KeptRequest>) -> Expected {
        if let Some(index) = self.position(session.id()) {
            self.newcomers[index].request = request;
            return Expected::Already { recovery: None };
        }
        self.newcomers.push(Newcomer { session: session.clone(), request, report: None, since: None });
        Expected::Newcomer { is_loaded: self.is_loaded }
    }

    /// Notes that the ledger has a waiting connection since this version. False if it has left.
    pub(crate) fn note_recorded(
        &mut self,
        connection: SocketId,
        since: Version,
        report: Option<ReportRecovery>,
    ) -> bool {
        let Some(index) = self.position(connection) else { return false };
        self.newcomers[index].since = Some(since);
        self.newcomers[index].report = report;
        true
    }

    /// Removes a waiting connection, or a subscriber.
    pub(crate) fn part(&mut self, connection: SocketId, is_subscriber: bool) -> Parted {
        if is_subscriber {
            self.asking.forget(connection);
            return Parted::Admitted(Vec::new());
        }
        match self.position(connection).map(|index| self.newcomers.swap_remove(index)) {
            Some(Newcomer { since: Some(_), .. }) => Parted::Admitted(Vec::new()),
            Some(Newcomer { since: None, .. }) => Parted::Waiting,
            None => Parted::Stranger,
        }
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
    pub(crate) fn settled(&mut self) -> Vec<Newcomer> {
        if !self.is_loaded {
            return Vec::new();
        }
        let version = self.version;
        let is_reached = |newcomer: &mut Newcomer| newcomer.since.is_some_and(|since| since <= version);
        self.newcomers.extract_if(.., is_reached).collect()
    }
}

impl Channel {
    /// True if a connection is subscribed, not only waiting.
    #[must_use]
    pub fn contains(&self, connection: SocketId) -> bool {
        self.state.lock().subscribers.contains(connection)
    }

    /// Applies a change, or keeps it until the state is loaded.
    pub(crate) fn follow(&self, version: Version, change: ChannelChange, now: Millis) {
        let mut state = self.state.lock();
        let Record::Shared(replica) = &mut state.record else { return };
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
        let Record::Shared(replica) = &mut state.record else { return };
        if shared.gaps < replica.gaps || (replica.is_loaded && shared.version < replica.version) {
            return;
        }
        replica.is_loaded = true;
        replica.version = shared.version.max(replica.cached_version);
        let early = std::mem::take(&mut replica.early);
        for change in differences(&state, &shared) {
            self.make(&mut state, change, now);
        }
        state.load_cached(shared.cached, now);
        let mut seen = shared.version;
        for (version, change) in early {
            // After a gap a change may arrive twice.
            if version > seen {
                seen = version;
                if let Record::Shared(replica) = &mut state.record {
                    replica.version = replica.version.max(version);
                }
                self.make(&mut state, change, now);
            }
        }
        self.settle(&mut state, now);
    }

    /// Applies a change, and notifies the subscribers if it makes a difference.
    pub(crate) fn make(&self, state: &mut ChannelState, change: ChannelChange, now: Millis) {
        match change {
            ChannelChange::MemberAdded(member) => {
                let event = self.encode(&Event::MemberAdded { channel: self.name(), member: &member });
                let members = state.members.get_or_insert_default();
                if members.insert(member.user_id.clone(), member).is_none() {
                    state.snapshot = None;
                    state.broadcast_all(event, now);
                }
            }
            ChannelChange::MemberRemoved(user_id) => {
                let removed = state.members.as_mut().and_then(|members| members.shift_remove(&user_id));
                // The event has the user's id in the JSON type that it had when the user was added.
                if let Some(Member { user_id, .. }) = removed {
                    state.snapshot = None;
                    let event = Event::MemberRemoved { channel: self.name(), user_id: &user_id };
                    state.broadcast_all(self.encode(&event), now);
                }
            }
            ChannelChange::Forgotten => state.cached = None,
            ChannelChange::Count(connections) => {
                state.connections = connections;
                self.count_changed(state, now);
            }
        }
    }
}

impl ChannelState {
    /// Sends and remembers a remembered event that was missed.
    fn load_cached(&mut self, cached: Option<(Version, Cached)>, now: Millis) {
        let Some((version, cached)) = cached else { return };
        let Record::Shared(replica) = &mut self.record else { return };
        if version > replica.cached_version {
            replica.cached_version = version;
            self.broadcast_missed(&cached.frame, now);
            self.cached = Some(Box::new(cached));
        }
    }
}

/// The changes from the state of a channel here to that of the ledger.
fn differences(state: &ChannelState, shared: &LedgerState) -> Vec<ChannelChange> {
    let mut changes = Vec::new();
    let is_here = |user_id: &UserId| state.members.as_ref().is_some_and(|members| members.contains_key(user_id));
    if shared.is_complete {
        let is_gone = |user_id: &&UserId| !shared.members.iter().any(|member| member.user_id == **user_id);
        let here = state.members.iter().flat_map(|members| members.keys());
        changes.extend(here.filter(is_gone).cloned().map(ChannelChange::MemberRemoved));
    }
    let is_new = |member: &&Member| !is_here(&member.user_id);
    changes.extend(shared.members.iter().filter(is_new).cloned().map(ChannelChange::MemberAdded));
    if state.connections != shared.connections {
        changes.push(ChannelChange::Count(shared.connections));
    }
    changes
}
