//! What operators read of an app's connections and channels.
//!
//! A list is copied under its lock, and nothing is compared or written there. So a list of very many connections delays
//! no event.

use std::sync::Arc;

use clairon_protocol::{Member, SocketId, UserId};

use crate::{AppHub, Channel, ChannelSummary, Occupancy, Session};

impl AppHub {
    /// The connection with this id; `None` if it is of another app or node, or has ended.
    #[must_use]
    pub fn session(&self, connection: SocketId) -> Option<Arc<Session>> {
        self.sessions.of(&connection).get(&connection).cloned()
    }

    /// The signed-in connections, each with the id of its user, in no order.
    #[must_use]
    pub fn signed_in(&self) -> Vec<(SocketId, Arc<str>)> {
        self.users.lock().signed_in()
    }

    /// The connections that are signed in as a user.
    #[must_use]
    pub fn connections_of(&self, user_id: &str) -> Vec<SocketId> {
        self.users.lock().connections(user_id).iter().map(|session| session.id()).collect()
    }

    /// All channels of this node, in no order: those with subscribers, those that remember an event, and those that a
    /// connection waits for.
    #[must_use]
    pub fn present_channels(&self) -> Vec<Arc<Channel>> {
        self.channels.values(|_| true)
    }

    /// The channels with subscribers and with a name that starts with `prefix`, sorted by name.
    #[must_use]
    pub fn channels(&self, prefix: &str) -> Vec<ChannelSummary> {
        let matching = self.channels.values(|name| name.as_str().starts_with(prefix));
        let mut summaries: Vec<_> = matching.iter().map(|channel| channel.summary()).collect();
        summaries.retain(|summary| summary.subscription_count > 0);
        summaries.sort_by(|one, other| one.name.cmp(&other.name));
        summaries
    }

    /// The number of channels and subscriptions.
    #[must_use]
    pub fn occupancy(&self) -> Occupancy {
        let subscriptions = self.channels.values(|_| true).into_iter().map(|channel| channel.subscription_count());
        subscriptions.filter(|count| *count > 0).fold(Occupancy::default(), |sum, count| Occupancy {
            channels: sum.channels + 1,
            subscriptions: sum.subscriptions + count,
        })
    }
}

impl Channel {
    /// The subscribed connections, in no order.
    #[must_use]
    pub fn subscribers(&self) -> Vec<SocketId> {
        self.state.lock().subscribers.ids()
    }

    /// Up to `limit` members, in the order in which they joined. There are none on a channel that is no presence
    /// channel.
    #[must_use]
    pub fn first_members(&self, limit: usize) -> Vec<Member> {
        self.state.lock().members().take(limit).cloned().collect()
    }

    /// True if the user is a member, on any node.
    #[must_use]
    pub fn has_member(&self, user_id: &UserId) -> bool {
        self.state.lock().members.as_ref().is_some_and(|members| members.contains_key(user_id))
    }
}
