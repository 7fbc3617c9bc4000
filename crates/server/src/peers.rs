//! The other nodes. Whether there are any is decided once, here: the rest of the server uses the verbs of [`Peers`].
//!
//! A node that is alone keeps everything in its hub and answers at once. One of many nodes shares its subscriptions,
//! users and connections through the ledger of [`clairon_cluster`], which answers later.

mod alone;
mod deliver;
mod kept_logs;
mod log_lives;
mod many;
mod mirrors;
mod publish;
mod reads;

use std::sync::Arc;

use bytes::Bytes;
use clairon_cluster::{BusError, Cluster, ClusterError, ClusterSettings, Mishap, NodeState, OverCapacity, Trouble};
use clairon_hub::{
    AppHub, Channel, Expected, Hub, Ledger, Parted, Recovery, RecoveryRequest, Session, SignedIn, Subscriber, Wishes,
    WithAudience,
};
use clairon_protocol::{AppId, ChannelName, Edge, NoRoom, SocketId, StampedEdge, UserId};
use clairon_registry::{App, AppCache, WebhookKind};
use clairon_webhooks::Announcer;
use tokio::{sync::mpsc, task::AbortHandle};

pub(crate) use self::publish::{EventOrigin, PublishError};
use self::{alone::Alone, deliver::Delivery, many::Many, many::UserEntry};
pub use self::{publish::OutgoingEvent, reads::Remembered};
use crate::{clock::Clock, live_feed::LiveFeed, metrics::Metrics, settings::Settings};

/// This node among the others, if there are others.
pub enum Peers {
    /// There are no other nodes.
    Alone(Alone),
    /// Several nodes share one Redis.
    Many(Many),
}

/// A subscription that was made.
#[derive(Clone, Copy)]
pub(crate) struct Settled {
    /// False if the connection was subscribed before.
    pub(crate) is_new: bool,
    /// The result of its request for recovery.
    pub(crate) recovery: Option<Recovery>,
}

/// A connection's place on a channel, from its subscription to [`Peers::leave`].
pub(crate) struct Seat {
    channel: Arc<Channel>,
    /// The member that the connection is; on presence channels only.
    user_id: Option<UserId>,
    /// The task that waits for the answer of the ledger; `None` on a lone node.
    joining: Option<AbortHandle>,
}

impl Seat {
    /// The user that the connection is a member as; `None` on other channels than presence channels.
    pub(crate) const fn user_id(&self) -> Option<&UserId> {
        self.user_id.as_ref()
    }

    /// The number of other connections that a message of the connection reaches, on all nodes.
    pub(crate) fn audience(&self) -> usize {
        self.channel.audience().saturating_sub(1)
    }

    /// True once the connection is subscribed. Before that it waits for the ledger.
    pub(crate) fn is_taken_by(&self, connection: SocketId) -> bool {
        self.channel.contains(connection)
    }
}

/// What a subscription has led to.
pub(crate) struct Joined {
    /// The seat for [`Peers::leave`]; `None` if the connection has a seat already, or is refused.
    pub(crate) seat: Option<Seat>,
    /// The number of other connections that are notified.
    pub(crate) witnesses: usize,
}

impl Joined {
    /// Nothing has changed.
    const NOTHING: Self = Self { seat: None, witnesses: 0 };
}

/// The sign-in of a connection, from [`Peers::sign_in`] to [`Peers::sign_out`].
pub(crate) struct UserStay {
    signed_in: SignedIn,
    /// The entry in the ledger; `None` on a lone node.
    entry: Option<UserEntry>,
}

impl UserStay {
    /// The user's id.
    pub(crate) fn user_id(&self) -> &str {
        &self.signed_in.user_id
    }
}

/// What an app wants to know of its channels.
pub(crate) fn wishes_of(app: &App) -> Wishes {
    let wants = |kind| app.webhooks.wants(kind);
    Wishes {
        counts: app.subscription_counts,
        count_edges: app.subscription_counts && wants(WebhookKind::SubscriptionCount),
        miss_edges: wants(WebhookKind::CacheMiss),
    }
}

impl Peers {
    /// The place of the ledger for the hub of this node.
    pub(crate) const fn ledger(settings: Option<&ClusterSettings>) -> Ledger {
        match settings {
            None => Ledger::InMemory,
            Some(_) => Ledger::Shared,
        }
    }

    /// Joins the other nodes, if the settings name a Redis.
    ///
    /// # Errors
    /// When a setting is wrong, or Redis cannot be used.
    pub(crate) async fn connect(
        settings: &Settings,
        hub: &Arc<Hub>,
        apps: &Arc<AppCache>,
        announcer: &Arc<Announcer>,
        clock: Clock,
        live: &Arc<LiveFeed>,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, ClusterError> {
        let delivery =
            Delivery::new(hub.clone(), apps.clone(), announcer.clone(), clock, live.clone(), metrics.clone());
        let Some(cluster) = settings.cluster.clone() else { return Ok(Self::Alone(Alone::new(delivery))) };
        let (behind, reads) = mpsc::unbounded_channel();
        let delivery = delivery.with_behind(behind);
        let deliver = {
            let delivery = delivery.clone();
            Box::new(move |notice| delivery.deliver(notice))
        };
        let cluster = Cluster::connect(cluster, deliver).await?;
        Ok(Self::Many(Many::new(cluster, delivery, settings.outbox, settings.recovery_bytes, reads)))
    }

    /// Counts a connection among those of all nodes. [`Self::dismiss`] undoes it. A lone node has counted it already,
    /// in [`AppHub::connect`].
    ///
    /// # Errors
    /// When all nodes together have `capacity` connections of the app.
    pub(crate) async fn admit(&self, app: &AppId, capacity: Option<u64>) -> Result<(), OverCapacity> {
        match self {
            Self::Alone(_) => Ok(()),
            Self::Many(many) => many.admit(app, capacity).await,
        }
    }

    /// Undoes a successful [`Self::admit`].
    pub(crate) fn dismiss(&self, app: &AppId) {
        match self {
            Self::Alone(_) => {}
            Self::Many(many) => many.dismiss(app),
        }
    }

    /// Subscribes a connection. `settle` is called once: immediately on a lone node, otherwise when the ledger has
    /// answered. It is not called if the connection leaves before the answer, or already waits for one.
    pub(crate) fn join(
        &self,
        (app, hub): (&App, &Arc<AppHub>),
        name: &ChannelName,
        subscriber: Subscriber<'_>,
        settle: impl FnOnce(Result<Settled, NoRoom>) + Send + 'static,
    ) -> Joined {
        let (channel, expected) = match hub.expect(name, &subscriber, self.delivery().now()) {
            Ok(expected) => expected,
            Err(no_room) => {
                settle(Err(no_room));
                return Joined::NOTHING;
            }
        };
        let counts = subscriber.wishes.counts;
        let user_id = subscriber.member.as_ref().map(|member| member.user_id.clone());
        let WithAudience { outcome, audience } = expected;
        let (joining, of_member) = match (outcome, self) {
            (Expected::Admitted { edges, recovery }, _) => {
                self.delivery().hub.relieve_logs(self.delivery().now());
                settle(Ok(Settled { is_new: true, recovery }));
                self.delivery().note_edges(hub.id(), Some(app), name, &edges);
                (None, has_member(&edges))
            }
            (Expected::Newcomer { is_loaded }, Self::Many(many)) => {
                // Whether the user has other connections is known only later.
                (Some(many.join(hub, &channel, subscriber, is_loaded, settle)), user_id.is_some())
            }
            // Only a shared ledger makes a connection wait.
            (Expected::Newcomer { .. } | Expected::Asks, Self::Alone(_)) => return Joined::NOTHING,
            (Expected::Asks, Self::Many(many)) => {
                many.ask(hub, channel, subscriber, settle);
                return Joined::NOTHING;
            }
            (Expected::Already { recovery }, _) => {
                settle(Ok(Settled { is_new: false, recovery }));
                return Joined::NOTHING;
            }
        };
        let witnesses = channel.witnesses(audience, of_member, counts).saturating_sub(1);
        Joined { seat: Some(Seat { channel, user_id, joining }), witnesses }
    }

    const fn delivery(&self) -> &Delivery {
        match self {
            Self::Alone(alone) => &alone.delivery,
            Self::Many(many) => &many.delivery,
        }
    }

    /// Checks that this node has room for the channels that events make, because they are remembered. With other nodes
    /// the ledger remembers them.
    ///
    /// # Errors
    /// When it has none.
    pub(crate) fn check_room<'a>(
        &self,
        hub: &AppHub,
        channels: impl Iterator<Item = &'a ChannelName>,
        max_channels: usize,
    ) -> Result<(), NoRoom> {
        match self {
            Self::Alone(alone) => hub.check_room(channels, max_channels, alone.delivery.now()),
            Self::Many(_) => Ok(()),
        }
    }

    /// Ends a subscription, or the wait for it. Returns the number of connections that are notified. `app` is `None` if
    /// the app was deleted.
    pub(crate) fn leave(&self, (app, hub): (Option<&App>, &Arc<AppHub>), connection: SocketId, seat: &Seat) -> usize {
        let Seat { channel, user_id, joining } = seat;
        let (user_id, now) = (user_id.as_ref(), self.delivery().now());
        let wishes = app.map(wishes_of).unwrap_or_default();
        let WithAudience { outcome, audience } = hub.part(channel, connection, user_id, wishes, now);
        let of_member = match (outcome, self) {
            (Parted::Admitted(edges), Self::Alone(_)) => {
                self.delivery().note_edges(hub.id(), app, channel.name(), &edges);
                has_member(&edges)
            }
            (Parted::Admitted(_), Self::Many(many)) => {
                many.cluster.leave(hub.id(), channel.name(), user_id, wishes.counts);
                user_id.is_some()
            }
            (Parted::Waiting, _) => {
                // Dropping a join undoes it.
                joining.iter().for_each(AbortHandle::abort);
                user_id.is_some()
            }
            (Parted::Stranger, _) => return 0,
        };
        channel.witnesses(audience, of_member, wishes.counts)
    }

    /// Signs a connection in as a user, on all nodes. It gets `answers` when all nodes can reach it, and then the state
    /// of its watchlist. Returns the stay for [`Self::sign_out`], and the number of connections on this node that watch
    /// the user.
    pub(crate) fn sign_in(
        &self,
        hub: &Arc<AppHub>,
        session: &Arc<Session>,
        signed_in: SignedIn,
        answers: Vec<Bytes>,
    ) -> (UserStay, usize) {
        let entry = match self {
            Self::Alone(_) => {
                session.send_all(answers);
                hub.sign_in(session, &signed_in);
                None
            }
            Self::Many(many) => Some(many.sign_in(hub, session, &signed_in, answers)),
        };
        let watchers = hub.watchers(&signed_in.user_id);
        (UserStay { signed_in, entry }, watchers)
    }

    /// Subscribes a connection that is signed in as a user to the user's channel, with a request for recovery. It gets
    /// the success, and what it has missed. Then `settle` is called: immediately on a lone node, otherwise when the log
    /// is read. It is not called if the connection is signed out.
    pub(crate) fn subscribe_to_user(
        &self,
        hub: &Arc<AppHub>,
        session: &Arc<Session>,
        channel: &ChannelName,
        request: &RecoveryRequest<'_>,
        settle: impl FnOnce(Recovery) + Send + 'static,
    ) {
        match self {
            Self::Alone(alone) => alone.subscribe_to_user(hub, session, channel, request).map_or((), settle),
            Self::Many(many) => many.subscribe_to_user(hub, session, channel, request, settle),
        }
    }

    /// Ends a subscription to a user's channel.
    pub(crate) fn unsubscribe_from_user(&self, hub: &AppHub, connection: SocketId, user_id: &str) {
        hub.unsubscribe_from_user(connection, user_id, self.delivery().now());
    }

    /// Signs a connection out.
    pub(crate) fn sign_out(&self, hub: &Arc<AppHub>, connection: SocketId, stay: &UserStay) {
        match self {
            Self::Alone(alone) => hub.sign_out(connection, &stay.signed_in, alone.delivery.now()),
            Self::Many(many) => many.sign_out(hub, connection, stay),
        }
    }

    /// Closes all connections of a user, on all nodes.
    ///
    /// # Errors
    /// When the other nodes cannot be reached.
    pub(crate) async fn terminate(&self, app: &AppId, user_id: &str) -> Result<(), BusError> {
        match self {
            Self::Alone(alone) => {
                alone.delivery.terminate(app, user_id);
                Ok(())
            }
            Self::Many(many) => many.terminate(app, user_id).await,
        }
    }

    /// The problem that keeps this node from working with the others; always `None` on a lone node.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Alone(_) => None,
            Self::Many(many) => many.trouble(),
        }
    }

    /// The number of failures between the nodes since the start.
    pub(crate) fn mishaps(&self, mishap: Mishap) -> u64 {
        match self {
            Self::Alone(_) => 0,
            Self::Many(many) => many.mishaps(mishap),
        }
    }

    /// True if clients of a stopping node can reconnect to another one.
    pub const fn can_take_over(&self) -> bool {
        matches!(self, Self::Many(_))
    }

    /// The id of this node among the others; `None` on a lone node, and while the node is not registered.
    pub fn node_id(&self) -> Option<String> {
        match self {
            Self::Alone(_) => None,
            Self::Many(many) => many.cluster.id(),
        }
    }

    /// Lets the other nodes know the status of this one, with the next renewal of its lease. A lone node needs none.
    pub(crate) fn tell(&self, status: impl FnOnce() -> String) {
        if let Self::Many(many) = self {
            many.cluster.set_status(status());
        }
    }

    /// The other nodes, with what they tell of themselves; none on a lone node.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub(crate) async fn other_nodes(&self) -> Result<Vec<NodeState>, ClusterError> {
        match self {
            Self::Alone(_) => Ok(Vec::new()),
            Self::Many(many) => many.cluster.other_nodes().await,
        }
    }

    /// True if the logs of channels are on this node only, so that a stop has to save them.
    pub(crate) const fn have_own_logs(&self) -> bool {
        matches!(self, Self::Alone(_))
    }

    /// Leaves the other nodes, at the end.
    ///
    /// # Errors
    /// When Redis does not answer. The others then remove this node when its lease ends.
    pub(crate) async fn part(&self) -> Result<(), ClusterError> {
        match self {
            Self::Alone(_) => Ok(()),
            Self::Many(many) => many.part().await,
        }
    }
}

/// True if a member comes or goes with these edges.
fn has_member(edges: &[StampedEdge]) -> bool {
    edges.iter().any(|stamped| matches!(stamped.edge, Edge::MemberAdded(_) | Edge::MemberRemoved(_)))
}
