//! A node among others.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use clairon_protocol::{AppId, ChannelName, LogRoom, Member, Publication, UserId};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::{sync::watch, task::JoinHandle, time};

use crate::{
    channel_log::{KeptLog, LogQuery, LogRead},
    core::Core,
    error::{BusError, ClusterError},
    health::{Health, Mishap, TroubleKind},
    joining::{JoinRequest, OverCapacity},
    ledger::NodeId,
    notice::{CachedEvent, Deliver, Place},
    pending::{PendingClient, PendingJoin},
    redis::{
        Failure, Request,
        client::RedisClient,
        kept_for,
        reads::{ChannelInfo, OccupiedChannel},
    },
    settings::ClusterSettings,
    tasks::{committer, heartbeat, listener::Listener, reaper},
};

/// How long each task may take to end on a clean stop, in response timeouts.
const STOP_TIMEOUTS: u32 = 3;

/// The way to the other nodes, through Redis or Valkey: it carries events and keeps the ledger.
///
/// Clones are the same node. When the last one is dropped without [`Self::leave_cluster`], the node ends as if it had
/// crashed: the others remove it when its lease ends.
#[derive(Clone)]
pub struct Cluster {
    core: Arc<Core>,
    tasks: Arc<Tasks>,
}

/// Another node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeState {
    /// Its id.
    pub id: String,
    /// The time since it has last renewed its lease; `None` if its lease has ended.
    pub seen: Option<Duration>,
    /// What it tells of itself, see [`Cluster::set_status`].
    pub status: String,
}

/// The tasks of the node. They end when the last handle is dropped.
struct Tasks {
    /// The tasks that change the ledger. They end by themselves when the node leaves.
    writers: Mutex<Vec<JoinHandle<()>>>,
    others: Vec<JoinHandle<()>>,
}

impl Drop for Tasks {
    fn drop(&mut self) {
        for task in self.others.iter().chain(self.writers.get_mut().iter()) {
            task.abort();
        }
    }
}

impl Cluster {
    /// Joins the nodes that share this Redis. `deliver` receives their notices and those of this node. The future is
    /// boxed, so that it and the tasks that it starts are compiled with this crate.
    ///
    /// # Errors
    /// A setting is wrong; or Redis cannot be reached, is too old or refuses. The text is one line.
    #[must_use]
    pub fn connect(settings: ClusterSettings, deliver: Deliver) -> BoxFuture<'static, Result<Self, ClusterError>> {
        Box::pin(Self::join_nodes(settings, deliver))
    }

    async fn join_nodes(settings: ClusterSettings, deliver: Deliver) -> Result<Self, ClusterError> {
        settings.check()?;
        let (core, suspects) = Core::new(settings, deliver);
        let core = Arc::new(core);
        let refused = |failure: Failure| ClusterError::Redis {
            address: core.redis.address(),
            problem: core.redis.explain(&failure),
        };
        let listener = Listener::connect(core.clone()).await.map_err(refused)?;
        heartbeat::register(&core).await.map_err(refused)?;
        let others = vec![tokio::spawn(listener.run()), tokio::spawn(reaper::run(core.clone(), suspects))];
        let writers = vec![tokio::spawn(committer::run(core.clone())), tokio::spawn(heartbeat::run(core.clone()))];
        Ok(Self { core, tasks: Arc::new(Tasks { writers: Mutex::new(writers), others }) })
    }

    /// Publishes events in their order, in one round trip.
    ///
    /// Delivery: at most once to each node with subscribers, this one included, through its [`Deliver`]. Order: all
    /// nodes get the events of a channel in the same order. When this returns, the events have their place in that
    /// order. Returns the versions of those that the ledger remembers, in their order.
    ///
    /// # Errors
    /// Redis cannot be reached, or does not confirm the events. In the second case they may have been published.
    pub async fn publish(&self, events: impl IntoIterator<Item = Publication>) -> Result<Vec<u64>, BusError> {
        self.send(self.core.redis.publications(events)).await
    }

    /// Publishes an event that is not remembered. Returns its time in microseconds by the clock of Redis. The versions
    /// of edges are times of this clock too.
    ///
    /// # Errors
    /// Those of [`Self::publish`].
    pub async fn publish_timed(&self, event: &Publication) -> Result<Option<u64>, BusError> {
        let times = self.send(vec![self.core.redis.timed_publication(event)]).await?;
        Ok(times.first().copied())
    }

    /// Forgets the remembered event of a channel, unless a later one than `version` has replaced it.
    ///
    /// # Errors
    /// Redis cannot be reached.
    pub async fn forget(&self, app: &AppId, channel: &ChannelName, version: u64) -> Result<(), BusError> {
        let place = Place { app: app.clone(), channel: channel.clone() };
        self.send(vec![self.core.redis.forgetting(&place, version)]).await.map(drop)
    }

    /// The id of this node; `None` while it is not registered.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        self.core.membership.id().map(|id| id.as_str().to_owned())
    }

    /// Sets the status that this node tells the others with each renewal of its lease. It should be short.
    pub fn set_status(&self, status: String) {
        *self.core.status.lock() = status;
    }

    /// The other nodes in the list, with what they tell of themselves.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn other_nodes(&self) -> Result<Vec<NodeState>, ClusterError> {
        let Core { redis, membership, settings, .. } = &*self.core;
        let own = membership.id();
        let nodes: Vec<_> = redis.nodes().await?.into_iter().filter(|node| Some(node) != own.as_ref()).collect();
        let statuses = redis.statuses(&nodes).await?;
        let state = |(node, status): (&NodeId, Option<(Duration, String)>)| {
            let (remaining, status) = status.unzip();
            let seen = remaining.map(|remaining| settings.lease.saturating_sub(remaining));
            NodeState { id: node.as_str().to_owned(), seen, status: status.unwrap_or_default() }
        };
        Ok(nodes.iter().zip(statuses).map(state).collect())
    }

    /// The number of living nodes that this one knows, itself included.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.core.membership.nodes()
    }

    /// Adds a connection to a channel. It counts on this node at once. The future is ready when the ledger has the
    /// connection; it waits as long as Redis cannot be reached. Before the first join of a channel is ready, the
    /// channel's state is delivered as [`Notice::Loaded`](crate::Notice::Loaded).
    ///
    /// Each join is undone once: a ready one by [`Self::leave`], one that is not ready by dropping it. A refused one is
    /// undone already.
    pub fn join(&self, app: &AppId, channel: &ChannelName, request: JoinRequest) -> PendingJoin {
        PendingJoin::new(self.core.clone(), Place { app: app.clone(), channel: channel.clone() }, request)
    }

    /// Removes a connection from a channel; on a presence channel with its user. Never waits: the ledger gets it with
    /// the next batch of changes.
    pub fn leave(&self, app: &AppId, channel: &ChannelName, user: Option<&UserId>, counts: bool) {
        self.core.leave(&Place { app: app.clone(), channel: channel.clone() }, user, counts);
    }

    /// Adds a client of an app. With a capacity it waits until the ledger has found room. If Redis does not answer in
    /// time, the client is admitted.
    ///
    /// Each admitted client is removed once, by [`Self::disconnect_client`].
    ///
    /// # Errors
    /// The app has as many clients on all nodes as it may have.
    pub async fn connect_client(&self, app: &AppId, capacity: Option<u64>) -> Result<(), OverCapacity> {
        let Some(mut pending) = PendingClient::new(&self.core, app, capacity) else { return Ok(()) };
        let patience = self.core.settings.response_timeout;
        let Ok(admission) = time::timeout(patience, &mut pending).await else {
            pending.admit();
            return Ok(());
        };
        admission
    }

    /// Removes a client of an app. Never waits.
    pub fn disconnect_client(&self, app: &AppId) {
        self.core.disconnect_client(app);
    }

    /// Begins to watch whether a user is signed in on any node. [`Notice::Online`](crate::Notice::Online) is delivered
    /// once for the first watcher, after each gap, and at each change.
    pub fn watch(&self, app: &AppId, user_id: &UserId) {
        self.core.watch(app, user_id);
    }

    /// Ends one [`Self::watch`].
    pub fn unwatch(&self, app: &AppId, user_id: &UserId) {
        self.core.unwatch(app, user_id);
    }

    /// Lets every node close the connections of a user: all nodes that have connections in the user's channel.
    ///
    /// # Errors
    /// Redis cannot be reached.
    pub async fn terminate(&self, app: &AppId, user_id: &UserId) -> Result<(), BusError> {
        let place = Core::user_place(app, user_id);
        self.send(vec![self.core.redis.termination(&place)]).await.map(drop)
    }

    /// The occupied channels of an app with names that begin with `prefix`, over all nodes, in the order of their
    /// names.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn channels(&self, app: &AppId, prefix: &str) -> Result<Vec<ChannelInfo>, ClusterError> {
        Ok(self.core.redis.channels(app, prefix).await?)
    }

    /// The names of an app's channels that begin with `prefix`, over all nodes, in their order. A few of the channels
    /// may have become empty.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn channel_names(&self, app: &AppId, prefix: &str) -> Result<Vec<ChannelName>, ClusterError> {
        Ok(self.core.redis.indexed_names(app, prefix).await?.into_iter().collect())
    }

    /// The members of a presence channel, over all nodes, in no order.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn members(&self, app: &AppId, channel: &ChannelName) -> Result<Vec<Member>, ClusterError> {
        Ok(self.core.redis.members(&Place { app: app.clone(), channel: channel.clone() }).await?)
    }

    /// The occupied channels of an app with their members, over all nodes, and a version that no later change has. None
    /// while nodes may be missing in the ledger that are only not back yet.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn occupied(&self, app: &AppId) -> Result<Option<(u64, Vec<OccupiedChannel>)>, ClusterError> {
        let Core { redis, membership, .. } = &*self.core;
        let is_settled = || !membership.is_recovering() && membership.unsettled_for(Instant::now()).is_zero();
        if !is_settled() {
            return Ok(None);
        }
        let version = redis.clock().await?;
        let channels = redis.occupied(app).await?;
        Ok(is_settled().then_some((version, channels)))
    }

    /// Channels by name, over all nodes, in the order given.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn infos(&self, app: &AppId, channels: &[ChannelName]) -> Result<Vec<ChannelInfo>, ClusterError> {
        Ok(self.core.redis.infos(app, channels).await?)
    }

    /// The ids of a presence channel's members, over all nodes.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn users(&self, app: &AppId, channel: &ChannelName) -> Result<Vec<UserId>, ClusterError> {
        Ok(self.core.redis.users(&Place { app: app.clone(), channel: channel.clone() }).await?)
    }

    /// The number of an app's clients on the other nodes. Each node sends its number with every beat, and at once if
    /// the app has a capacity.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn clients_elsewhere(&self, app: &AppId) -> Result<u64, ClusterError> {
        let own = self.core.membership.id();
        Ok(self.core.redis.clients_elsewhere(app, own.as_ref()).await?)
    }

    /// The event that a cache channel caches.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn cached(&self, app: &AppId, channel: &ChannelName) -> Result<Option<CachedEvent>, ClusterError> {
        Ok(self.core.redis.cached(&Place { app: app.clone(), channel: channel.clone() }).await?)
    }

    /// Reads logs of channels in one round trip, in the order given. `None` for each that does not exist.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn logs(&self, queries: &[LogQuery]) -> Result<Vec<Option<LogRead>>, ClusterError> {
        Ok(self.core.redis.logs(queries).await?)
    }

    /// How long a log is kept after it was last asked for with [`LogQuery::keeps`].
    #[must_use]
    pub fn log_kept_for(room: LogRoom) -> Duration {
        kept_for(room)
    }

    /// The sizes of logs in one round trip, in the order given. `None` for each that does not exist.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn kept_logs(&self, places: &[Place]) -> Result<Vec<Option<KeptLog>>, ClusterError> {
        Ok(self.core.redis.kept_logs(places).await?)
    }

    /// Drops logs in one round trip.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn drop_logs(&self, places: &[Place]) -> Result<(), ClusterError> {
        Ok(self.core.redis.drop_logs(places).await?)
    }

    /// Whether this node can work with Redis, now and at each change.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<Health> {
        self.core.monitor.receiver()
    }

    /// How many times something has gone wrong since the start.
    #[must_use]
    pub fn mishaps(&self, mishap: Mishap) -> u64 {
        self.core.monitor.mishaps(mishap)
    }

    /// Leaves the other nodes. What this node has in the ledger is removed at once, and its edges are delivered. Joins
    /// that are not ready will never be. The future is boxed like that of [`Self::connect`].
    ///
    /// # Errors
    /// Redis does not answer. The other nodes then remove this one when its lease ends.
    #[must_use]
    pub fn leave_cluster(&self) -> BoxFuture<'_, Result<(), ClusterError>> {
        Box::pin(self.leave_other_nodes())
    }

    async fn leave_other_nodes(&self) -> Result<(), ClusterError> {
        self.core.signals.stop();
        let writers = std::mem::take(&mut *self.tasks.writers.lock());
        let patience = self.core.settings.response_timeout * STOP_TIMEOUTS;
        for writer in writers {
            let abort = writer.abort_handle();
            if time::timeout(patience, writer).await.is_err() {
                abort.abort();
            }
        }
        let Some(id) = self.core.membership.take_id() else { return Ok(()) };
        Ok(reaper::remove_node(&self.core, &id).await?)
    }

    /// Publishes, in one round trip and two response timeouts at most. Returns the versions and times in the answers.
    async fn send(&self, requests: Vec<Request>) -> Result<Vec<u64>, BusError> {
        let Core { redis, monitor, settings, signals, .. } = &*self.core;
        if monitor.is_in(TroubleKind::Deaf) {
            return Err(BusError::Unavailable);
        }
        let patience: Duration = settings.response_timeout * 2;
        let failure = match time::timeout(patience, redis.publish(&requests)).await {
            Ok(Ok(answers)) => match answers.into_iter().collect::<Result<Vec<_>, _>>() {
                Ok(answers) => return Ok(answers.iter().filter_map(RedisClient::version).collect()),
                Err(failure) => failure,
            },
            Ok(Err(failure)) => failure,
            Err(_) => Failure::new(format!("Redis did not answer within {} ms", patience.as_millis())),
        };
        monitor.count(Mishap::UnansweredPublish);
        self.core.trouble(TroubleKind::CannotWrite, &failure);
        signals.beat.notify_one();
        Err(BusError::Unavailable)
    }
}
