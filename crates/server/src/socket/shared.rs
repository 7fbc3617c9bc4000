//! Clients of one of many nodes: the ledger decides, and the client is told when it has.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use clairon_cluster::{Cluster, Joining};
use clairon_hub::{Expected, Parted, SignedIn, Subscriber};
use clairon_protocol::{ChannelName, UserId};
use clairon_registry::App;
use tokio::task::AbortHandle;
use tracing::debug;

use super::{
    connection::{Connection, SignedInUser, Subscription},
    subscribe::Refusal,
};
use crate::{
    cut::Cut,
    live::{Happening, Kind},
};

/// A signed-in user on the way into the ledger, or in it.
pub(super) struct SharedUser {
    joining: AbortHandle,
    /// Set by the first of two: the ledger's answer, and the client's end.
    is_settled: Arc<AtomicBool>,
}

impl Connection {
    /// Counts the client among those of all nodes. An error says how many there may be.
    pub(super) async fn count(&mut self, cluster: &Cluster, capacity: Option<u64>) -> Result<(), u64> {
        cluster.connect_client(&self.app_id, capacity).await.map_err(|over| over.limit)?;
        self.is_counted = true;
        Ok(())
    }

    /// Lets the client wait for its subscription. Meanwhile it may say what it likes; an outage makes it wait longer.
    pub(super) fn join_shared(&mut self, cluster: &Cluster, app: &App, name: ChannelName, subscriber: Subscriber<'_>) {
        let (channel, expected) = self.hub.expect(&name, &subscriber);
        let Expected::Newcomer { is_loaded } = expected else { return };
        let Subscriber { session, member, max_members, counts } = subscriber;
        let user_id = member.as_ref().map(|member| member.user_id.clone());
        let joined = cluster.join(&app.id, &name, Joining { member, max_members, counts, wants_state: !is_loaded });
        let (node, hub, cluster) = (self.node.clone(), self.hub.clone(), cluster.clone());
        let (session, app, awaited) = (session.clone(), app.id.clone(), channel.clone());
        let (place, user) = (name.clone(), user_id.clone());
        let joining = tokio::spawn(async move {
            let answer = joined.await;
            let now = node.clock.now();
            match answer {
                Ok(joined) if hub.admit(&awaited, session.id(), joined.version, now) => {
                    debug!(%app, socket = %session.id(), channel = %Cut(place.as_str()), "subscribed");
                    node.observe(|| {
                        let user = user.as_ref().map(UserId::as_str);
                        let done = Happening::new(Kind::Subscribed).app(&app).socket(session.id());
                        done.channel(place.as_str()).user(user)
                    });
                }
                // It has left between the answer and now.
                Ok(_) => cluster.leave(&app, &place, user.as_ref(), counts),
                Err(full) => {
                    if hub.part(&awaited, session.id(), now) != Parted::Stranger {
                        Refusal::full(full.limit).tell(&node, &app, &session, place.as_str());
                    }
                }
            }
        });
        let joining = Some(joining.abort_handle());
        self.subscriptions.insert(name, Subscription { channel: Some(channel), user_id, joining });
    }

    /// Ends a subscription, or the wait for one.
    pub(super) fn part(&self, cluster: &Cluster, name: &ChannelName, subscription: &Subscription, counts: bool) {
        let Some(channel) = &subscription.channel else { return };
        match (self.hub.part(channel, self.session.id(), self.node.clock.now()), &subscription.joining) {
            (Parted::Admitted, _) => cluster.leave(&self.app_id, name, subscription.user_id.as_ref(), counts),
            // A join that is dropped is undone.
            (Parted::Waiting, Some(joining)) => joining.abort(),
            (Parted::Waiting | Parted::Stranger, _) => {}
        }
    }

    /// Makes the client a user on all nodes; it gets its answers when all can reach it.
    pub(super) fn sign_in_shared(&self, cluster: &Cluster, stay: &SignedIn, answers: Vec<Bytes>) -> SharedUser {
        self.hub.sign_in_shared(&self.session, stay);
        let channel = ChannelName::of_user(&UserId::from(&*stay.user_id));
        let joining = Joining { member: None, max_members: 0, counts: false, wants_state: false };
        let joined = cluster.join(&self.app_id, &channel, joining);
        for watched in &stay.watchlist {
            cluster.watch(&self.app_id, &UserId::from(&**watched));
        }
        let (session, hub, stay) = (self.session.clone(), self.hub.clone(), stay.clone());
        let (cluster, app) = (cluster.clone(), self.app_id.clone());
        let is_settled = Arc::new(AtomicBool::new(false));
        let answered = is_settled.clone();
        let joining = tokio::spawn(async move {
            let is_in = joined.await.is_ok();
            if answered.swap(true, Ordering::AcqRel) {
                cluster.leave(&app, &channel, None, false);
            } else if is_in {
                session.send_all(answers);
                hub.tell_watchlist(&session, &stay);
            }
        });
        SharedUser { joining: joining.abort_handle(), is_settled }
    }

    /// Ends the client's stay as a user.
    pub(super) fn sign_out_shared(&self, cluster: &Cluster, user: &SignedInUser) {
        let SignedInUser { stay, shared, .. } = user;
        self.hub.sign_out_shared(self.session.id(), stay);
        for watched in &stay.watchlist {
            cluster.unwatch(&self.app_id, &UserId::from(&**watched));
        }
        let Some(SharedUser { joining, is_settled }) = shared else { return };
        if is_settled.swap(true, Ordering::AcqRel) {
            cluster.leave(&self.app_id, &ChannelName::of_user(&UserId::from(&*stay.user_id)), None, false);
        } else {
            joining.abort();
        }
    }
}
