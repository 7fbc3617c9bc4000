//! One of many nodes: the ledger decides, and the client gets its answer when the ledger has answered.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use clairon_cluster::{BusError, Cluster, ClusterError, JoinRequest, Mishap, OverCapacity, Place, Trouble};
use clairon_hub::{
    AppHub, Channel, Millis, OutboxLimits, Parted, Recovery, RecoveryRequest, RememberedEvent, ReportRecovery, Session,
    SignedIn, Subscriber, Version,
};
use clairon_protocol::{
    AppId, CacheEntry, CacheRoom, ChannelName, Epoch, LogRoom, NoRoom, PresenceRoom, Publication, Resume, SocketId,
    UserId,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::AbortHandle,
};
use tokio_util::task::AbortOnDropHandle;

use super::{Settled, UserStay, deliver::Delivery, mirrors::Mirrors};

/// The verbs of [`Peers`](super::Peers) on one of many nodes.
pub struct Many {
    pub(super) cluster: Cluster,
    pub(super) delivery: Delivery,
    pub(super) mirrors: Arc<Mirrors>,
    _tasks: [AbortOnDropHandle<()>; 2],
}

/// An event that the ledger will remember.
struct Remembering {
    place: Place,
    /// The bytes of its frame and its data.
    bytes: usize,
    ttl: Millis,
    room: CacheRoom,
}

impl Remembering {
    /// `None` for an event that is not remembered, and where there is no limit for those that are.
    fn of(publication: &Publication) -> Option<Self> {
        let Publication { app, channel, frame, cache, .. } = publication;
        let CacheEntry { data, ttl_seconds, room, .. } = cache.as_ref()?;
        let place = Place { app: app.clone(), channel: channel.clone() };
        let (bytes, ttl) = (frame.len() + data.len(), Millis::from(*ttl_seconds) * 1_000);
        (room.bytes < usize::MAX).then_some(Self { place, bytes, ttl, room: *room })
    }
}

/// A connection that the ledger has, until it is admitted. When this is dropped, it leaves the ledger.
struct Recorded<'a> {
    cluster: &'a Cluster,
    app: &'a AppId,
    channel: &'a Channel,
    user_id: Option<&'a UserId>,
    counts: bool,
}

impl Recorded<'_> {
    /// The connection is admitted, and leaves by [`Peers::leave`](super::Peers::leave).
    const fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Recorded<'_> {
    fn drop(&mut self) {
        let Self { cluster, app, channel, user_id, counts } = *self;
        cluster.leave(app, channel.name(), user_id, counts);
    }
}

/// A request for recovery that waits for the log.
struct OwnedRequest {
    app: AppId,
    resume: Option<Resume>,
    room: LogRoom,
    epoch: Epoch,
}

impl From<RecoveryRequest<'_>> for OwnedRequest {
    fn from(RecoveryRequest { app, resume, room, epoch }: RecoveryRequest<'_>) -> Self {
        Self { app: app.clone(), resume: resume.cloned(), room, epoch }
    }
}

impl OwnedRequest {
    const fn borrow(&self) -> RecoveryRequest<'_> {
        RecoveryRequest { app: &self.app, resume: self.resume.as_ref(), room: self.room, epoch: self.epoch }
    }
}

/// A signed-in user's entry in the ledger. It may be on its way there.
pub(super) struct UserEntry {
    joining: AbortHandle,
    /// Set by the ledger's answer or by the end of the connection, whichever comes first.
    is_settled: Arc<AtomicBool>,
}

impl Many {
    /// `behind` are the channels whose log must be read, `log_bytes` the most of the logs that this node keeps in
    /// Redis.
    pub(super) fn new(
        cluster: Cluster,
        delivery: Delivery,
        outbox: OutboxLimits,
        log_bytes: usize,
        behind: mpsc::UnboundedReceiver<Place>,
    ) -> Self {
        let mirrors = Arc::new(Mirrors::new(cluster.clone(), delivery.clone(), outbox, log_bytes));
        let (reading, limiting) = (mirrors.clone(), mirrors.clone());
        let tasks = [
            tokio::spawn(async move { reading.catch_up(behind).await }),
            tokio::spawn(async move { limiting.limit().await }),
        ];
        Self { cluster, delivery, mirrors, _tasks: tasks.map(AbortOnDropHandle::new) }
    }

    pub(super) async fn publish(&self, publications: Vec<Publication>) -> Result<(), BusError> {
        let remembered: Vec<Remembering> = publications.iter().filter_map(Remembering::of).collect();
        for Publication { app, channel, frame, .. } in &publications {
            self.delivery.live.expect_back(app, channel, frame);
        }
        let versions = self.cluster.publish(publications).await?;
        for (event, version) in remembered.into_iter().zip(versions) {
            self.note_remembered(&event, version);
        }
        Ok(())
    }

    /// Counts an event that the ledger remembers. Each node may fill its part of the app's room, so that all together
    /// never have more. The oldest events of this node are forgotten in the ledger.
    fn note_remembered(&self, event: &Remembering, version: Version) {
        let Remembering { place: Place { app, channel }, bytes, ttl, room } = event;
        let now = self.delivery.now();
        let event = RememberedEvent { channel, bytes: *bytes, expires_at: now + ttl, version };
        let forgotten = self.delivery.hub.app(app).note_remembered(event, room.bytes / self.cluster.nodes(), now);
        for (channel, version) in forgotten {
            let (cluster, app) = (self.cluster.clone(), app.clone());
            // An event that cannot be forgotten now expires in its time.
            tokio::spawn(async move { cluster.forget(&app, &channel, version).await });
        }
    }

    pub(super) async fn admit(&self, app: &AppId, capacity: Option<u64>) -> Result<(), OverCapacity> {
        self.cluster.connect_client(app, capacity).await
    }

    pub(super) fn dismiss(&self, app: &AppId) {
        self.cluster.disconnect_client(app);
    }

    /// Records a connection that waits for its subscription. Meanwhile the client may continue. During an outage the
    /// wait is longer. Aborting the returned task undoes this.
    pub(super) fn join(
        &self,
        hub: &Arc<AppHub>,
        channel: &Arc<Channel>,
        subscriber: Subscriber<'_>,
        is_loaded: bool,
        settle: impl FnOnce(Result<Settled, NoRoom>) + Send + 'static,
    ) -> AbortHandle {
        let Subscriber { session, member, room, wishes, ref recovery, .. } = subscriber;
        let asked = recovery.as_ref().map(|request| (request.resume.cloned(), request.room));
        let counts = wishes.counts;
        let user_id = member.as_ref().map(|member| member.user_id.clone());
        let wants_miss = wishes.miss_edges && channel.name().is_cache();
        let joining = JoinRequest { member, room, counts, wants_state: !is_loaded, wants_miss };
        let joined = self.cluster.join(hub.id(), channel.name(), joining);
        let (cluster, clock, hub) = (self.cluster.clone(), self.delivery.clock, hub.clone());
        let (connection, channel, mirrors) = (session.id(), channel.clone(), self.mirrors.clone());
        let session = session.clone();
        let joining = tokio::spawn(async move {
            let user_id = user_id.as_ref();
            match joined.await {
                Ok(joined) => {
                    // If the connection leaves after the answer, it leaves the ledger.
                    let recorded = Recorded { cluster: &cluster, app: hub.id(), channel: &channel, user_id, counts };
                    let admit = |report| hub.admit(&channel, connection, joined.version, report, clock.now());
                    let Some((resume, room)) = asked else {
                        if admit(None) {
                            recorded.keep();
                            settle(Ok(Settled { is_new: true, recovery: None }));
                        }
                        return;
                    };
                    let (report, result) = oneshot::channel();
                    let report = ReportRecovery::new(move |recovery| {
                        // Without a receiver the node stops.
                        let _ = report.send(recovery);
                    });
                    let admit = || admit(Some(report));
                    let (is_waiting, hold) =
                        mirrors.follow(&hub, channel.name(), &session, room, resume.as_ref(), admit).await;
                    if is_waiting {
                        recorded.keep();
                        // It may leave before the node has applied the version.
                        if let Ok(recovery) = result.await {
                            settle(Ok(Settled { is_new: true, recovery: Some(recovery) }));
                        }
                    }
                    drop(hold);
                }
                Err(no_room) => {
                    let parted = hub.part(&channel, connection, user_id, wishes, clock.now());
                    if parted.outcome != Parted::Stranger {
                        settle(Err(no_room));
                    }
                }
            }
        });
        joining.abort_handle()
    }

    /// Enters a connection that asks for recovery after its subscription, once the log is mirrored.
    pub(super) fn ask(
        &self,
        hub: &Arc<AppHub>,
        channel: Arc<Channel>,
        subscriber: Subscriber<'_>,
        settle: impl FnOnce(Result<Settled, NoRoom>) + Send + 'static,
    ) {
        let Some(request) = subscriber.recovery.map(OwnedRequest::from) else { return };
        let (mirrors, hub, session) = (self.mirrors.clone(), hub.clone(), subscriber.session.clone());
        let clock = self.delivery.clock;
        tokio::spawn(async move {
            let enter = || hub.ask(&channel, &session, &request.borrow(), clock.now());
            let (entered, _hold) =
                mirrors.follow(&hub, channel.name(), &session, request.room, request.resume.as_ref(), enter).await;
            if let Some(recovery) = entered {
                settle(Ok(Settled { is_new: false, recovery: Some(recovery) }));
            }
        });
    }

    pub(super) fn subscribe_to_user(
        &self,
        hub: &Arc<AppHub>,
        session: &Arc<Session>,
        channel: &ChannelName,
        request: &RecoveryRequest<'_>,
        settle: impl FnOnce(Recovery) + Send + 'static,
    ) {
        let (mirrors, hub, session) = (self.mirrors.clone(), hub.clone(), session.clone());
        hub.expect_at_user(session.id(), request);
        let (clock, channel, request) = (self.delivery.clock, channel.clone(), OwnedRequest::from(request.clone()));
        tokio::spawn(async move {
            let enter = || hub.subscribe_to_user(&session, &channel, &request.borrow(), clock.now());
            let (entered, _hold) =
                mirrors.follow(&hub, &channel, &session, request.room, request.resume.as_ref(), enter).await;
            if let Some(recovery) = entered {
                settle(recovery);
            }
        });
    }

    pub(super) fn sign_in(
        &self,
        hub: &Arc<AppHub>,
        session: &Arc<Session>,
        signed_in: &SignedIn,
        answers: Vec<Bytes>,
    ) -> UserEntry {
        hub.sign_in(session, signed_in);
        let channel = channel_of(signed_in);
        let room = PresenceRoom::UNLIMITED;
        let joining = JoinRequest { member: None, room, counts: false, wants_state: false, wants_miss: false };
        let joined = self.cluster.join(hub.id(), &channel, joining);
        for watched in &signed_in.watchlist {
            self.cluster.watch(hub.id(), &UserId::from(&**watched));
        }
        let (session, hub, signed_in) = (session.clone(), hub.clone(), signed_in.clone());
        let cluster = self.cluster.clone();
        let is_settled = Arc::new(AtomicBool::new(false));
        let answered = is_settled.clone();
        let joining = tokio::spawn(async move {
            let is_in = joined.await.is_ok();
            if answered.swap(true, Ordering::AcqRel) {
                cluster.leave(hub.id(), &channel, None, false);
            } else if is_in {
                session.send_all(answers);
                hub.tell_watchlist(&session, &signed_in);
            }
        });
        UserEntry { joining: joining.abort_handle(), is_settled }
    }

    pub(super) fn sign_out(&self, hub: &Arc<AppHub>, connection: SocketId, stay: &UserStay) {
        let UserStay { signed_in, entry } = stay;
        hub.sign_out(connection, signed_in, self.delivery.now());
        for watched in &signed_in.watchlist {
            self.cluster.unwatch(hub.id(), &UserId::from(&**watched));
        }
        let Some(UserEntry { joining, is_settled }) = entry else { return };
        if is_settled.swap(true, Ordering::AcqRel) {
            self.cluster.leave(hub.id(), &channel_of(signed_in), None, false);
        } else {
            joining.abort();
        }
    }

    pub(super) async fn terminate(&self, app: &AppId, user_id: &str) -> Result<(), BusError> {
        self.cluster.terminate(app, &UserId::from(user_id)).await
    }

    pub(super) fn trouble(&self) -> Option<Trouble> {
        self.cluster.health().borrow().trouble.clone()
    }

    pub(super) fn mishaps(&self, mishap: Mishap) -> u64 {
        self.cluster.mishaps(mishap)
    }

    pub(super) async fn part(&self) -> Result<(), ClusterError> {
        self.cluster.leave_cluster().await
    }
}

fn channel_of(signed_in: &SignedIn) -> ChannelName {
    ChannelName::of_user(&UserId::from(&*signed_in.user_id))
}
