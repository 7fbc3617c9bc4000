//! The announcer: the path from reports about channels to the endpoints of apps.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use clairon_protocol::{AppId, ChannelName, Edge, StampedEdge};
use clairon_registry::{
    Announced, App, AppCache, Attempt, Endpoint, Observation, Registry, RegistryError, Retention, Subject, Webhook,
    WebhookKind, within,
};
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use tokio::{sync::Semaphore, time::timeout};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    Sender, WebhookEvent, WebhookSettings,
    announce::{Cause, ChannelReport, Handoff, LateCounts, Overflows, ReportContent, writer},
    deliver::{self, CATCH_UP, Deliveries, Grouping, HORIZON, NodeName, Slots},
    figures::{AnnouncerFigures, Counters},
};

/// The timeout for the database.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The number of rows of the announced state that are read at once.
const PAGE: u32 = 2_000;
/// The time for which announced absences are kept. No observation arrives later than that.
const TOMBSTONES: Duration = Duration::from_hours(1);
/// The longest time that a stopping node waits until reports and outcomes are stored.
const STOP_TIMEOUT: Duration = Duration::from_secs(8);

/// A callback for each attempt.
pub type OnAttempt = Box<dyn Fn(&Attempt) + Send + Sync>;

/// The path from reports about channels to the endpoints of apps.
///
/// Reports are handed over in memory, and one task writes them to the store. Another task sends what is pending
/// there. Only the `async` methods wait.
pub struct Announcer {
    pub(crate) settings: WebhookSettings,
    pub(crate) store: Arc<dyn Registry>,
    pub(crate) apps: Arc<AppCache>,
    /// True if there are no other nodes.
    pub(crate) is_alone: bool,
    pub(crate) node: NodeName,
    pub(crate) handoff: Handoff,
    pub(crate) late_counts: LateCounts,
    pub(crate) overflows: Overflows,
    pub(crate) sender: Arc<Sender>,
    pub(crate) deliveries: Deliveries,
    pub(crate) slots: Slots,
    pub(crate) figures: Counters,
    pub(crate) is_database_away: AtomicBool,
    /// The time of the last failure of the database.
    outage_at: Mutex<Option<Instant>>,
    /// True while this node closes its connections because it stops.
    is_leaving: AtomicBool,
    /// True if the next comparison is due at once.
    is_in_doubt: AtomicBool,
    pub(crate) on_attempt: OnAttempt,
    /// Cancelled when the node stops. The tasks finish what has arrived.
    pub(crate) stopping: CancellationToken,
    /// Cancelled when finishing takes too long.
    pub(crate) aborted: CancellationToken,
    /// Has one permit for each of the two tasks that has ended.
    ended: Semaphore,
}

impl Announcer {
    /// An announcer without its two tasks, [`Self::write`] and [`Self::deliver`].
    #[must_use]
    pub fn new(
        settings: WebhookSettings,
        store: Arc<dyn Registry>,
        apps: Arc<AppCache>,
        is_alone: bool,
        on_attempt: OnAttempt,
    ) -> Self {
        Self {
            handoff: Handoff::new(&settings, is_alone),
            sender: Arc::new(Sender::new(&settings)),
            slots: Slots::new(settings.requests),
            settings,
            store,
            apps,
            is_alone,
            node: NodeName::own(),
            late_counts: LateCounts::default(),
            overflows: Overflows::default(),
            deliveries: Deliveries::default(),
            figures: Counters::default(),
            is_database_away: AtomicBool::new(false),
            outage_at: Mutex::new(None),
            is_leaving: AtomicBool::new(false),
            is_in_doubt: AtomicBool::new(false),
            on_attempt,
            stopping: CancellationToken::new(),
            aborted: CancellationToken::new(),
            ended: Semaphore::new(0),
        }
    }

    /// Notes that this node closes its connections because it stops. Absences are ignored from now on. A client that
    /// does not reconnect, here or on another node, is found absent by the next comparison.
    pub fn note_leaving(&self) {
        self.is_leaving.store(true, Relaxed);
    }

    /// Makes the next comparison due at once: observations of other nodes may be lost, or an endpoint may be removed.
    pub fn note_doubt(&self) {
        self.is_in_doubt.store(true, Relaxed);
    }

    /// True if [`Self::note_doubt`] was called since the last call.
    pub fn take_doubt(&self) -> bool {
        self.is_in_doubt.swap(false, Relaxed)
    }

    /// Takes edges of a channel. `cause` applies to absences.
    pub fn edges(&self, app: &App, channel: &ChannelName, edges: &[StampedEdge], cause: Cause) {
        if app.webhooks.is_empty() || edges.is_empty() {
            return;
        }
        let (at, now) = (Timestamp::now(), Instant::now());
        for StampedEdge { edge, version } in edges {
            let version = *version;
            let (subject, is_present) = match edge {
                Edge::Occupied => (Subject::Channel, true),
                Edge::Vacated => (Subject::Channel, false),
                Edge::MemberAdded(user) => (Subject::Member(user.clone()), true),
                Edge::MemberRemoved(user) => (Subject::Member(user.clone()), false),
                Edge::Missed => {
                    if app.webhooks.wants(WebhookKind::CacheMiss) {
                        let observation = Observation { subject: Subject::Miss, is_present: true, version };
                        self.push(&app.id, channel, None, ReportContent::Observed { observation, is_silent: false });
                    }
                    continue;
                }
                Edge::Counted(count) => {
                    if app.webhooks.wants(WebhookKind::SubscriptionCount)
                        && !self.late_counts.take_in(&app.id, channel, *count, version)
                    {
                        self.push(&app.id, channel, None, ReportContent::Counted { count: *count, version });
                    }
                    continue;
                }
            };
            let counts = is_present || !self.is_leaving.load(Relaxed);
            if counts && is_tracked(app, &subject) {
                let observation = Observation { subject, is_present, version };
                self.handoff.observe((&app.id, channel), observation, cause, at, now);
            }
        }
    }

    /// Takes a client event. `event` is a [`WebhookEvent::ClientEvent`]. With other nodes, `time` is its time by the
    /// clock of the versions.
    pub fn client_event(&self, app: &App, channel: &ChannelName, event: &WebhookEvent<'_>, time: Option<u64>) {
        let takes = |webhook: &Webhook| webhook.takes(WebhookKind::ClientEvent, channel.as_str());
        if app.webhooks.wants(WebhookKind::ClientEvent) && app.webhooks.iter().any(takes) {
            self.push(&app.id, channel, time, ReportContent::ClientEvent(event.to_json().into()));
        }
    }

    /// Hands over the subscription counts that were kept back. It must be called every few seconds.
    pub fn tell_counts(&self) {
        for (app, channel, count, version) in self.late_counts.take() {
            self.push(&app, &channel, None, ReportContent::Counted { count, version });
        }
    }

    /// Logs how many events were given up because their endpoint had too many, once a minute for each endpoint. It must
    /// be called every few seconds.
    pub fn log_overflows(&self) {
        self.overflows.log(Instant::now(), self.settings.pending_rows);
    }

    fn push(&self, app: &AppId, channel: &ChannelName, time: Option<u64>, content: ReportContent) {
        let place = if self.is_alone { None } else { time.or_else(|| content.version()) };
        let report = ChannelReport { app: app.clone(), channel: channel.clone(), at: Timestamp::now(), place, content };
        self.handoff.push(report, Instant::now());
    }

    /// Takes the differences that a comparison has found. `is_silent`: presences make no events. Absences linger with
    /// the cause [`Cause::NodeGone`].
    pub fn observe_differences(
        &self,
        app: &App,
        differences: impl IntoIterator<Item = (ChannelName, Observation)>,
        is_silent: bool,
    ) {
        for (channel, observation) in differences {
            if !observation.is_present {
                let (at, now) = (Timestamp::now(), Instant::now());
                self.handoff.observe((&app.id, &channel), observation, Cause::NodeGone, at, now);
            } else if is_tracked(app, &observation.subject) {
                self.push(&app.id, &channel, None, ReportContent::Observed { observation, is_silent });
            }
        }
    }

    /// The announced state of an app: the present channels and members that its endpoints have been sent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn known(&self, app: &AppId) -> Result<Vec<Announced>, RegistryError> {
        let mut known: Vec<Announced> = Vec::new();
        loop {
            let after = known.last().map(|announced| announced.cursor.clone());
            let page = within(ANSWER_TIMEOUT, self.store.announced(app, after.as_deref(), PAGE)).await?;
            let is_last = page.len() < PAGE as usize;
            known.extend(page);
            if is_last {
                return Ok(known);
            }
        }
    }

    /// The apps with observations that did not fit into the hand-off. They have to be compared.
    pub fn take_incomplete(&self) -> Vec<AppId> {
        self.handoff.take_incomplete()
    }

    /// True if any app has an endpoint.
    #[must_use]
    pub fn has_endpoints(&self) -> bool {
        self.apps.all().iter().any(|app| !app.webhooks.is_empty())
    }

    /// True while this node has the lease of the upkeep: cleaning up and comparing.
    #[must_use]
    pub fn keeps_house(&self) -> bool {
        self.deliveries.keeps_house()
    }

    /// Gives up what is pending for removed endpoints, and what has waited too long for disabled ones.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_up_unreachable(&self) -> Result<(), RegistryError> {
        for endpoint in within(ANSWER_TIMEOUT, self.store.unleased()).await? {
            let Some((app, webhook)) = endpoint.name() else { continue };
            if self.app_of(&endpoint).is_some() {
                continue;
            }
            // The apps in memory may lag behind the database.
            let app = within(ANSWER_TIMEOUT, self.store.find(app)).await?;
            let (before, problem) = match app.as_ref().and_then(|app| app.webhooks.find(webhook)) {
                None => (None, "given up: the endpoint was removed"),
                Some(webhook) if webhook.is_enabled() => continue,
                Some(_) => {
                    let patience = SignedDuration::try_from(self.settings.retry).unwrap_or(SignedDuration::MAX);
                    let before = Timestamp::now().checked_sub(patience).unwrap_or(Timestamp::MIN);
                    (Some(before), "given up: the endpoint is off")
                }
            };
            let count = self.store.give_up(&endpoint, before, problem).await?;
            if count > 0 {
                warn!(?endpoint, count, problem, "pending webhooks are given up");
            }
        }
        Ok(())
    }

    /// Removes what is older than the settings allow. Returns the number of removed rows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep(&self) -> Result<u64, RegistryError> {
        let ago = |time: Duration| {
            let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
            Timestamp::now().checked_sub(time).unwrap_or(Timestamp::MIN)
        };
        let retention = Retention {
            ended_since: ago(self.settings.keep),
            announced_since: ago(TOMBSTONES),
            attempts: self.settings.pending_rows,
        };
        self.store.sweep(&retention).await
    }

    /// Writes reports to the store until the node stops. It is boxed, so that it is compiled with this crate.
    #[must_use]
    pub fn write(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            writer::run(self).await;
            self.ended.add_permits(1);
        })
    }

    /// Delivers what is pending, until the node stops. It is boxed, so that it is compiled with this crate.
    #[must_use]
    pub fn deliver(self: &Arc<Self>) -> BoxFuture<'_, ()> {
        Box::pin(async {
            deliver::run(self).await;
            self.ended.add_permits(1);
        })
    }

    /// Delivers to these endpoints at once: new events are pending for them.
    pub fn wake(&self, endpoints: impl IntoIterator<Item = Endpoint>) {
        self.deliveries.wake(endpoints);
    }

    /// Makes both tasks finish, and waits some seconds for them.
    pub async fn stop(&self) {
        self.stopping.cancel();
        if timeout(STOP_TIMEOUT.max(self.settings.timeout), self.ended.acquire_many(2)).await.is_err() {
            self.aborted.cancel();
            let waiting = self.handoff.figures().waiting;
            warn!(waiting, "not all webhooks could be written or sent before the end");
        }
    }

    /// The figures for operators.
    #[must_use]
    pub fn figures(&self) -> AnnouncerFigures {
        let Counters { written, unwritable, overflowed } = &self.figures;
        AnnouncerFigures {
            handoff: self.handoff.figures(),
            written: written.load(Relaxed),
            unwritable: unwritable.load(Relaxed),
            overflowed: overflowed.load(Relaxed),
            is_database_away: self.is_database_away.load(Relaxed),
            endpoints: self.deliveries.figures(),
        }
    }

    /// The app of an endpoint, if the endpoint exists and is enabled.
    pub(crate) fn app_of(&self, endpoint: &Endpoint) -> Option<Arc<App>> {
        let (app, webhook) = endpoint.name()?;
        self.apps.by_id(app).filter(|app| app.webhooks.find(webhook).is_some_and(Webhook::is_enabled))
    }

    /// True if endpoints of an app want edges of a subject.
    pub(crate) fn tracks(&self, app: &AppId, subject: &Subject) -> bool {
        self.apps.by_id(app).is_some_and(|app| is_tracked(&app, subject))
    }

    /// Notes that the database does not answer, or accepts no writes.
    pub(crate) fn note_outage(&self) {
        *self.outage_at.lock() = Some(Instant::now());
    }

    /// The time for which an event waits for earlier ones of other nodes.
    pub(crate) fn horizon(&self, now: Instant) -> Duration {
        if self.is_alone {
            return Duration::ZERO;
        }
        let is_recent = |at: Instant| now.saturating_duration_since(at) < CATCH_UP;
        if self.outage_at.lock().is_some_and(is_recent) { CATCH_UP } else { HORIZON }
    }

    /// The rule for events that share a request.
    pub(crate) fn grouping(&self) -> Grouping {
        let time = self.settings.batch_time;
        Grouping { time, events: if time.is_zero() { 1 } else { self.settings.batch_events } }
    }
}

/// True if an endpoint of the app wants presences or absences of the subject.
fn is_tracked(app: &App, subject: &Subject) -> bool {
    let wants = |kinds: [WebhookKind; 2]| kinds.into_iter().any(|kind| app.webhooks.wants(kind));
    match subject {
        Subject::Channel => wants([WebhookKind::ChannelOccupied, WebhookKind::ChannelVacated]),
        Subject::Member(_) => wants([WebhookKind::MemberAdded, WebhookKind::MemberRemoved]),
        Subject::Miss | Subject::Count => true,
    }
}
