//! What the parts of a cluster share.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use clairon_protocol::{AppId, Edge, UserId};
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc, watch};

use crate::{
    ClusterSettings, Deliver, Full, Joined, Joining, Notice, Place,
    clients::Clients,
    engine::{Connector, Failure, Link},
    health::{Mishap, Monitor, TroubleKind},
    keys::{Keys, NodeId, Topic},
    scripts::Rights,
    shares::{Settled, Shares},
    survivors::Suspect,
    throttle::Throttle,
    topics::Topics,
    watches::Watches,
};

/// How long the answer to a change may be asked for again, in leases: longer than anybody takes to lose theirs.
const REMEMBERED_LEASES: u32 = 4;

/// Everything but the tasks.
pub(crate) struct Core {
    /// Names this process to those that remove the dead; never registered.
    pub(crate) survivor: NodeId,
    pub(crate) settings: ClusterSettings,
    pub(crate) keys: Keys,
    pub(crate) rights: Rights,
    pub(crate) connector: Arc<Connector>,
    pub(crate) monitor: Monitor,
    pub(crate) deliver: Deliver,
    /// Changes what all nodes know.
    pub(crate) ledger: Link,
    /// Carries events.
    pub(crate) publisher: Link,
    /// Answers questions.
    pub(crate) reader: Link,
    pub(crate) local: Mutex<Local>,
    pub(crate) membership: Mutex<Membership>,
    /// There is something for the committer.
    pub(crate) work: Notify,
    /// There are topics to subscribe to or to give up.
    pub(crate) topics_changed: Notify,
    /// The next beat is due at once.
    pub(crate) beat: Notify,
    pub(crate) suspects: mpsc::UnboundedSender<Suspect>,
    /// True once the node is to leave.
    pub(crate) stopping: watch::Sender<bool>,
    /// Messages received, to notice silence.
    pub(crate) received: AtomicU64,
    pub(crate) garbled: Throttle,
    pub(crate) not_taken: Throttle,
}

/// What this node has, wants, and has told.
#[derive(Default)]
pub(crate) struct Local {
    pub(crate) shares: Shares,
    pub(crate) clients: Clients,
    pub(crate) watches: Watches,
    pub(crate) topics: Topics,
    /// Greater each time that the ledger is told everything again.
    pub(crate) epoch: u64,
}

impl Local {
    /// The ledger is told everything again: it may have lost it, or the node has a new id.
    pub(crate) fn register_again(&mut self) {
        self.epoch += 1;
        self.shares.register_again();
        self.clients.register_again();
    }
}

/// This node among the others.
pub(crate) struct Membership {
    /// `None` while it is not registered.
    pub(crate) id: Option<NodeId>,
    /// The nodes that had registered by the last beat.
    pub(crate) known: HashSet<NodeId>,
    /// Until when nobody is declared dead, because who is missing may only not be back yet.
    pub(crate) settled_at: Instant,
    /// The ledger has lost data, or this node its lease: until when members that it lacks may only not be back yet.
    pub(crate) loss_until: Option<Instant>,
}

impl Membership {
    /// The others may have been cut off too: they have a lease's time to come back.
    pub(crate) fn unsettle(&mut self, lease: Duration) {
        self.settled_at = Instant::now() + lease;
    }
}

impl Core {
    pub(crate) fn id(&self) -> Option<NodeId> {
        self.membership.lock().id.clone()
    }

    /// How long an answer that was lost may be asked for again.
    pub(crate) fn remembered(&self) -> Duration {
        self.settings.lease * REMEMBERED_LEASES
    }

    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Adds a connection to a channel.
    pub(crate) fn join(&self, place: &Place, joining: Joining) -> tokio::sync::oneshot::Receiver<Result<Joined, Full>> {
        let mut local = self.local.lock();
        let answer = local.shares.join(place, joining);
        if local.topics.want(&self.keys.record(place)) {
            local.shares.ready(place);
        } else {
            self.topics_changed.notify_one();
        }
        drop(local);
        self.work.notify_one();
        answer
    }

    /// Removes a connection from a channel.
    pub(crate) fn leave(&self, place: &Place, user: Option<&UserId>, counts: bool) {
        let mut local = self.local.lock();
        if local.shares.leave(place, user, counts) {
            self.unwant(&mut local, &Topic::Channel(place.clone()));
        }
        drop(local);
        self.work.notify_one();
    }

    /// Gives a topic up, after a while.
    pub(crate) fn unwant(&self, local: &mut Local, topic: &Topic) {
        local.topics.unwant(&self.keys.topic(topic), Instant::now());
        self.topics_changed.notify_one();
    }

    /// Tells what a settled change has brought, then who waits for it.
    pub(crate) fn announce(&self, place: &Place, mut settled: Settled) {
        if settled.is_empty {
            let mut local = self.local.lock();
            // Somebody may have come since.
            if local.shares.connections(place) == 0 {
                self.unwant(&mut local, &Topic::Channel(place.clone()));
            }
        }
        if let Some(state) = settled.state.take() {
            let removals = self.membership.lock().loss_until.is_none();
            (self.deliver)(Notice::Loaded { place: place.clone(), state, removals, gaps: settled.gaps });
        }
        self.tell_edges(place, std::mem::take(&mut settled.edges));
        settled.resolve();
    }

    /// Tells what became of a channel.
    pub(crate) fn tell_edges(&self, place: &Place, edges: Vec<Edge>) {
        if !edges.is_empty() {
            (self.deliver)(Notice::Edges { place: place.clone(), edges });
        }
    }

    /// Looks after nodes that have something and are not known.
    pub(crate) fn suspect(&self, nodes: Vec<NodeId>, what: impl Fn(NodeId) -> Suspect) {
        let membership = self.membership.lock();
        let is_strange = |node: &NodeId| membership.id.as_ref() != Some(node) && !membership.known.contains(node);
        for node in nodes.into_iter().filter(is_strange) {
            // Nobody looks any more once the node leaves.
            let _ = self.suspects.send(what(node));
        }
    }

    /// This id has been taken for dead, or Redis has lost it: others have removed what was under it, or will.
    pub(crate) fn lose(&self, lost: &NodeId) {
        let mut membership = self.membership.lock();
        if membership.id.as_ref() == Some(lost) {
            tracing::warn!(node = %lost, "this node was taken for dead, or Redis has lost its data: it registers again");
            self.monitor.count(Mishap::LostLease);
            membership.id = None;
            membership.unsettle(self.settings.lease);
            membership.loss_until = Some(Instant::now() + self.settings.lease);
            self.beat.notify_one();
        }
    }

    /// Notes that something is wrong.
    pub(crate) fn trouble(&self, kind: TroubleKind, failure: &Failure) {
        self.monitor.trouble(kind, &self.rights.explain(failure));
    }

    /// Counts a message.
    pub(crate) fn count_received(&self) {
        self.received.fetch_add(1, Ordering::Relaxed);
    }

    /// The place of an app's channel that carries only a user's events.
    pub(crate) fn user_place(app: &AppId, user_id: &UserId) -> Place {
        Place { app: app.clone(), channel: clairon_protocol::ChannelName::of_user(user_id) }
    }
}
