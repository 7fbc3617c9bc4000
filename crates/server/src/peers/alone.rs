//! A node without others: the hub decides immediately.

use clairon_hub::{Channel, Join, Subscriber, Wishes};
use clairon_protocol::{AppId, ChannelName, Edge, NoRoom, SocketId, StampedEdge};
use clairon_webhooks::Cause;

use super::{Joined, LocalApp, Seat, deliver::Delivery};

/// The verbs of [`Peers`](super::Peers) on a lone node.
pub(crate) struct Alone {
    pub(super) delivery: Delivery,
}

impl Alone {
    pub(super) const fn new(delivery: Delivery) -> Self {
        Self { delivery }
    }

    pub(super) fn join(
        &self,
        app: LocalApp<'_>,
        name: &ChannelName,
        subscriber: &Subscriber<'_>,
        settle: impl FnOnce(Result<(), NoRoom>),
    ) -> Joined {
        match app.hub.join(name, subscriber, self.delivery.now()) {
            Ok((_, Join::Already)) => Joined::NOTHING,
            Ok((channel, Join::Joined(edges))) => {
                settle(Ok(()));
                self.note_edges(app, name, &edges);
                let witnesses = witnesses(&channel, subscriber.wishes, &edges).saturating_sub(1);
                let user_id = subscriber.member.as_ref().map(|member| member.user_id.clone());
                Joined { seat: Some(Seat { channel, user_id, joining: None }), witnesses }
            }
            Err(full) => {
                settle(Err(full));
                Joined::NOTHING
            }
        }
    }

    pub(super) fn leave(&self, app: LocalApp<'_>, connection: SocketId, seat: &Seat, wishes: Wishes) -> usize {
        let edges = app.hub.leave(&seat.channel, connection, wishes, self.delivery.now());
        self.note_edges(app, seat.channel.name(), &edges);
        witnesses(&seat.channel, wishes, &edges)
    }

    fn note_edges(&self, app: LocalApp<'_>, channel: &ChannelName, edges: &[StampedEdge]) {
        if !edges.is_empty() {
            self.delivery.log_edges(app.id, channel, edges);
            if app.has_endpoints {
                self.delivery.announce(app.id, channel, edges, Cause::Left);
            }
        }
    }

    pub(super) fn terminate(&self, app: &AppId, user_id: &str) {
        self.delivery.terminate(app, user_id);
    }
}

/// The number of connections that are notified of a subscription or its end, with these consequences.
fn witnesses(channel: &Channel, wishes: Wishes, edges: &[StampedEdge]) -> usize {
    let is_of_member = |stamped: &StampedEdge| matches!(stamped.edge, Edge::MemberAdded(_) | Edge::MemberRemoved(_));
    channel.witnesses(edges.iter().any(is_of_member), wishes.counts)
}
