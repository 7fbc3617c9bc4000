//! From the bus to the sockets of this node.

use std::sync::Arc;

use clairon_cluster::{Envelope, Notice, Place, State};
use clairon_hub::{AppHub, Cached, Change, Hub, Millis, Publication, Shared, Version};
use clairon_protocol::{AppId, ChannelName, Edge};
use tracing::debug;

use crate::{clock::Clock, cut::Cut, metrics::Metrics};

/// Takes events and what the ledger says off the bus.
pub(crate) struct Delivery {
    pub(crate) hub: Arc<Hub>,
    pub(crate) clock: Clock,
    pub(crate) metrics: Arc<Metrics>,
    /// Whether there are other nodes.
    pub(crate) is_shared: bool,
}

impl Delivery {
    /// Queues an event, or what follows from a change, for everyone on this node whom it concerns.
    pub(crate) fn deliver(&self, notice: Notice) {
        match notice {
            Notice::Event(envelope) => self.event(envelope),
            Notice::MemberAdded { place, version, member } => {
                self.follow(&place, version, Change::MemberAdded(member));
            }
            Notice::MemberRemoved { place, version, user_id } => {
                self.follow(&place, version, Change::MemberRemoved(user_id));
            }
            Notice::Count { place, version, connections } => {
                self.follow(&place, version, Change::Count(count(connections)));
            }
            Notice::Online { app, user_id, version, is_online } => {
                self.hub.app(&app).note_online(user_id.as_str(), version, is_online);
            }
            Notice::Terminate { app, user_id } => {
                let connections = self.hub.app(&app).terminate(user_id.as_str());
                debug!(%app, user = %Cut(user_id.as_str()), connections, "connections of a user closed");
            }
            Notice::Loaded { place, state, removals, gaps } => self.load(&place, state, removals, gaps),
            Notice::Gap { gaps } => self.hub.note_gap(gaps),
            // That a user came or went is told to watchers alone.
            Notice::Edges { place: Place { channel, .. }, .. } if channel.user_id().is_some() => {}
            Notice::Edges { place: Place { app, channel }, edges } => {
                for edge in &edges {
                    log_edge(&app, &channel, edge);
                }
            }
        }
    }

    fn event(&self, envelope: Envelope) {
        let Envelope { app, channel, frame, except, cache, version } = envelope;
        let since = self.clock.micros();
        let now = since / 1_000;
        let cached = cache.map(|entry| Cached {
            frame: frame.clone(),
            data: entry.data,
            expires_at: now + u64::from(entry.ttl_seconds) * 1_000,
            version,
        });
        let publication = Publication { frame, except, cached, since };
        let tell = if self.is_shared { AppHub::relay } else { AppHub::publish };
        let sent = tell(&self.hub.app(&app), &channel, &publication, now);
        if sent.is_written {
            self.metrics.delivered(since, self.clock.micros());
        }
    }

    fn follow(&self, place: &Place, version: Version, change: Change) {
        self.hub.app(&place.app).follow(&place.channel, version, change, self.clock.now());
    }

    fn load(&self, place: &Place, state: State, is_complete: bool, gaps: u64) {
        let now = self.clock.now();
        let shared = Shared {
            version: state.version,
            connections: count(state.connections),
            members: state.members,
            cached: state.cached.map(|event| {
                let expires_at = now + u64::try_from(event.ttl.as_millis()).unwrap_or(Millis::MAX - now);
                (event.version, Cached { frame: event.frame, data: event.data, expires_at, version: None })
            }),
            is_complete,
            gaps,
        };
        self.hub.app(&place.app).load(&place.channel, shared, now);
    }
}

/// Logs a change that is seen from outside of a channel.
pub(crate) fn log_edge(app: &AppId, channel: &ChannelName, edge: &Edge) {
    let (edge, user) = match edge {
        Edge::Occupied => ("occupied", None),
        Edge::Vacated => ("vacated", None),
        Edge::MemberAdded(user) => ("member_added", Some(user)),
        Edge::MemberRemoved(user) => ("member_removed", Some(user)),
    };
    debug!(%app, %channel, edge, user = user.map(|user| display(Cut(user.as_str()))), "channel changed");
}

fn count(connections: u64) -> usize {
    usize::try_from(connections).unwrap_or(usize::MAX)
}
