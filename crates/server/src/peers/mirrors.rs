//! The logs of channels on one of many nodes. They are in Redis; this node mirrors those with subscribers that asked
//! for recovery, or that wait.

use std::{
    collections::HashSet,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    time::Duration,
};

use clairon_cluster::{Cluster, ClusterError, LogQuery, LogRead, LoggedEvent, Place};
use clairon_hub::{AppHub, LogHold, LogNeed, LogPage, LogSize, OutboxLimits, SavedEvent, Session, SharedLog};
use clairon_protocol::{Amendment, AppId, ChannelName, LogRoom, Resume};
use tokio::{sync::mpsc, time::sleep};
use tracing::debug;

use super::{deliver::Delivery, kept_logs::KeptLogs};
use crate::{background::ticks, event_frame};

/// The interval in which mirrored logs are kept on, and compared with their mirrors.
const KEEP: Duration = Duration::from_secs(20);
/// The interval in which the logs in Redis are measured and limited.
const LIMIT: Duration = Duration::from_secs(10);
/// The pause after a log could not be read.
const RETRY: Duration = Duration::from_millis(200);
/// Most times that a log is read for one subscription: the log as it is now, and the events that its client lacks.
const MOST_READS: usize = 2;
/// Most logs that are read in one round trip.
const BATCH: usize = 256;
/// The number of locks that let a log be read by one subscription at a time.
const TURNS: usize = 64;

/// Reads the logs of channels into their mirrors.
pub(super) struct Mirrors {
    cluster: Cluster,
    delivery: Delivery,
    /// A replay has at most half of this, so no more is read.
    outbox: OutboxLimits,
    kept: KeptLogs,
    turns: [tokio::sync::Mutex<()>; TURNS],
}

impl Mirrors {
    /// `bytes` are the most of the logs that this node keeps in Redis.
    pub(super) fn new(cluster: Cluster, delivery: Delivery, outbox: OutboxLimits, bytes: usize) -> Self {
        let kept = KeptLogs::new(bytes);
        Self { cluster, delivery, outbox, kept, turns: std::array::from_fn(|_| tokio::sync::Mutex::default()) }
    }

    /// Prepares the mirror of a log for a subscription at a position, and then calls `enter`. While Redis cannot be
    /// reached it waits. Subscriptions to one channel take turns, so that many of them read the log once. The mirror
    /// stays for the subscription until the hold is dropped.
    pub(super) async fn follow<T>(
        &self,
        app: &AppHub,
        channel: &ChannelName,
        session: &Session,
        room: LogRoom,
        resume: Option<&Resume>,
        enter: impl FnOnce() -> T,
    ) -> (T, LogHold) {
        let place = Place { app: app.id().clone(), channel: channel.clone() };
        let turn = BuildHasherDefault::<DefaultHasher>::default().hash_one(&place) % TURNS as u64;
        let _turn = self.turns[usize::try_from(turn).unwrap_or_default()].lock().await;
        let mut reads = 0;
        loop {
            let (need, hold) = app.expect_log(channel, session, room, resume, reads > 0, self.delivery.now());
            // Without memory the events may be dropped again at once. Then the client learns that they are lost.
            let Some(need) = need.filter(|_| reads < MOST_READS) else { return (enter(), hold) };
            self.kept.note_use(place.clone(), Cluster::log_kept_for(room), self.delivery.now());
            let query = [self.query(&place, room, need)];
            let read = self.read(&query).await;
            match read.and_then(|mut reads| self.load(app, &query[0], reads.pop()??)) {
                Some(is_behind) => {
                    reads += 1;
                    if is_behind {
                        self.delivery.note_behind(place.clone());
                    }
                }
                None => sleep(RETRY).await,
            }
        }
    }

    /// Reads the logs that have events which are missing here, and at times all. It never ends.
    pub(super) async fn catch_up(&self, mut behind: mpsc::UnboundedReceiver<Place>) {
        let (mut waiting, mut keeping) = (HashSet::new(), ticks(KEEP));
        loop {
            tokio::select! {
                place = behind.recv() => waiting.extend(place),
                _ = keeping.tick() => {
                    let mirrored = self.delivery.hub.mirrored_logs().into_iter();
                    waiting.extend(mirrored.map(|(app, channel)| Place { app: app.id().clone(), channel }));
                }
            }
            while !waiting.is_empty() {
                waiting.extend(std::iter::from_fn(|| behind.try_recv().ok()));
                waiting.retain(|place| self.rest(place).is_some());
                let queries: Vec<LogQuery> = waiting.iter().take(BATCH).filter_map(|place| self.rest(place)).collect();
                let Some(reads) = self.read(&queries).await else {
                    sleep(RETRY).await;
                    continue;
                };
                for (query, read) in queries.iter().zip(reads) {
                    let app = self.delivery.hub.app(&query.place.app);
                    let is_behind = read.and_then(|read| self.load(&app, query, read)).unwrap_or_default();
                    if !is_behind {
                        waiting.remove(&query.place);
                    }
                }
            }
        }
    }

    /// Limits the logs that this node keeps in Redis. It never ends.
    pub(super) async fn limit(&self) {
        let mut due = ticks(LIMIT);
        loop {
            due.tick().await;
            for (app, channel) in self.delivery.hub.mirrored_logs() {
                let place = Place { app: app.id().clone(), channel };
                if let Some(room) = self.room(&place.app) {
                    self.kept.note_use(place, Cluster::log_kept_for(room), self.delivery.now());
                }
            }
            let is_mirrored = |place: &Place| self.delivery.hub.app(&place.app).log_head(&place.channel).is_some();
            if let Err(error) = self.kept.limit(&self.cluster, is_mirrored, self.delivery.now()).await {
                debug!(%error, "the logs of channels cannot be measured");
            }
        }
    }

    /// The size of the logs that this node keeps in Redis.
    pub(super) fn kept_size(&self) -> LogSize {
        self.kept.size()
    }

    /// Reads logs. `None` if that fails.
    async fn read(&self, queries: &[LogQuery]) -> Option<Vec<Option<LogRead>>> {
        let read = self.cluster.logs(queries).await;
        read.inspect_err(|error| debug!(%error, "logs of channels cannot be read; they are read again")).ok()
    }

    /// The question for the events after the last one in the mirror of a log. `None` if there is no mirror.
    fn rest(&self, place: &Place) -> Option<LogQuery> {
        let since = self.delivery.hub.app(&place.app).log_head(&place.channel)?;
        Some(self.query(place, self.room(&place.app)?, LogNeed { since, epoch: None }))
    }

    fn query(&self, place: &Place, room: LogRoom, LogNeed { since, epoch }: LogNeed) -> LogQuery {
        let (most_events, most_bytes) = (self.outbox.frames / 2, self.outbox.bytes / 2);
        LogQuery { place: place.clone(), room, keeps: true, since, epoch, last: u64::MAX, most_events, most_bytes }
    }

    /// The limits of the app's logs, if it has recovery.
    fn room(&self, app: &AppId) -> Option<LogRoom> {
        let app = self.delivery.apps.by_id(app)?;
        app.recovery.then(|| app.log_room())
    }

    /// Loads what was read. True if events are still missing; `None` if the log is not mirrored any more.
    fn load(&self, app: &AppHub, query: &LogQuery, read: LogRead) -> Option<bool> {
        let LogQuery { place, room, since, epoch: asked, .. } = query;
        let need = LogNeed { since: *since, epoch: *asked };
        let LogRead { epoch, head, oldest, events } = read;
        let saved = |LoggedEvent { frame, except, age, .. }| SavedEvent { frame, except, age };
        let shared =
            SharedLog { need, oldest, life: room.life, epoch, head, events: events.into_iter().map(saved).collect() };
        let loaded = app.load_log(&place.channel, shared, self.delivery.now())?;
        self.delivery.hub.relieve_logs(self.delivery.now());
        if let Some((subscribers, reason)) = loaded.lost {
            self.delivery.note_lost(place, subscribers, reason);
        }
        Some(loaded.is_behind)
    }

    /// At most `limit` events of the log of a channel after a position. `None` if there is no log.
    pub(super) async fn page(
        &self,
        app: &AppId,
        channel: &ChannelName,
        since: u64,
        limit: usize,
    ) -> Result<Option<LogPage>, ClusterError> {
        let Some(room) = self.room(app) else { return Ok(None) };
        let place = Place { app: app.clone(), channel: channel.clone() };
        let last = since.saturating_add(limit as u64);
        let (most_events, most_bytes) = (limit, room.bytes);
        let query = LogQuery { place, room, keeps: false, since, epoch: None, last, most_events, most_bytes };
        let Some(read) = self.cluster.logs(&[query]).await?.pop().flatten() else { return Ok(None) };
        let LogRead { epoch, head, oldest, events } = read;
        let numbered = |event: LoggedEvent| (event.seq, event_frame::amend(&event.frame, &Amendment::seq(event.seq)));
        let events = if since + 1 < oldest { Err(oldest) } else { Ok(events.into_iter().map(numbered).collect()) };
        Ok(Some(LogPage { epoch, head, events }))
    }
}
