//! What the handle of a node and its tasks share.

use std::time::Instant;

use clairon_protocol::{AppId, ChannelName, NoRoom, StampedEdge, UserId};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use crate::{
    health::{Mishap, Monitor, TroubleKind},
    joining::{JoinRequest, Joined},
    ledger::NodeId,
    local::{Local, clients::Admission},
    membership::{Membership, Suspect},
    notice::{Deliver, Notice, Place},
    redis::{
        Failure, Renewal,
        client::{ClientSettings, RedisClient},
        keys::Topic,
    },
    settings::ClusterSettings,
    signals::Signals,
};

/// One node.
pub(crate) struct Core {
    pub(crate) settings: ClusterSettings,
    pub(crate) redis: RedisClient,
    pub(crate) local: Mutex<Local>,
    pub(crate) membership: Membership,
    pub(crate) signals: Signals,
    pub(crate) monitor: Monitor,
    pub(crate) deliver: Deliver,
    /// What the node tells the others of itself.
    pub(crate) status: Mutex<String>,
}

impl Core {
    /// A node that is not connected, and what its reaper receives.
    pub(crate) fn new(settings: ClusterSettings, deliver: Deliver) -> (Self, mpsc::UnboundedReceiver<Suspect>) {
        let (signals, suspects) = Signals::new();
        let redis = RedisClient::new(ClientSettings {
            url: settings.url.clone(),
            authorities: settings.authorities.clone(),
            prefix: settings.prefix.clone(),
            response_timeout: settings.response_timeout,
            lease: settings.lease,
            beat: settings.beat,
        });
        let core = Self {
            redis,
            local: Mutex::default(),
            membership: Membership::new(settings.lease, Instant::now()),
            signals,
            monitor: Monitor::new(),
            deliver,
            status: Mutex::default(),
            settings,
        };
        (core, suspects)
    }

    /// Gives this node a lease under an id, or renews it.
    pub(crate) async fn renew_lease(&self, id: &NodeId, is_new: bool) -> Result<Renewal, Failure> {
        let status = self.status.lock().clone();
        self.redis.renew_lease(id, is_new, &status).await
    }

    /// Adds a connection to a channel.
    pub(crate) fn join(&self, place: &Place, request: JoinRequest) -> oneshot::Receiver<Result<Joined, NoRoom>> {
        let topic = self.redis.topic(&Topic::Channel(place.clone()));
        let mut local = self.local.lock();
        let answer = local.shares.join(place, request);
        if local.topics.want(&topic) {
            local.shares.note_subscribed(place);
        } else {
            self.signals.topics.notify_one();
        }
        drop(local);
        self.signals.changes.notify_one();
        answer
    }

    /// Removes a connection from a channel.
    pub(crate) fn leave(&self, place: &Place, user: Option<&UserId>, counts: bool) {
        let mut local = self.local.lock();
        if local.shares.leave(place, user, counts) {
            self.unwant(&mut local, &Topic::Channel(place.clone()));
        }
        drop(local);
        self.signals.changes.notify_one();
    }

    /// Adds a client of an app. With a capacity, the answer comes when the ledger has looked for room.
    pub(crate) fn connect_client(&self, app: &AppId, capacity: Option<u64>) -> Option<oneshot::Receiver<Admission>> {
        let answer = self.local.lock().clients.connect(app, capacity)?;
        self.signals.changes.notify_one();
        Some(answer)
    }

    /// Removes a client of an app.
    pub(crate) fn disconnect_client(&self, app: &AppId) {
        if self.local.lock().clients.disconnect(app) {
            self.signals.changes.notify_one();
        }
    }

    /// Adds a watcher of a user.
    pub(crate) fn watch(&self, app: &AppId, user_id: &UserId) {
        let place = Self::user_place(app, user_id);
        let mut local = self.local.lock();
        let is_first = !local.watches.is_watched(&place);
        local.watches.watch(&place);
        if !is_first {
            return;
        }
        if local.topics.want(&self.redis.topic(&Topic::Online(place.clone()))) {
            local.watches.ask(place);
            self.signals.changes.notify_one();
        } else {
            self.signals.topics.notify_one();
        }
    }

    /// Removes a watcher of a user.
    pub(crate) fn unwatch(&self, app: &AppId, user_id: &UserId) {
        let place = Self::user_place(app, user_id);
        let mut local = self.local.lock();
        if local.watches.unwatch(&place) {
            self.unwant(&mut local, &Topic::Online(place));
        }
    }

    /// Stops wanting a topic.
    pub(crate) fn unwant(&self, local: &mut Local, topic: &Topic) {
        local.topics.unwant(&self.redis.topic(topic), Instant::now());
        self.signals.topics.notify_one();
    }

    /// Delivers what has changed for all nodes.
    pub(crate) fn deliver_edges(&self, place: &Place, edges: Vec<StampedEdge>, is_left_behind: bool) {
        if !edges.is_empty() {
            (self.deliver)(Notice::Edges { place: place.clone(), edges, is_left_behind });
        }
    }

    /// Lets the reaper look at nodes that have something in the ledger and are not in the list of nodes.
    pub(crate) fn suspect(&self, nodes: Vec<NodeId>, suspect: impl Fn(NodeId) -> Suspect) {
        for node in self.membership.unknown(nodes) {
            self.signals.suspect(suspect(node));
        }
    }

    /// Notes that this node cannot work with Redis.
    pub(crate) fn trouble(&self, kind: TroubleKind, failure: &Failure) {
        self.monitor.trouble(kind, &self.redis.explain(failure));
    }

    /// This node was declared dead under this id, or Redis has lost its data. The next beat registers it under a new
    /// id.
    pub(crate) fn lose_id(&self, lost: &NodeId) {
        if self.membership.lose_id(lost, Instant::now()) {
            tracing::warn!(
                node = %lost,
                "other nodes declared this node dead, or Redis has lost its data; it registers again",
            );
            self.monitor.count(Mishap::LostLease);
            self.signals.beat.notify_one();
        }
    }

    /// The channel that carries only this user's events. It stands for the user.
    pub(crate) fn user_place(app: &AppId, user_id: &UserId) -> Place {
        Place { app: app.clone(), channel: ChannelName::of_user(user_id) }
    }
}
