//! Subscriptions and users on one of many nodes: the ledger decides, and the client is told when it has.

use clairon_cluster::{Cluster, Joining};
use clairon_hub::{Expected, SignedIn, Subscriber};
use clairon_protocol::{ChannelName, Event, UserId};
use clairon_registry::App;
use tracing::debug;

use super::{
    connection::{Connection, Subscription},
    subscribe::Refusal,
};
use crate::{cut::Cut, wire};

impl Connection {
    /// Lets the client wait for its subscription. Meanwhile it may say what it likes; an outage makes it wait longer.
    pub(super) fn join_shared(&mut self, cluster: &Cluster, app: &App, name: ChannelName, subscriber: Subscriber<'_>) {
        let (channel, expected) = self.hub.expect(&name, &subscriber);
        if expected == Expected::Already {
            return;
        }
        let Subscriber { session, member, max_members, counts } = subscriber;
        let user_id = member.as_ref().map(|member| member.user_id.clone());
        let joined = cluster.join(&app.id, &name, Joining { member, max_members, counts });
        let (node, hub, session, app) = (self.node.clone(), self.hub.clone(), session.clone(), app.id.clone());
        self.subscriptions.insert(name.clone(), Subscription { channel: Some(channel.clone()), user_id });
        tokio::spawn(async move {
            match joined.await {
                Ok(joined) => {
                    debug!(%app, socket = %session.id(), channel = %Cut(name.as_str()), "subscribed");
                    hub.admit(&channel, session.id(), joined.version, node.clock.now());
                }
                // Where the client has left meanwhile, it is not to be told.
                Err(_) if !hub.part(&channel, session.id(), node.clock.now()) => {}
                Err(full) => Refusal::full(full.limit).tell(&node, &app, &session, name.as_str()),
            }
        });
    }

    /// Ends a subscription, or the wait for one.
    pub(super) fn part(&self, cluster: &Cluster, name: &ChannelName, subscription: &Subscription, counts: bool) {
        let Some(channel) = &subscription.channel else { return };
        if self.hub.part(channel, self.session.id(), self.node.clock.now()) {
            cluster.leave(&self.app_id, name, subscription.user_id.as_ref(), counts);
        }
    }

    /// Makes the client a user on all nodes; its success is told when all can reach it.
    pub(super) fn sign_in_shared(&self, cluster: &Cluster, stay: &SignedIn, user_data: &str) {
        self.hub.sign_in_shared(&self.session, stay);
        let channel = ChannelName::of_user(&stay.user_id);
        let joined = cluster.join(&self.app_id, &channel, Joining { member: None, max_members: 0, counts: false });
        for watched in &stay.watchlist {
            cluster.watch(&self.app_id, &UserId::from(&**watched));
        }
        let (session, success) = (self.session.clone(), wire::encode(&Event::SignInSuccess { user_data }));
        tokio::spawn(async move {
            if joined.await.is_ok() {
                session.send(success);
            }
        });
    }

    /// Ends the client's stay as a user.
    pub(super) fn sign_out_shared(&self, cluster: &Cluster, stay: &SignedIn) {
        self.hub.sign_out_shared(self.session.id(), stay);
        cluster.leave(&self.app_id, &ChannelName::of_user(&stay.user_id), None, false);
        for watched in &stay.watchlist {
            cluster.unwatch(&self.app_id, &UserId::from(&**watched));
        }
    }
}
