//! What one client is doing here.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use clairon_hub::{AppHub, Channel, Edge, Session, SignedIn};
use clairon_protocol::{AppId, ChannelName, Command, Event, Limits, Member, UserId};
use clairon_registry::App;
use tokio::task::AbortHandle;
use tracing::debug;

use super::{client_event::RateWindow, shared::SharedUser};
use crate::{
    cut::Cut,
    deliver::log_edge,
    live::{Happening, Kind},
    node::Node,
    refusals::Refused,
    wire,
};

/// One client, admitted to one app. When it is dropped, however the connection ended, the client leaves everything.
pub(super) struct Connection {
    pub(super) node: Arc<Node>,
    pub(super) app_id: AppId,
    pub(super) hub: Arc<AppHub>,
    pub(super) session: Arc<Session>,
    pub(super) subscriptions: HashMap<ChannelName, Subscription>,
    /// Boxed: most clients never sign in.
    pub(super) user: Option<Box<SignedInUser>>,
    pub(super) client_events: RateWindow,
    /// Whether all nodes together have counted it.
    pub(super) is_counted: bool,
}

/// One channel of a client.
pub(super) struct Subscription {
    /// `None` for the channel of the user's own events, which needs no list: those go to all of its connections.
    pub(super) channel: Option<Arc<Channel>>,
    /// Which member it makes the client, on a presence channel.
    pub(super) user_id: Option<UserId>,
    /// On one of many nodes: who waits for the ledger.
    pub(super) joining: Option<AbortHandle>,
}

/// Whom a client has signed in as.
pub(super) struct SignedInUser {
    pub(super) member: Member,
    pub(super) stay: SignedIn,
    /// On one of many nodes: the way into the ledger.
    pub(super) shared: Option<SharedUser>,
}

impl Connection {
    pub(super) fn new(node: Arc<Node>, app: &App, hub: Arc<AppHub>, session: Arc<Session>) -> Self {
        Self {
            node,
            app_id: app.id.clone(),
            hub,
            session,
            subscriptions: HashMap::new(),
            user: None,
            client_events: RateWindow::default(),
            is_counted: false,
        }
    }

    /// What greets the client: nothing else may come first.
    pub(super) fn greeting(&self) -> Bytes {
        let activity_timeout = self.node.settings.heartbeat.activity_timeout_seconds;
        debug!(app = %self.app_id, socket = %self.session.id(), "connected");
        self.observe(Kind::Connected, |connected| connected);
        wire::encode(&Event::ConnectionEstablished { socket_id: self.session.id(), activity_timeout })
    }

    /// The longest message that the client may send at present, in bytes. An app that is gone bounds nothing any more, and
    /// its sockets are being closed.
    pub(super) fn message_limit(&self) -> usize {
        self.node.apps.by_id(&self.app_id).map_or_else(Limits::default, |app| app.limits).message_bytes()
    }

    /// Does what the client says. An app that is gone or switched off does nothing more: its sockets are being closed.
    pub(super) async fn handle(&mut self, text: &str) {
        let Some(app) = self.node.enabled_app(&self.app_id) else { return };
        match Command::parse(text) {
            Ok(Command::Ping) => self.send(&Event::Pong),
            Ok(Command::Pong) => {}
            Ok(Command::Subscribe(subscribe)) => self.subscribe(&app, &subscribe),
            Ok(Command::Unsubscribe { channel }) => self.unsubscribe(&app, &channel),
            Ok(Command::SignIn(sign_in)) => self.sign_in(&app, &sign_in),
            Ok(Command::ClientEvent(event)) => self.client_event(&app, event).await,
            Err(error) => {
                let message = error.to_string();
                debug!(app = %app.id, socket = %self.session.id(), error = %Cut(&message), "message not understood");
                self.complain(None, &message);
            }
        }
    }

    /// Tells those who watch the server of something that this client did.
    pub(super) fn observe(&self, kind: Kind, more: impl FnOnce(Happening) -> Happening) {
        self.node.observe(|| more(Happening::new(kind).app(&self.app_id).socket(self.session.id())));
    }

    pub(super) fn note_refusal(&self, refused: Refused, more: impl FnOnce(Happening) -> Happening) {
        self.node.note_refusal(refused, |refused| more(refused.app(&self.app_id).socket(self.session.id())));
    }

    pub(super) fn send(&self, event: &Event<'_>) {
        self.session.send(wire::encode(event));
    }

    /// Tells the client that something was not done. The connection stays, so the code is none of those that close one.
    pub(super) fn complain(&self, code: Option<u16>, message: &str) {
        self.send(&Event::Error { code, message });
    }

    /// Ends a subscription.
    pub(super) fn leave(&self, name: &ChannelName, subscription: &Subscription, counts: bool) {
        match (&self.node.cluster, &subscription.channel) {
            (Some(cluster), _) => self.part(cluster, name, subscription, counts),
            (None, Some(channel)) => {
                let now = self.node.clock.now();
                self.log_edges(name, &self.hub.leave(channel, self.session.id(), counts, now));
            }
            (None, None) => {}
        }
    }

    /// Logs the changes that are seen from outside of a channel.
    pub(super) fn log_edges(&self, channel: &ChannelName, edges: &[Edge]) {
        for edge in edges {
            log_edge(&self.app_id, channel, edge);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let counts = self.node.apps.by_id(&self.app_id).is_some_and(|app| app.subscription_counts);
        for (name, subscription) in std::mem::take(&mut self.subscriptions) {
            self.leave(&name, &subscription, counts);
        }
        match (&self.node.cluster, &self.user) {
            (Some(cluster), Some(user)) => self.sign_out_shared(cluster, user),
            (None, Some(user)) => self.hub.sign_out(self.session.id(), &user.stay),
            (_, None) => {}
        }
        self.hub.disconnect(self.session.id());
        if let Some(cluster) = self.node.cluster.as_ref().filter(|_| self.is_counted) {
            cluster.disconnect_client(&self.app_id);
        }
        debug!(app = %self.app_id, socket = %self.session.id(), "disconnected");
    }
}
