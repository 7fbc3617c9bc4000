//! The state of one client.

use std::{
    collections::HashMap,
    hash::{BuildHasher, DefaultHasher, RandomState},
    sync::{Arc, LazyLock},
};

use bytes::Bytes;
use clairon_hub::{AppHub, Session};
use clairon_protocol::{AppId, ChannelName, ClientCommand, Event, Limits, Member};
use tracing::debug;

use super::{
    client_event::{AdmittedEvent, RateWindow},
    libraries::LibraryId,
};
use crate::{
    edge::{Due, LimitEffect, Pace, PeerAddress},
    event_frame,
    live_feed::{Activity, ActivityKind, ClientDetails},
    node::Node,
    peers::{Seat, UserStay},
    refusals::Refused,
};

/// A client that is admitted to an app. When it is dropped, in whatever way the connection ended, the client leaves its
/// channels and is signed out.
pub(super) struct Connection {
    pub(super) node: Arc<Node>,
    pub(super) hub: Arc<AppHub>,
    pub(super) session: Arc<Session>,
    /// The client's channels. The channel for the events of its own user has no seat, because those go to all
    /// connections of the user.
    pub(super) subscriptions: HashMap<ChannelName, Option<Seat>, ProcessKeys>,
    /// Boxed, because most clients never sign in.
    pub(super) user: Option<Box<SignedInUser>>,
    pub(super) client_events: RateWindow,
    pub(super) pace: Pace,
    pub(super) library: LibraryId,
    /// True if the connection is counted on all nodes.
    pub(super) is_counted: bool,
}

/// The keys for the hashes of all connections' maps. A map with keys of its own would be larger.
#[derive(Clone, Copy, Default)]
pub(super) struct ProcessKeys;

impl BuildHasher for ProcessKeys {
    type Hasher = DefaultHasher;

    fn build_hasher(&self) -> DefaultHasher {
        static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        KEYS.build_hasher()
    }
}

/// The user of a signed-in client.
pub(super) struct SignedInUser {
    /// The member for presence channels whose subscription names none.
    pub(super) member: Member,
    pub(super) stay: UserStay,
}

impl Connection {
    pub(super) fn new(node: Arc<Node>, hub: Arc<AppHub>, session: Arc<Session>, library: LibraryId) -> Self {
        Self {
            node,
            hub,
            session,
            subscriptions: HashMap::default(),
            user: None,
            client_events: RateWindow::default(),
            pace: Pace::default(),
            library,
            is_counted: false,
        }
    }

    /// The first message to the client. `details` are for watchers.
    pub(super) fn greeting(&self, details: Option<Box<ClientDetails>>) -> Bytes {
        let activity_timeout = self.node.settings.heartbeat.activity_timeout_seconds;
        debug!(app = %self.app_id(), socket = %self.session.id(), peer = %self.peer(), "connected");
        self.observe(ActivityKind::Connected, |connected| connected.client(details));
        event_frame::encode(&Event::ConnectionEstablished { socket_id: self.session.id(), activity_timeout })
    }

    /// The largest message of the client at present, in bytes. For a deleted app it is the default, because its
    /// connections are being closed.
    pub(super) fn message_limit(&self) -> usize {
        self.node.apps.by_id(self.app_id()).map_or_else(Limits::default, |app| app.limits).message_bytes()
    }

    /// Performs a command. A client event is not published but returned. A deleted or disabled app performs nothing
    /// more, because its connections are being closed.
    pub(super) fn handle<'a>(&mut self, text: &'a str) -> Option<AdmittedEvent<'a>> {
        let app = self.node.enabled_app(self.app_id())?;
        match ClientCommand::parse(text) {
            Ok(ClientCommand::Ping) => self.send(&Event::Pong),
            Ok(ClientCommand::Pong) => {}
            Ok(ClientCommand::Subscribe(subscribe)) => self.subscribe(&app, &subscribe),
            Ok(ClientCommand::Unsubscribe { channel }) => self.unsubscribe(&app, &channel),
            Ok(ClientCommand::SignIn(sign_in)) => self.sign_in(&app, &sign_in),
            Ok(ClientCommand::ClientEvent(event)) => return self.admit_event(app, event),
            Err(error) => {
                self.note_refusal(Refused::MessageInvalid, |refused| refused.because(&error));
                self.complain(None, &error.to_string());
            }
        }
        None
    }

    /// Sends an activity of this client to the watchers.
    pub(super) fn observe(&self, kind: ActivityKind, more: impl FnOnce(Activity) -> Activity) {
        self.node.observe(|| more(Activity::new(kind).app(self.app_id()).socket(self.session.id()).peer(self.peer())));
    }

    pub(super) fn note_refusal(&self, refused: Refused, more: impl FnOnce(Activity) -> Activity) {
        self.node.note_refusal(refused, Some(self.app_id()), |refused| {
            more(refused.socket(self.session.id()).peer(self.peer()))
        });
    }

    /// Charges the client for messages to others that it causes.
    pub(super) fn charge_fanout(&mut self, messages: usize) {
        self.pace.charge(Due::Fanout, messages, &self.node.settings.edge.pace);
    }

    /// Notes what a limit does to this client.
    pub(super) fn note_limit(&self, effect: LimitEffect) {
        self.node.note_limit(effect, self.peer(), Some(self.app_id()));
    }

    pub(super) fn send(&self, event: &Event<'_>) {
        self.session.send(event_frame::encode(event));
    }

    /// Sends an error to the client. The connection stays open, so the code is not one that closes connections.
    pub(super) fn complain(&self, code: Option<u16>, message: &str) {
        self.send(&Event::Error { code, message });
    }

    /// The address of its other end.
    pub(super) fn peer(&self) -> PeerAddress {
        self.session.address().into()
    }

    /// The app's id.
    pub(super) fn app_id(&self) -> &AppId {
        self.hub.id()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let app = self.node.apps.by_id(self.app_id());
        let (peers, id) = (&self.node.peers, self.session.id());
        for seat in self.subscriptions.values().flatten() {
            peers.leave((app.as_deref(), &self.hub), id, seat);
        }
        if let Some(user) = &self.user {
            peers.sign_out(&self.hub, id, &user.stay);
        }
        self.hub.disconnect(id);
        self.node.addresses.leave(self.peer());
        self.node.partials.remove(id);
        self.node.inspections.forget(id);
        self.node.libraries.leave(self.library);
        if self.is_counted {
            peers.dismiss(self.app_id());
        }
        debug!(app = %self.app_id(), socket = %self.session.id(), "disconnected");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every idle connection has one.
    #[test]
    fn a_connection_is_small() {
        assert!(size_of::<Connection>() <= 104, "{} bytes", size_of::<Connection>());
    }
}
