//! Subscribing and unsubscribing.

use clairon_hub::{RecoveryRequest, Session, Subscriber};
use clairon_protocol::{
    AppId, ChannelKind, ChannelName, Epoch, Event, Member, NoRoom, Recover, Secret, Subscribe, UserId,
    auth::subscription_signature,
};
use clairon_registry::App;
use tracing::debug;

use super::connection::Connection;
use crate::{
    edge::PeerAddress,
    event_frame,
    explain::SignedSubscription,
    live_feed::{Activity, ActivityKind},
    node::Node,
    peer_text::start_of,
    peers::{Joined, Settled, wishes_of},
    recoveries,
    refusals::Refused,
};

/// A refused subscription: the message for the client, and the reason for the log if it is more exact.
pub(super) struct SubscriptionRefusal {
    status: u16,
    message: String,
    reason: Option<String>,
}

/// A channel's name is repeated to the client up to this many characters, more than any app allows. The client's
/// library finds the channel by its name.
const REPEATED_CHARS: usize = 1_024;

impl SubscriptionRefusal {
    fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), reason: None }
    }

    /// Sends the refusal to the client, and logs it. The connection stays open.
    pub(super) fn tell(&self, node: &Node, app: &AppId, session: &Session, peer: PeerAddress, channel: &str) {
        let Self { status, message, reason } = self;
        node.note_refusal(Refused::subscription(*status), Some(app), |refused| {
            let reason = reason.as_deref().unwrap_or(message);
            refused.socket(session.id()).peer(peer).channel(channel).code(*status).because(reason)
        });
        let channel = start_of(channel, REPEATED_CHARS);
        session.send(event_frame::encode(&Event::SubscriptionError { channel, error: message, status: *status }));
        session.send(event_frame::encode(&Event::Error { code: None, message }));
    }
}

impl Connection {
    /// Subscribes the client to a channel. The connection stays open even if this is refused.
    pub(super) fn subscribe(&mut self, app: &App, subscribe: &Subscribe) {
        if let Err(refusal) = self.try_subscribe(app, subscribe) {
            refusal.tell(&self.node, &app.id, &self.session, self.peer(), &subscribe.channel);
        }
    }

    fn try_subscribe(&mut self, app: &App, subscribe: &Subscribe) -> Result<(), SubscriptionRefusal> {
        let name = ChannelName::parse(&subscribe.channel, &app.limits)
            .map_err(|invalid| SubscriptionRefusal::new(400, invalid.to_string()))?;
        let limit = app.limits.subscriptions_per_connection as usize;
        if self.subscriptions.len() >= limit && !self.subscriptions.contains_key(&name) {
            let message = format!("the connection has {limit} subscriptions, which is the limit");
            return Err(SubscriptionRefusal::new(403, message));
        }
        match name.kind() {
            ChannelKind::ServerToUser => self.subscribe_to_user(app, name, &subscribe.recover)?,
            ChannelKind::Public => self.join(app, name, None, &subscribe.recover),
            ChannelKind::Private | ChannelKind::Encrypted => {
                self.authorize(app, subscribe)?;
                self.join(app, name, None, &subscribe.recover);
            }
            ChannelKind::Presence => {
                self.authorize(app, subscribe)?;
                let member = self.member(app, subscribe)?;
                self.join(app, name, Some(member), &subscribe.recover);
            }
        }
        Ok(())
    }

    /// Checks that the app's backend has signed this subscription, for this connection.
    fn authorize(&self, app: &App, subscribe: &Subscribe) -> Result<(), SubscriptionRefusal> {
        let (channel, data) = (subscribe.channel.as_str(), subscribe.channel_data.as_deref());
        let socket_id = self.session.id();
        let sign = |secret: &Secret| subscription_signature(secret, socket_id, channel, data);
        app.credentials
            .verify(subscribe.auth.as_deref(), sign)
            .map(|credential| {
                self.node.key_uses.note(credential);
                self.session.authorize();
            })
            .map_err(|invalid| {
                let auth = subscribe.auth.as_deref();
                let signed = SignedSubscription { auth, socket_id, channel, data };
                let others: Vec<&str> = self.subscriptions.keys().map(ChannelName::as_str).collect();
                let reason =
                    self.node.explain(self.peer()).subscription(&self.node.apps, app, &signed, invalid, &others);
                SubscriptionRefusal { status: 401, message: invalid.to_string(), reason: Some(reason) }
            })
    }

    /// The member that a subscription to a presence channel adds: the one in its data, otherwise the signed-in user.
    fn member(&self, app: &App, subscribe: &Subscribe) -> Result<Member, SubscriptionRefusal> {
        match (&subscribe.channel_data, &self.user) {
            (Some(data), _) => {
                Member::parse(data, &app.limits).map_err(|invalid| SubscriptionRefusal::new(400, invalid.to_string()))
            }
            (None, Some(user)) => Ok(user.member.clone()),
            (None, None) => {
                let message = "Missing parameter: data.channel_data (a presence channel needs it, or a signed-in user)";
                Err(SubscriptionRefusal::new(400, message))
            }
        }
    }

    /// Subscribes the client. It gets the success when the subscription is made, or the refusal.
    fn join(&mut self, app: &App, name: ChannelName, member: Option<Member>, recover: &Recover) {
        let (node, session) = (self.node.clone(), self.session.clone());
        let (app_id, channel, peer) = (app.id.clone(), name.clone(), self.peer());
        let user_id = member.as_ref().map(|member| member.user_id.clone());
        let settle = move |joined: Result<Settled, NoRoom>| match joined {
            Ok(Settled { is_new, recovery }) => {
                if is_new {
                    debug!(app = %app_id, socket = %session.id(), channel = %node.shown(channel.as_str()), "subscribed");
                    node.observe(|| {
                        let done = Activity::new(ActivityKind::Subscribed).app(&app_id).socket(session.id()).peer(peer);
                        done.channel(channel.as_str()).user(user_id.as_ref().map(UserId::as_str))
                    });
                }
                if let Some(recovery) = recovery {
                    recoveries::note(&node, &app_id, &session, peer, &channel, recovery);
                }
            }
            Err(no_room) => SubscriptionRefusal::new(403, no_room.to_string()).tell(
                &node,
                &app_id,
                &session,
                peer,
                channel.as_str(),
            ),
        };
        let subscriber = Subscriber {
            session: &self.session,
            member,
            room: app.limits.presence_room(),
            max_channels: app.limits.max_channels(),
            wishes: wishes_of(app),
            recovery: request(app, recover),
        };
        let Joined { seat, witnesses } = self.node.peers.join((app, &self.hub), &name, subscriber, settle);
        if let Some(seat) = seat {
            self.subscriptions.insert(name, Some(seat));
        }
        self.charge_fanout(witnesses);
    }

    /// Subscribes a signed-in user to the events for that user. Others are refused.
    fn subscribe_to_user(
        &mut self,
        app: &App,
        name: ChannelName,
        recover: &Recover,
    ) -> Result<(), SubscriptionRefusal> {
        let is_own = self.user.as_ref().is_some_and(|user| name.user_id() == Some(user.stay.user_id()));
        if !is_own {
            return Err(SubscriptionRefusal::new(403, "the channel is for connections that are signed in as its user"));
        }
        if let Some(request) = request(app, recover) {
            let (node, session, peer) = (self.node.clone(), self.session.clone(), self.peer());
            let (app_id, channel) = (app.id.clone(), name.clone());
            let settle = move |recovery| recoveries::note(&node, &app_id, &session, peer, &channel, recovery);
            self.node.peers.subscribe_to_user(&self.hub, &self.session, &name, &request, settle);
        } else {
            self.stop_recovery(&name);
            self.send(&Event::SubscriptionSucceeded { channel: &name, members: None });
        }
        self.observe(ActivityKind::Subscribed, |done| done.channel(name.as_str()));
        self.subscriptions.insert(name, None);
        Ok(())
    }

    /// Ends a subscription. There is no answer. Without a subscription nothing happens.
    pub(super) fn unsubscribe(&mut self, app: &App, channel: &str) {
        let Some((name, seat)) = self.subscriptions.remove_entry(channel) else { return };
        debug!(app = %app.id, socket = %self.session.id(), channel = %self.node.shown(name.as_str()), "unsubscribed");
        self.observe(ActivityKind::Unsubscribed, |done| done.channel(name.as_str()));
        if let Some(seat) = &seat {
            let witnesses = self.node.peers.leave((Some(app), &self.hub), self.session.id(), seat);
            self.charge_fanout(witnesses);
        } else {
            self.stop_recovery(&name);
        }
    }

    /// Makes a subscription to the channel of a user one that does not ask for recovery.
    fn stop_recovery(&self, name: &ChannelName) {
        if let Some(user_id) = name.user_id() {
            self.node.peers.unsubscribe_from_user(&self.hub, self.session.id(), user_id);
        }
    }
}

/// The request for recovery of a subscription, if the app has it.
fn request<'a>(app: &'a App, recover: &'a Recover) -> Option<RecoveryRequest<'a>> {
    let resume = match recover {
        Recover::No => return None,
        Recover::Begin => None,
        Recover::Resume(resume) => Some(&**resume),
    };
    let epoch = Epoch::from_random(rand::random());
    app.recovery.then(|| RecoveryRequest { app: &app.id, resume, room: app.log_room(), epoch })
}
