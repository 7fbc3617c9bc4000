//! The upkeep of webhooks on a node: comparison with the actual state, late counts, removal of old deliveries.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use clairon_hub::Hub;
use clairon_protocol::{AppId, ChannelName};
use clairon_registry::{
    App, AppCache, Attempt, AttemptOutcome, Endpoint, Observation, Registry, RegistryError, Subject, Webhooks, within,
};
use clairon_webhooks::{ActualState, Announcer, differences};
use tracing::{info, warn};

use crate::{
    background::ticks,
    live_feed::{Activity, ActivityKind, LiveFeed},
    node::Node,
    settings::Settings,
};

/// The timeout for the database.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The interval at which the node checks what is due.
const LOOK: Duration = Duration::from_secs(1);
/// The interval between the subscription counts of a large channel. Subscribers get theirs at the same interval.
const COUNTS: Duration = Duration::from_secs(5);
/// The interval at which one of several nodes compares the announced state with the ledger, and discards what is
/// pending for removed endpoints.
const COMPARISON: Duration = Duration::from_mins(1);
/// The pause after a comparison, as a multiple of its duration. So comparisons take at most a hundredth of a core.
const REST: u32 = 100;
/// The interval between log lines about reports that did not fit into the hand-off.
const LOSSES: Duration = Duration::from_mins(1);
/// The interval at which old deliveries are removed.
const SWEEP: Duration = Duration::from_hours(1);

/// The announcer of a node. It shows each attempt in the live feed.
pub(crate) fn announcer(
    settings: &Settings,
    registry: &Arc<dyn Registry>,
    apps: &Arc<AppCache>,
    live: &Arc<LiveFeed>,
) -> Announcer {
    let watched = live.clone();
    let on_attempt = move |attempt: &Attempt| watched.observe(|| activity(attempt));
    let is_alone = settings.cluster.is_none();
    Announcer::new(settings.webhooks.clone(), registry.clone(), apps.clone(), is_alone, Box::new(on_attempt))
}

fn activity(attempt: &Attempt) -> Activity {
    let kind = match attempt.outcome {
        AttemptOutcome::Delivered => ActivityKind::WebhookDelivered,
        AttemptOutcome::Retried { .. } => ActivityKind::WebhookFailed,
        AttemptOutcome::GivenUp => ActivityKind::WebhookGivenUp,
    };
    let names = attempt.endpoint.name();
    let webhook = names.map_or("", |(_, webhook)| webhook.as_str());
    let activity = Activity::new(kind).perhaps_app(names.map(|(app, _)| app)).perhaps_code(attempt.status);
    let activity = activity.delivery(webhook, attempt.delivery.as_str());
    match &attempt.problem {
        Some(problem) => activity.because(problem),
        None => activity,
    }
}

/// Makes the versions of edges continue after those of the previous run, by the clock and by what endpoints know.
/// Returns a version that is smaller than those of all later edges.
pub(crate) async fn begin_versions(hub: &Hub, registry: &dyn Registry) -> Result<u64, RegistryError> {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    let newest = within(ANSWER_TIMEOUT, registry.newest_version()).await?;
    hub.begin_versions_after(newest.max(u64::try_from(clock).unwrap_or(u64::MAX)));
    Ok(hub.next_version())
}

/// Does the upkeep for as long as the server runs.
pub(crate) async fn keep(node: &Node) {
    let mut keeper = Keeper::new(node);
    let mut looks = ticks(LOOK);
    loop {
        looks.tick().await;
        if let Err(error) = keeper.look().await {
            warn!(%error, "the announced state of webhooks cannot be compared with the actual one: it is tried again");
        }
    }
}

/// Why an app cannot be compared.
#[derive(Debug, thiserror::Error)]
enum ComparisonFailure {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Ledger(#[from] clairon_cluster::ClusterError),
}

/// The state of the upkeep.
struct Keeper<'a> {
    node: &'a Node,
    /// The endpoints of each app at the last check.
    seen: HashMap<AppId, Webhooks>,
    /// Apps to be compared. True: what the comparison finds present makes no events, because an endpoint is new.
    owed: HashMap<AppId, bool>,
    /// What endpoints did not know at the last comparison of an app. Another node may be about to write it, so it
    /// counts only if it is still missing at the next look.
    missing: HashMap<AppId, HashSet<(ChannelName, Subject)>>,
    /// True once a lone node has let the state of its previous run linger. Always true with several nodes.
    has_begun: bool,
    /// True if this node had the lease of the upkeep at the last check.
    kept_house: bool,
    told_counts_at: Instant,
    compared_at: Instant,
    comparison_took: Duration,
    swept_at: Option<Instant>,
    /// The numbers of dropped observations and events in the last log line, and its time.
    logged: (u64, u64),
    logged_at: Option<Instant>,
}

impl<'a> Keeper<'a> {
    fn new(node: &'a Node) -> Self {
        let now = Instant::now();
        Self {
            node,
            seen: endpoints(&node.apps),
            owed: HashMap::new(),
            missing: HashMap::new(),
            has_begun: node.peers.can_take_over(),
            kept_house: false,
            told_counts_at: now,
            compared_at: now,
            comparison_took: Duration::ZERO,
            swept_at: None,
            logged: (0, 0),
            logged_at: None,
        }
    }

    async fn look(&mut self) -> Result<(), ComparisonFailure> {
        let announcer = &self.node.announcer;
        if self.told_counts_at.elapsed() >= COUNTS {
            self.told_counts_at = Instant::now();
            announcer.tell_counts();
        }
        self.log_losses();
        announcer.log_overflows();
        let (is_alone, keeps_house) = (!self.node.peers.can_take_over(), announcer.keeps_house());
        let is_new = keeps_house && !std::mem::replace(&mut self.kept_house, keeps_house);
        self.note_changes(is_alone || keeps_house);
        self.owed.extend(announcer.take_incomplete().into_iter().map(|app| (app, false)));
        if !self.has_begun {
            self.begin().await?;
        }
        let pause = COMPARISON.max(self.comparison_took * REST);
        if is_alone || keeps_house {
            let is_over = announcer.has_endpoints() && self.compared_at.elapsed() >= pause;
            if announcer.take_doubt() || is_new || is_over {
                self.compared_at = Instant::now();
                announcer.give_up_unreachable().await?;
                if !is_alone {
                    self.owed.extend(self.seen.keys().map(|app| (app.clone(), false)));
                }
            }
        }
        self.compare().await?;
        self.sweep(is_alone || keeps_house || !announcer.has_endpoints()).await?;
        Ok(())
    }

    /// Logs how many reports did not fit into the hand-off, once a minute.
    fn log_losses(&mut self) {
        let figures = self.node.announcer.figures().handoff;
        let lost = (figures.lost_observations, figures.lost_events);
        if lost == self.logged || self.logged_at.is_some_and(|at| at.elapsed() < LOSSES) {
            return;
        }
        let (edges, events) = (lost.0 - self.logged.0, lost.1 - self.logged.1);
        let (entries, bytes) = (figures.capacity, figures.capacity_bytes);
        warn!(
            edges,
            events,
            entries,
            bytes,
            "the database is too slow for the events of webhooks: some did not fit into memory and were dropped. Dropped \
             edges are recovered by a comparison; dropped client events, cache misses and counts are lost"
        );
        (self.logged, self.logged_at) = (lost, Some(Instant::now()));
    }

    /// After the start of a lone node, everything announced before is absent, because no client is connected yet. The
    /// absences linger for `startup_seconds`.
    async fn begin(&mut self) -> Result<(), RegistryError> {
        let announcer = &self.node.announcer;
        // Clients that have reconnected already have newer versions.
        let nothing = ActualState { version: self.node.first_version, channels: Vec::new() };
        for app in self.node.apps.all().iter().filter(|app| !app.webhooks.is_empty()) {
            let known = announcer.known(&app.id).await?;
            announcer.observe_differences(app, differences(&known, &nothing), false);
        }
        self.has_begun = true;
        Ok(())
    }

    /// Finds apps whose endpoints have changed. The responsible node compares them silently.
    fn note_changes(&mut self, is_responsible: bool) {
        let now = endpoints(&self.node.apps);
        let changed = now.iter().filter(|(app, webhooks)| self.seen.get(*app) != Some(webhooks));
        let gone = self.seen.keys().filter(|app| !now.contains_key(*app));
        let changed: HashSet<_> = changed.map(|(app, _)| app).chain(gone).cloned().collect();
        if is_responsible {
            for app in changed {
                self.owed.entry(app).or_insert(true);
            }
        }
        self.seen = now;
    }

    /// Compares the apps that wait for a comparison.
    async fn compare(&mut self) -> Result<(), ComparisonFailure> {
        let began = Instant::now();
        for (app, is_silent) in self.owed.clone() {
            if self.compare_app(&app, is_silent).await? {
                self.owed.remove(&app);
                self.comparison_took = began.elapsed();
            }
        }
        Ok(())
    }

    /// Compares an app. False: it has to be compared again, because nodes that are still reconnecting may be missing in
    /// the ledger, or because what endpoints do not know may be on its way.
    async fn compare_app(&mut self, id: &AppId, is_silent: bool) -> Result<bool, ComparisonFailure> {
        let (node, announcer) = (self.node, &self.node.announcer);
        let Some(app) = node.apps.by_id(id).filter(|app| !app.webhooks.is_empty()) else {
            within(ANSWER_TIMEOUT, node.registry.forget_announced(id)).await?;
            return Ok(true);
        };
        let known = announcer.known(id).await?;
        let Some(actual) = node.peers.actual_state(id).await? else { return Ok(false) };
        // An endpoint may have been added while no node noticed it.
        let endpoints: Vec<_> =
            app.webhooks.iter().map(|webhook| Endpoint::new(id.clone(), webhook.id.clone())).collect();
        let is_silent = within(ANSWER_TIMEOUT, node.registry.introduce(&endpoints)).await? || is_silent;
        let mut found = differences(&known, &actual);
        let is_first = !is_silent && node.peers.can_take_over() && self.confirm(id, &mut found);
        announcer.observe_differences(&app, found, is_silent);
        Ok(!is_first)
    }

    /// Leaves out what endpoints do not know, unless they did not know it at the last comparison either. True if the
    /// app has to be compared again for that.
    fn confirm(&mut self, app: &AppId, found: &mut Vec<(ChannelName, Observation)>) -> bool {
        let subject = |(channel, observation): &(ChannelName, Observation)| {
            observation.is_present.then(|| (channel.clone(), observation.subject.clone()))
        };
        let before = self.missing.remove(app);
        let missing: HashSet<_> = found.iter().filter_map(subject).collect();
        let was_missing = |key| before.as_ref().is_some_and(|before| before.contains(&key));
        found.retain(|difference| subject(difference).is_none_or(was_missing));
        let is_first = before.is_none() && !missing.is_empty();
        if is_first {
            self.missing.insert(app.clone(), missing);
        }
        is_first
    }

    async fn sweep(&mut self, is_responsible: bool) -> Result<(), RegistryError> {
        if !is_responsible || self.swept_at.is_some_and(|at| at.elapsed() < SWEEP) {
            return Ok(());
        }
        self.swept_at = Some(Instant::now());
        self.node.announcer.give_up_unreachable().await?;
        let rows = self.node.announcer.sweep().await?;
        if rows > 0 {
            info!(rows, "old deliveries of webhooks removed");
        }
        for app in within(ANSWER_TIMEOUT, self.node.registry.announced_apps()).await? {
            if !self.seen.contains_key(&app) {
                self.owed.insert(app, true);
            }
        }
        Ok(())
    }
}

/// The apps with endpoints.
fn endpoints(apps: &AppCache) -> HashMap<AppId, Webhooks> {
    let endpoints = |app: &Arc<App>| (!app.webhooks.is_empty()).then(|| (app.id.clone(), app.webhooks.clone()));
    apps.all().iter().filter_map(endpoints).collect()
}
