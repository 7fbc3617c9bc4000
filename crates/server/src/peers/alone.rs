//! A node without others: the hub decides immediately.

use clairon_hub::{Join, Subscriber};
use clairon_protocol::{AppId, ChannelName, NoRoom, SocketId};

use super::{LocalApp, Seat, deliver::Delivery};

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
    ) -> Option<Seat> {
        match app.hub.join(name, subscriber, self.delivery.now()) {
            Ok((_, Join::Already)) => None,
            Ok((channel, Join::Joined(edges))) => {
                settle(Ok(()));
                self.delivery.log_edges(app.id, name, &edges);
                let user_id = subscriber.member.as_ref().map(|member| member.user_id.clone());
                Some(Seat { channel, user_id, joining: None })
            }
            Err(full) => {
                settle(Err(full));
                None
            }
        }
    }

    pub(super) fn leave(&self, app: LocalApp<'_>, connection: SocketId, seat: &Seat, counts: bool) {
        let edges = app.hub.leave(&seat.channel, connection, counts, self.delivery.now());
        self.delivery.log_edges(app.id, seat.channel.name(), &edges);
    }

    pub(super) fn terminate(&self, app: &AppId, user_id: &str) {
        self.delivery.terminate(app, user_id);
    }
}
