//! The node: the state and the functions that all parts of the server share.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use clairon_certificates::{Acme, Tls};
use clairon_cluster::{Trouble, TroubleKind};
use clairon_hub::{Hub, Outboxes};
use clairon_protocol::{AppId, Limits};
use clairon_registry::{App, AppCache, Registry, RegistryError, within};
use clairon_webhooks::Announcer;
use jiff::Timestamp;
use parking_lot::RwLock;
use rustix::system::uname;
use tokio::sync::Mutex;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

use crate::{
    bearer::BearerToken,
    channel_logs::{self, SavedLogs},
    clock::Clock,
    edge::{AddressLimits, AppRates, LimitEffects, Partials},
    error::ServerError,
    event_frame,
    explain::Explainer,
    figures::RecentFigures,
    foreign_protocol::ForeignLog,
    key_uses::KeyUses,
    live_feed::LiveFeed,
    metrics::Metrics,
    operators::{DashboardPassword, Operators},
    peer_text::PeerText,
    peers::Peers,
    plain_connections::PlainConnections,
    refusals::Refusals,
    registry_health::RegistryHealth,
    settings::Settings,
    socket::{Closings, Inspections, Libraries},
    statistics::Tally,
    throttle::Throttle,
    webhooks,
};

/// The timeout for storing uses of keys and statistics. A stopping node waits for it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(6);

/// A server process.
pub struct Node {
    /// The settings of the server.
    pub settings: Settings,
    /// The time since the start.
    pub clock: Clock,
    /// The connections, subscriptions and members of this node.
    pub hub: Arc<Hub>,
    /// All apps, in memory.
    pub apps: Arc<AppCache>,
    /// The registry, for writes and for reads that the cache cannot answer.
    pub registry: Arc<dyn Registry>,
    /// Whether the database of the registry answers.
    pub registry_health: RegistryHealth,
    pub(crate) saved_logs: SavedLogs,
    /// The start of the latest interval in the registry's statistics when the server started.
    pub last_recorded: Option<Timestamp>,
    pub(crate) key_uses: KeyUses,
    /// Rate limits of backends.
    pub(crate) rates: AppRates,
    pub(crate) explainer: Explainer,
    pub(crate) metrics: Arc<Metrics>,
    /// Locked while statistics are written, so that a stopping node waits for that.
    pub(crate) tally: Mutex<Tally>,
    /// The watchers of this node, and the flight recorder.
    pub live: Arc<LiveFeed>,
    /// The questions of operators to connections.
    pub inspections: Inspections,
    pub(crate) libraries: Libraries,
    /// The tasks of all connections, WebSocket and HTTP.
    pub tasks: TaskTracker,
    /// The connections that are not WebSockets.
    pub(crate) plain: PlainConnections,
    pub(crate) foreign_log: ForeignLog,
    /// Limits the log lines about failed TLS handshakes.
    pub(crate) tls_failure_log: Throttle,
    /// Cancelled when the server stops. From then on new connections are refused.
    pub stopping: CancellationToken,
    /// Cancelled before that, when clients are sent to the other nodes. From then on only new clients are refused.
    pub(crate) draining: CancellationToken,
    pub(crate) refusals: Refusals,
    pub(crate) closings: Closings,
    /// The limits of apps that the admin API creates.
    pub default_limits: RwLock<Limits>,
    /// The operators of the admin API and the dashboard.
    pub operators: Operators,
    /// The figures of the last hour.
    pub figures: RecentFigures,
    /// What the limits for clients have done.
    pub limit_effects: LimitEffects,
    /// The outboxes of all connections.
    pub outboxes: Arc<Outboxes>,
    /// The incomplete messages of all connections.
    pub partials: Partials,
    /// The limits of what comes from one address.
    pub addresses: AddressLimits,
    /// TLS, if there is a certificate.
    pub tls: Option<Tls>,
    /// The way to the endpoints of apps.
    pub announcer: Arc<Announcer>,
    /// Smaller than the version of any edge since the start of this node.
    pub(crate) first_version: u64,
    /// The other nodes, if there are any.
    pub peers: Peers,
}

impl Node {
    /// Creates a node with an open registry.
    pub(crate) async fn new(registry: Arc<dyn Registry>, settings: Settings) -> Result<Self, ServerError> {
        let clock = Clock::start();
        let default_limits = settings.admin.limits;
        let operators = Operators::new(&settings.admin, &settings.dashboard);
        let tls = settings.tls.is_on().then(|| Tls::new(&settings.tls)).transpose()?;
        let compress = settings.compression.map(event_frame::compressor);
        let hub = Hub::new(event_frame::encode, compress, Peers::ledger(settings.cluster.as_ref()));
        let hub = Arc::new(channel_logs::prepare(hub, registry.as_ref(), &settings).await?);
        let tally = Mutex::new(Tally::new(settings.statistics.interval_seconds, Timestamp::now()));
        let tokens = [settings.admin.token.as_ref(), settings.metrics.token.as_ref()];
        let tokens = tokens.into_iter().flatten().map(BearerToken::secret);
        let passwords = [settings.dashboard.password.as_ref(), settings.dashboard.viewer_password.as_ref()];
        let passwords = passwords.into_iter().flatten().filter_map(DashboardPassword::secret);
        let tokens = tokens.chain(passwords).cloned().collect();
        let apps = Arc::new(AppCache::load(registry.clone(), tokens).await?);
        let last_recorded = within(ANSWER_TIMEOUT, registry.latest_statistics(Timestamp::now())).await?;
        let registry_health = RegistryHealth::default();
        registry_health.note_answer(true, clock.now());
        let metrics = Arc::<Metrics>::default();
        let live = Arc::new(LiveFeed::new(settings.recorder_bytes, clock));
        let announcer = Arc::new(webhooks::announcer(&settings, &registry, &apps, &live));
        let first_version = webhooks::begin_versions(&hub, registry.as_ref()).await?;
        let peers = Peers::connect(&settings, &hub, &apps, &announcer, clock, &live, &metrics).await?;
        let outboxes = Outboxes::new(settings.outbox, settings.edge.outbox_bytes_total.map(NonZeroUsize::get));
        let partials = Partials::new(settings.edge.partial_bytes_total);
        let addresses = AddressLimits::new(settings.edge.addresses, settings.trusted_proxies.clone());
        Ok(Self {
            settings,
            clock,
            hub,
            apps,
            registry,
            registry_health,
            saved_logs: SavedLogs::new(),
            last_recorded,
            key_uses: KeyUses::default(),
            rates: AppRates::default(),
            explainer: Explainer::new(clock),
            metrics,
            tally,
            live,
            inspections: Inspections::default(),
            libraries: Libraries::default(),
            tasks: TaskTracker::new(),
            plain: PlainConnections::default(),
            foreign_log: ForeignLog::default(),
            tls_failure_log: Throttle::default(),
            stopping: CancellationToken::new(),
            draining: CancellationToken::new(),
            refusals: Refusals::default(),
            closings: Closings::default(),
            default_limits: RwLock::new(default_limits),
            operators,
            figures: RecentFigures::default(),
            limit_effects: LimitEffects::default(),
            outboxes,
            partials,
            addresses,
            tls,
            announcer,
            first_version,
            peers,
        })
    }

    /// The app with this id, if it exists and is enabled.
    pub(crate) fn enabled_app(&self, id: &AppId) -> Option<Arc<App>> {
        self.apps.by_id(id).filter(|app| app.enabled)
    }

    /// A peer's text for the log.
    pub(crate) fn shown<'a>(&'a self, text: &'a str) -> PeerText<'a> {
        PeerText::new(&self.apps, text)
    }

    /// The certificates that the server gets by itself, if there are any.
    pub(crate) fn acme(&self) -> Option<&Acme> {
        self.tls.as_ref()?.acme.as_ref()
    }

    /// The reason why new clients are not accepted; `None` if they are.
    pub(crate) fn obstacle(&self) -> Option<String> {
        if self.draining.is_cancelled() {
            return Some("The server is stopping".to_owned());
        }
        if let Some(Trouble { kind, since, cause }) = self.peers.trouble() {
            let what = match kind {
                TroubleKind::Deaf => "The other nodes are not heard",
                TroubleKind::CannotWrite => "Redis takes no writes",
            };
            return Some(format!("{what}, for {} s: {cause}", since.elapsed().as_secs()));
        }
        let trouble = self.registry_health.write_trouble()?;
        let seconds = trouble.duration(self.clock.now()).as_secs();
        Some(format!("The registry takes no writes, for {seconds} s: {}", trouble.cause))
    }

    /// Performs a write to the registry, and notes whether its database accepts writes.
    ///
    /// # Errors
    /// Those of the write, and a timeout.
    pub async fn write<T>(
        &self,
        limit: Duration,
        write: impl Future<Output = Result<T, RegistryError>>,
    ) -> Result<T, RegistryError> {
        let result = within(limit, write).await;
        self.registry_health.note_write(&result, self.clock.now());
        result
    }

    /// Tests the database after a failed write. The trouble ends once a small write succeeds and the waiting statistics
    /// are written, because a full disk may have room only for the small write.
    pub(crate) async fn check_writes(&self) {
        if self.registry_health.write_trouble().is_some()
            && self.write(ANSWER_TIMEOUT, self.registry.check_writes()).await.is_ok()
            && self.write_statistics(&mut *self.tally.lock().await).await.is_ok()
        {
            self.registry_health.takes_writes(self.clock.now());
        }
    }

    /// Stores the uses of keys in the registry. If that fails, they are kept for the next time.
    pub(crate) async fn record_key_uses(&self) {
        let uses = self.key_uses.take();
        if uses.is_empty() {
            return;
        }
        if let Err(error) = self.write(ANSWER_TIMEOUT, self.registry.note_used(&uses)).await {
            warn!(%error, keys = uses.len(), "cannot store the use of keys yet");
            self.key_uses.put_back(uses);
        }
    }

    /// Writes the statistics of the past interval to the registry; with `all`, also those of the current interval.
    /// While writes fail, statistics wait, except for a last attempt with `all`.
    pub(crate) async fn record_statistics(&self, all: bool) {
        let mut tally = self.tally.lock().await;
        let now = Timestamp::now();
        if all || tally.is_due(now) {
            let hubs = self.hub.apps();
            let is_kept = |id| self.apps.by_id(id).is_some_and(|app| app.statistics);
            tally.close(hubs.iter().map(|(id, hub)| (id.clone(), hub.traffic().as_ref(), is_kept(id))), now);
        }
        let problem = match self.registry_health.write_trouble() {
            Some(trouble) if !all && !tally.unwritten().is_empty() => trouble.cause,
            _ => match self.write_statistics(&mut tally).await {
                Ok(()) => return,
                Err(error) => error.to_string(),
            },
        };
        let (entries, lost) = (tally.unwritten().len(), tally.give_up());
        warn!(error = problem, entries, lost, "cannot write statistics yet");
    }

    /// Writes the waiting statistics, if there are any.
    async fn write_statistics(&self, tally: &mut Tally) -> Result<(), RegistryError> {
        if !tally.unwritten().is_empty() {
            self.write(ANSWER_TIMEOUT, self.registry.record_statistics(tally.unwritten())).await?;
            tally.written();
        }
        Ok(())
    }

    /// The time until the end of the current interval of statistics.
    pub(crate) fn rest_of_interval(&self) -> Duration {
        let length = u128::from(self.settings.statistics.interval_seconds) * 1_000;
        let gone = Timestamp::now().as_millisecond().unsigned_abs();
        Duration::from_millis(u64::try_from(length - u128::from(gone) % length).unwrap_or(1_000))
    }

    /// The name of this node for operators: its id among several nodes, or else the name of its machine.
    pub fn name(&self) -> String {
        self.peers.node_id().unwrap_or_else(|| uname().nodename().to_string_lossy().into_owned())
    }

    /// The number of clients that are connected to this node.
    pub(crate) fn connection_count(&self) -> usize {
        self.hub.apps().iter().map(|(_, hub)| hub.traffic().connections()).sum()
    }
}
