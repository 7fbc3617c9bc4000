//! Delivers publications, and notices of the cluster, to the connections of this node.

use std::sync::Arc;

use clairon_cluster::{ChannelState, Notice, Place};
use clairon_hub::{Cached, ChannelChange, Hub, LedgerState, Millis, Version};
use clairon_protocol::{AppId, ChannelName, Edge, LogPlace, LossReason, Publication, StampedEdge};
use clairon_registry::{App, AppCache};
use clairon_webhooks::{Announcer, Cause};
use tokio::sync::mpsc::UnboundedSender;
use tracing::{debug, info};

use crate::{clock::Clock, live_feed::LiveFeed, metrics::Metrics, peer_text::PeerText};

/// Passes events and changes of the ledger to the hub.
#[derive(Clone)]
pub(super) struct Delivery {
    pub(super) hub: Arc<Hub>,
    /// The apps. Their secrets must not be logged.
    pub(super) apps: Arc<AppCache>,
    announcer: Arc<Announcer>,
    pub(super) clock: Clock,
    pub(super) live: Arc<LiveFeed>,
    metrics: Arc<Metrics>,
    /// Gets the channels whose log must be read; `None` on a lone node.
    behind: Option<UnboundedSender<Place>>,
}

impl Delivery {
    pub(super) const fn new(
        hub: Arc<Hub>,
        apps: Arc<AppCache>,
        announcer: Arc<Announcer>,
        clock: Clock,
        live: Arc<LiveFeed>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { hub, apps, announcer, clock, live, metrics, behind: None }
    }

    /// The same delivery for one of many nodes. `behind` gets the channels whose log must be read.
    pub(super) fn with_behind(&self, behind: UnboundedSender<Place>) -> Self {
        Self { behind: Some(behind), ..self.clone() }
    }

    /// The log of this channel must be read.
    pub(super) fn note_behind(&self, place: Place) {
        if let Some(behind) = &self.behind {
            // While the node stops, nothing is read any more.
            let _ = behind.send(place);
        }
    }

    /// Notes that subscribers learned of a loss.
    pub(super) fn note_lost(&self, place: &Place, subscribers: usize, reason: LossReason) {
        self.metrics.recoveries.count_lost(reason, subscribers);
        let Place { app, channel } = place;
        let channel = PeerText::new(&self.apps, channel.as_str());
        info!(%app, %channel, subscribers, reason = reason.as_str(), "missed events are lost; the subscribers know");
    }

    /// The time of the node's clock.
    pub(super) fn now(&self) -> Millis {
        self.clock.now()
    }

    /// Queues an event for its receivers on this node, and returns their number.
    pub(super) fn publish(&self, publication: &Publication) -> usize {
        let since = self.clock.micros();
        let hub = self.hub.app(&publication.app);
        let sent = hub.publish(publication, since);
        if sent.is_behind {
            self.note_behind(Place { app: publication.app.clone(), channel: publication.channel.clone() });
        }
        if publication.log.is_some() || publication.place != LogPlace::None {
            self.hub.relieve_logs(since / 1_000);
        }
        if sent.is_written {
            hub.traffic().add_delivery(self.clock.micros().saturating_sub(since));
        }
        sent.receivers
    }

    /// Queues an event of any node, or the consequences of a change, for the connections of this node.
    pub(super) fn deliver(&self, notice: Notice) {
        match notice {
            Notice::Event(publication) => {
                let receivers = self.publish(&publication);
                self.live.observe_relayed(&publication, receivers);
            }
            Notice::MemberAdded { place, version, member } => {
                self.follow(&place, version, ChannelChange::MemberAdded(member));
            }
            Notice::MemberRemoved { place, version, user_id } => {
                self.follow(&place, version, ChannelChange::MemberRemoved(user_id));
            }
            Notice::Count { place, version, connections } => {
                self.follow(&place, version, ChannelChange::Count(count(connections)));
            }
            Notice::Forgotten { place, version } => self.follow(&place, version, ChannelChange::Forgotten),
            Notice::Online { app, user_id, version, is_online } => {
                self.hub.app(&app).note_online(user_id.as_str(), version, is_online);
            }
            Notice::Terminate { app, user_id } => self.terminate(&app, user_id.as_str()),
            Notice::Loaded { place, state, is_complete, gaps } => self.load(&place, state, is_complete, gaps),
            Notice::Gap { gaps } => {
                self.hub.note_gap(gaps);
                self.announcer.note_doubt();
            }
            Notice::LogsBegin => {
                for (app, channel) in self.hub.mirrored_logs() {
                    self.note_behind(Place { app: app.id().clone(), channel });
                }
            }
            Notice::NodeGone => self.announcer.note_doubt(),
            // The users of this channel are only of interest to their watchers.
            Notice::Edges { place: Place { channel, .. }, .. } if channel.user_id().is_some() => {}
            Notice::Edges { place: Place { app, channel }, edges, is_left_behind } => {
                self.log_edges(&app, &channel, &edges);
                let cause = if is_left_behind { Cause::NodeGone } else { Cause::Left };
                if let Some(app) = self.apps.by_id(&app) {
                    self.announcer.edges(&app, &channel, &edges, cause);
                }
            }
        }
    }

    /// Closes the connections of a user.
    pub(super) fn terminate(&self, app: &AppId, user_id: &str) {
        let connections = self.hub.app(app).terminate(user_id);
        debug!(%app, user = %PeerText::new(&self.apps, user_id), connections, "connections of a user closed");
    }

    /// Logs the edges of the ledger in memory, and gives them to the endpoints of the app. `app` is `None` if the app
    /// was deleted.
    pub(super) fn note_edges(&self, id: &AppId, app: Option<&App>, channel: &ChannelName, edges: &[StampedEdge]) {
        if !edges.is_empty() {
            self.log_edges(id, channel, edges);
            if let Some(app) = app {
                self.announcer.edges(app, channel, edges, Cause::Left);
            }
        }
    }

    /// Logs the changes of a channel that are visible outside of it.
    fn log_edges(&self, app: &AppId, channel: &ChannelName, edges: &[StampedEdge]) {
        for StampedEdge { edge, .. } in edges {
            let (edge, user) = match edge {
                Edge::Occupied => ("occupied", None),
                Edge::Vacated => ("vacated", None),
                Edge::MemberAdded(user) => ("member_added", Some(user)),
                Edge::MemberRemoved(user) => ("member_removed", Some(user)),
                Edge::Counted(_) | Edge::Missed => continue,
            };
            let shown = |text| PeerText::new(&self.apps, text);
            debug!(
                %app,
                channel = %shown(channel.as_str()),
                edge,
                user = user.map(|user| display(shown(user.as_str()))),
                "channel changed",
            );
        }
    }

    fn follow(&self, place: &Place, version: Version, change: ChannelChange) {
        self.hub.app(&place.app).follow(&place.channel, version, change, self.now());
    }

    fn load(&self, place: &Place, state: ChannelState, is_complete: bool, gaps: u64) {
        let now = self.now();
        let shared = LedgerState {
            version: state.version,
            connections: count(state.connections),
            members: state.members,
            cached: state.cached.map(|event| {
                let expires_at = now + u64::try_from(event.ttl.as_millis()).unwrap_or(Millis::MAX - now);
                (event.version, Cached { frame: event.frame.into(), data: event.data, expires_at })
            }),
            is_complete,
            gaps,
        };
        let app = self.hub.app(&place.app);
        app.load(&place.channel, shared, now);
        // A state is loaded after a gap. Events may have been missed with it.
        if app.log_head(&place.channel).is_some() {
            self.note_behind(place.clone());
        }
    }
}

fn count(connections: u64) -> usize {
    usize::try_from(connections).unwrap_or(usize::MAX)
}
