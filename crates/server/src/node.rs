//! The node: what a server knows and can do, whoever asks for it.

use std::{sync::Arc, time::Duration};

use clairon_cluster::{Bus, BusError, CacheEntry, Cluster, Envelope, LocalBus};
use clairon_hub::Hub;
use clairon_protocol::{AppId, ChannelName, Event, EventData, SocketId};
use clairon_registry::{App, AppCache, AppRegistry, within};
use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

use crate::{
    clock::Clock, deliver::Delivery, error::ServerError, explain::Explainer, key_uses::KeyUses, live::LiveFeed,
    metrics::Metrics, refusals::Refusals, settings::Settings, statistics::Tally, wire,
};

/// How long the registry may take to write down uses of keys or statistics: a node that stops waits for it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(6);

/// One server process.
pub(crate) struct Node {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) hub: Arc<Hub>,
    pub(crate) apps: AppCache,
    /// Where the apps are kept, for what is not only read.
    pub(crate) registry: Arc<dyn AppRegistry>,
    pub(crate) key_uses: KeyUses,
    pub(crate) explainer: Explainer,
    pub(crate) metrics: Arc<Metrics>,
    /// Locked while the registry is told, so that a node that stops waits for that.
    pub(crate) tally: Mutex<Tally>,
    /// Those who watch what happens.
    pub(crate) live: Arc<LiveFeed>,
    /// The tasks of all connections, WebSocket and HTTP.
    pub(crate) tasks: TaskTracker,
    /// Cancelled once the server is on its way down: newcomers are turned away.
    pub(crate) stopping: CancellationToken,
    /// Cancelled before that, while clients are sent to the other nodes: only clients are turned away.
    pub(crate) draining: CancellationToken,
    pub(crate) refusals: Refusals,
    /// The other nodes; `None` where there are none.
    pub(crate) cluster: Option<Cluster>,
    bus: Box<dyn Bus>,
}

/// An event to be published.
#[derive(Clone, Copy)]
pub(crate) struct Message<'a> {
    pub(crate) event: &'a str,
    pub(crate) data: &'a EventData,
    pub(crate) channels: &'a [ChannelName],
    /// Who shall not get it.
    pub(crate) except: Option<SocketId>,
    pub(crate) origin: Origin<'a>,
}

/// Who publishes.
#[derive(Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// The app's backend. Only its events are remembered by cache channels.
    Backend,
    /// A client; on a presence channel with its user's id.
    Client(Option<&'a str>),
}

impl Node {
    /// Assembles a node over an open registry.
    pub(crate) async fn new(registry: Arc<dyn AppRegistry>, settings: Settings) -> Result<Self, ServerError> {
        let clock = Clock::start();
        let hub = Arc::new(Hub::new(wire::encode));
        let tally = Mutex::new(Tally::new(settings.statistics.interval_seconds, Timestamp::now()));
        let apps = AppCache::load(registry.clone()).await?;
        let metrics = Arc::<Metrics>::default();
        let is_shared = settings.cluster.is_some();
        let delivery = Delivery { hub: hub.clone(), clock, metrics: metrics.clone(), is_shared };
        let deliver = Box::new(move |notice| delivery.deliver(notice));
        let (cluster, bus): (_, Box<dyn Bus>) = match settings.cluster.clone() {
            Some(settings) => {
                let cluster = Cluster::connect(settings, deliver).await?;
                (Some(cluster.clone()), Box::new(cluster))
            }
            None => (None, Box::new(LocalBus::new(deliver))),
        };
        Ok(Self {
            settings,
            clock,
            hub,
            apps,
            registry,
            key_uses: KeyUses::default(),
            explainer: Explainer::new(clock),
            metrics,
            tally,
            live: Arc::default(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            draining: CancellationToken::new(),
            refusals: Refusals::default(),
            cluster,
            bus,
        })
    }

    /// The app with this id, where there is one and it is switched on.
    pub(crate) fn enabled_app(&self, id: &AppId) -> Option<Arc<App>> {
        self.apps.by_id(id).filter(|app| app.enabled)
    }

    /// Tells the registry which keys were used.
    pub(crate) async fn record_key_uses(&self) {
        let uses = self.key_uses.take();
        if uses.is_empty() {
            return;
        }
        if let Err(error) = within(ANSWER_TIMEOUT, self.registry.note_used(&uses)).await {
            warn!(%error, keys = uses.len(), "that keys were used could not be recorded");
        }
    }

    /// Tells the registry what the apps have done in the interval that is over; with `all`, in the present one too.
    pub(crate) async fn record_statistics(&self, all: bool) {
        let mut tally = self.tally.lock().await;
        let now = Timestamp::now();
        if all || tally.is_due(now) {
            let hubs = self.hub.apps();
            let is_kept = |id| self.apps.by_id(id).is_some_and(|app| app.statistics);
            tally.close(hubs.iter().map(|(id, hub)| (id.clone(), hub.traffic().as_ref(), is_kept(id))), now);
        }
        if tally.unwritten().is_empty() {
            return;
        }
        match within(ANSWER_TIMEOUT, self.registry.record_statistics(tally.unwritten())).await {
            Ok(()) => tally.written(),
            Err(error) => {
                let (entries, lost) = (tally.unwritten().len(), tally.give_up());
                warn!(%error, entries, lost, "statistics could not be written yet");
            }
        }
    }

    /// How long it is until the present interval of statistics is over.
    pub(crate) fn rest_of_interval(&self) -> Duration {
        let length = u128::from(self.settings.statistics.interval_seconds) * 1_000;
        let gone = Timestamp::now().as_millisecond().unsigned_abs();
        Duration::from_millis(u64::try_from(length - u128::from(gone) % length).unwrap_or(1_000))
    }

    /// How many clients are connected to this node.
    pub(crate) fn connection_count(&self) -> usize {
        self.hub.apps().iter().map(|(_, hub)| hub.traffic().connections()).sum()
    }

    /// Publishes events, each to all its channels, all of them at once.
    pub(crate) async fn publish<'a>(
        &self,
        app: &App,
        messages: impl Iterator<Item = Message<'a>>,
    ) -> Result<(), BusError> {
        self.bus.publish(messages.flat_map(|message| envelopes(app, &message)).collect()).await
    }
}

fn envelopes(app: &App, message: &Message<'_>) -> Vec<Envelope> {
    let Message { event, data, channels, except, origin } = *message;
    let (user_id, is_remembered) = match origin {
        Origin::Backend => (None, true),
        Origin::Client(user_id) => (user_id, false),
    };
    let envelope = |channel: &ChannelName| Envelope {
        app: app.id.clone(),
        channel: channel.clone(),
        frame: wire::encode(&Event::Published { event, channel, data, user_id }),
        except,
        cache: (is_remembered && channel.is_cache())
            .then(|| CacheEntry { data: data.json().into(), ttl_seconds: app.limits.cache_ttl_seconds }),
        version: None,
    };
    channels.iter().map(envelope).collect()
}
