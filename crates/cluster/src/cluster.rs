//! A node among others.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use clairon_protocol::{AppId, ChannelName, UserId};
use parking_lot::Mutex;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time,
};

use crate::{
    BusError, CachedEvent, ChannelInfo, ClusterError, ClusterSettings, Deliver, Health, Joining, OverCapacity,
    PendingJoin, Place, Publication,
    backoff::Backoff,
    clients::Admission,
    committer,
    core::{Core, Local, Membership},
    engine::{Connector, Failure, Link},
    health::{Mishap, Monitor, TroubleKind},
    keys::{Keys, NodeId, Topic},
    lease, message, reads,
    scripts::{self, Request, Rights},
    subscription, survivors,
    throttle::Throttle,
};

/// How long the last changes may take on a clean stop, in response timeouts.
const LAST_WORDS: u32 = 3;

/// The way to the other nodes, through Redis or Valkey: it carries events, and keeps the ledger.
///
/// Clones are the same node. When the last one is dropped without [`Self::leave_cluster`], the others find out as they
/// do of a crash.
#[derive(Clone)]
pub struct Cluster {
    core: Arc<Core>,
    tasks: Arc<Tasks>,
}

/// Tasks that end with the last handle.
struct Tasks {
    /// These end by themselves when the node is to leave.
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
    /// Joins the nodes that share this Redis; `deliver` receives what they tell.
    ///
    /// # Errors
    /// When a setting is wrong, or Redis cannot be reached, is too old or refuses; with one line that says which.
    pub async fn connect(settings: ClusterSettings, deliver: Deliver) -> Result<Self, ClusterError> {
        settings.check()?;
        let connector = Arc::new(Connector::new(&settings));
        let link = |repeats| Link::new(connector.clone(), repeats, Backoff::within(settings.beat));
        let (suspects, suspected) = mpsc::unbounded_channel();
        let membership = Membership {
            id: None,
            known: std::collections::HashSet::new(),
            settled_at: Instant::now() + settings.lease,
            loss_until: None,
        };
        let keys = Keys::new(&settings.prefix, settings.url.db, connector.is_sharded());
        let core = Arc::new(Core {
            survivor: NodeId::random(),
            rights: Rights::new(&settings.url, &keys),
            keys,
            monitor: Monitor::new(),
            deliver,
            ledger: link(true),
            publisher: link(false),
            reader: link(true),
            local: Mutex::new(Local::default()),
            membership: Mutex::new(membership),
            work: tokio::sync::Notify::new(),
            topics_changed: tokio::sync::Notify::new(),
            beat: tokio::sync::Notify::new(),
            suspects,
            stopping: watch::Sender::new(false),
            received: 0.into(),
            garbled: Throttle::default(),
            not_taken: Throttle::default(),
            connector,
            settings,
        });
        let refused = |failure: Failure| ClusterError::Redis {
            address: core.connector.address(),
            problem: core.rights.explain(&failure),
        };
        let subscription = subscription::open(&core).await.map_err(refused)?;
        lease::register(&core).await.map_err(refused)?;
        let others = vec![
            tokio::spawn(subscription::run(core.clone(), subscription)),
            tokio::spawn(survivors::run(core.clone(), suspected)),
        ];
        let writers = vec![tokio::spawn(committer::run(core.clone())), tokio::spawn(lease::run(core.clone()))];
        Ok(Self { core, tasks: Arc::new(Tasks { writers: Mutex::new(writers), others }) })
    }

    /// Publishes events in their order, in one round trip.
    ///
    /// Delivery: at most once to each node with subscribers, this one included, through its [`Deliver`]. Order: all
    /// nodes see the events of a channel in the same order. When this returns, the events have their place in it.
    ///
    /// # Errors
    /// When Redis cannot be reached, or does not confirm the events: whether they were published is then not known.
    pub async fn publish(&self, events: impl IntoIterator<Item = Publication>) -> Result<(), BusError> {
        let request = |event: Publication| {
            let place = Place { app: event.app.clone(), channel: event.channel.clone() };
            match &event.cache {
                Some(entry) => scripts::remember(&self.core.keys, &place, &event, entry),
                None => self.publication(&place, &message::encode_event(&event)),
            }
        };
        let requests: Vec<Request> = events.into_iter().map(request).collect();
        self.send(&requests).await
    }

    /// Adds a connection to a channel. It counts here at once; the future is ready when the ledger has it, and waits as
    /// long as Redis is away. Before a channel's first join is ready its state is delivered, as
    /// [`Notice::Loaded`](crate::Notice::Loaded).
    ///
    /// Each join is undone once: by [`Self::leave`] after it was ready, by dropping it before; a refused one is undone
    /// already.
    pub fn join(&self, app: &AppId, channel: &ChannelName, joining: Joining) -> PendingJoin {
        let place = Place { app: app.clone(), channel: channel.clone() };
        let user = joining.member.as_ref().map(|member| member.user_id.clone());
        let counts = joining.counts;
        let answer = Some(self.core.join(&place, joining));
        PendingJoin { core: self.core.clone(), place, user, counts, answer }
    }

    /// Removes a connection from a channel: that of this user, on a presence channel. Never waits; what follows from it
    /// reaches the ledger with what else has changed.
    pub fn leave(&self, app: &AppId, channel: &ChannelName, user: Option<&UserId>, counts: bool) {
        self.core.leave(&Place { app: app.clone(), channel: channel.clone() }, user, counts);
    }

    /// Adds a client of an app. With a capacity it waits until the ledger has found room for the client; where Redis
    /// does not answer, the client is let in.
    ///
    /// Each client that was let in is removed once, by [`Self::disconnect_client`].
    ///
    /// # Errors
    /// When all nodes together have as many clients as they may.
    pub async fn connect_client(&self, app: &AppId, capacity: Option<u64>) -> Result<(), OverCapacity> {
        let Some(answer) = self.core.local.lock().clients.connect(app, capacity) else { return Ok(()) };
        self.core.work.notify_one();
        let mut pending = PendingClient { cluster: self, app, answer: Some(answer) };
        let patience = self.core.settings.response_timeout;
        let admission = match &mut pending.answer {
            Some(answer) => time::timeout(patience, answer).await,
            None => return Ok(()),
        };
        pending.answer = None;
        match admission {
            Ok(Ok(admission)) => admission,
            Ok(Err(_)) | Err(_) => Ok(()),
        }
    }

    /// Removes a client of an app. Never waits.
    pub fn disconnect_client(&self, app: &AppId) {
        if self.core.local.lock().clients.disconnect(app) {
            self.core.work.notify_one();
        }
    }

    /// Watches whether a user is signed in anywhere, which is whether anyone subscribes to the channel of this user.
    /// [`Notice::Online`](crate::Notice::Online) tells the state once for the first of those who watch, again after
    /// each gap, and then each change.
    pub fn watch(&self, app: &AppId, user_id: &UserId) {
        let place = Core::user_place(app, user_id);
        let mut local = self.core.local.lock();
        let is_first = !local.watches.is_watched(&place);
        local.watches.watch(&place);
        if !is_first {
            return;
        }
        if local.topics.want(&self.core.keys.topic(&Topic::Online(place.clone()))) {
            local.watches.ask(place);
            self.core.work.notify_one();
        } else {
            self.core.topics_changed.notify_one();
        }
    }

    /// Ends one [`Self::watch`].
    pub fn unwatch(&self, app: &AppId, user_id: &UserId) {
        let place = Core::user_place(app, user_id);
        let mut local = self.core.local.lock();
        if local.watches.unwatch(&place) {
            self.core.unwant(&mut local, &Topic::Online(place));
        }
    }

    /// Has every node close the connections of a user. It reaches nodes where anyone subscribes to the user's channel.
    ///
    /// # Errors
    /// Where Redis cannot be reached.
    pub async fn terminate(&self, app: &AppId, user_id: &UserId) -> Result<(), BusError> {
        let place = Core::user_place(app, user_id);
        self.send(&[self.publication(&place, message::TERMINATE)]).await
    }

    /// The occupied channels of an app whose names begin with `prefix`, over all nodes.
    ///
    /// # Errors
    /// Where Redis does not answer.
    pub async fn channels(&self, app: &AppId, prefix: &str) -> Result<Vec<ChannelInfo>, ClusterError> {
        Ok(reads::channels(&self.core, app, prefix).await?)
    }

    /// What is known of channels over all nodes, in the order given.
    ///
    /// # Errors
    /// Where Redis does not answer.
    pub async fn infos(&self, app: &AppId, channels: &[ChannelName]) -> Result<Vec<ChannelInfo>, ClusterError> {
        Ok(reads::infos(&self.core, app, channels).await?)
    }

    /// The ids of a presence channel's members over all nodes.
    ///
    /// # Errors
    /// Where Redis does not answer.
    pub async fn users(&self, app: &AppId, channel: &ChannelName) -> Result<Vec<UserId>, ClusterError> {
        Ok(reads::users(&self.core, &Place { app: app.clone(), channel: channel.clone() }).await?)
    }

    /// How many clients of an app the other nodes have. Each node tells with every beat, and at once where the app has
    /// a capacity.
    ///
    /// # Errors
    /// Where Redis does not answer.
    pub async fn clients_elsewhere(&self, app: &AppId) -> Result<u64, ClusterError> {
        Ok(reads::clients_elsewhere(&self.core, app).await?)
    }

    /// What a cache channel remembers.
    ///
    /// # Errors
    /// Where Redis does not answer.
    pub async fn cached(&self, app: &AppId, channel: &ChannelName) -> Result<Option<CachedEvent>, ClusterError> {
        Ok(reads::cached(&self.core, &Place { app: app.clone(), channel: channel.clone() }).await?)
    }

    /// How this node stands with Redis, now and from now on.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<Health> {
        self.core.monitor.receiver()
    }

    /// How many times something has gone wrong since the start.
    #[must_use]
    pub fn mishaps(&self, mishap: Mishap) -> u64 {
        self.core.monitor.mishaps(mishap)
    }

    /// Leaves the other nodes: what is left of this one is removed at once, and its edges are told. Joins that are not
    /// ready never will be.
    ///
    /// # Errors
    /// Where Redis does not answer; the others then remove this node when its lease ends.
    pub async fn leave_cluster(&self) -> Result<(), ClusterError> {
        self.core.stopping.send_replace(true);
        let writers = std::mem::take(&mut *self.tasks.writers.lock());
        let patience = self.core.settings.response_timeout * LAST_WORDS;
        for writer in writers {
            let abort = writer.abort_handle();
            if time::timeout(patience, writer).await.is_err() {
                abort.abort();
            }
        }
        let Some(id) = self.core.membership.lock().id.take() else { return Ok(()) };
        Ok(survivors::remove(&self.core, &id).await?)
    }

    fn publication(&self, place: &Place, payload: &[u8]) -> Request {
        let mut command = redis::cmd(self.core.keys.publish_command());
        command.arg(self.core.keys.record(place)).arg(payload);
        Request::Command(command)
    }

    /// Publishes in one round trip.
    async fn send(&self, requests: &[Request]) -> Result<(), BusError> {
        if self.core.monitor.is_in(TroubleKind::Deaf) {
            return Err(BusError::Unavailable);
        }
        let patience: Duration = self.core.settings.response_timeout * 2;
        let failure = match time::timeout(patience, self.core.publisher.run(requests)).await {
            Ok(Ok(answers)) => answers.into_iter().find_map(Result::err),
            Ok(Err(failure)) => Some(failure),
            Err(_) => Some(Failure::new(format!("no answer within {} ms", patience.as_millis()))),
        };
        let Some(failure) = failure else { return Ok(()) };
        self.core.monitor.count(Mishap::UnansweredPublish);
        self.core.trouble(TroubleKind::CannotWrite, &failure);
        self.core.beat.notify_one();
        Err(BusError::Unavailable)
    }
}

/// A client that waits to be let in; whoever stops waiting has gone.
struct PendingClient<'a> {
    cluster: &'a Cluster,
    app: &'a AppId,
    /// Taken once it is known.
    answer: Option<tokio::sync::oneshot::Receiver<Admission>>,
}

impl Drop for PendingClient<'_> {
    fn drop(&mut self) {
        let Some(mut answer) = self.answer.take() else { return };
        answer.close();
        if !matches!(answer.try_recv(), Ok(Err(OverCapacity { .. }))) {
            self.cluster.disconnect_client(self.app);
        }
    }
}
