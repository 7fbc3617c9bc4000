//! The connections that are not WebSockets, and which of them are closed when open files run low.
//!
//! Every connection is an open file, and any peer can open one without sending anything. So `PlainConnections` lists
//! the connections that are not WebSockets (yet) by their `Standing`. When all files for connections are in use, the
//! first of the list is closed for each new one, so a new connection can always be accepted. A WebSocket leaves the
//! list when it is admitted. [`ConnectionLimits::websockets`] bounds their number, and leaves the rest to backends and
//! operators.

mod list;

use std::{sync::Arc, time::Duration};

use http::{Extensions, HeaderMap};
use parking_lot::Mutex;
use tokio::{task::JoinHandle, time::sleep};
use tracing::warn;

use self::list::{List, Place, PlainEntry, Standing};
use crate::{
    clock::millis,
    edge::{LimitEffect, PeerAddress},
    node::Node,
    settings::ConnectionLimits,
    throttle::Throttle,
};

/// The time for the first complete head of a request while open files run low.
const SHORT_HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Open files run low while less than one in this many is free.
const LOW: usize = 4;
/// The delay of the answer to a wrong bearer token if too many come from its address.
const TOKEN_DELAY: Duration = Duration::from_secs(1);
/// The pause before the next attempt while no connection can be closed.
const PAUSE: Duration = Duration::from_millis(200);

/// All connections of a node that are not WebSockets.
#[derive(Debug, Default)]
pub(crate) struct PlainConnections {
    list: Mutex<List>,
    log: Throttle,
}

/// A connection of the list. It leaves the list when this is dropped.
pub struct PlainConnection {
    node: Arc<Node>,
    state: Mutex<State>,
}

struct State {
    place: Place,
    /// True after a request with a signature or token.
    is_trusted: bool,
    /// True if the connection is counted as one of its address.
    has_entered: bool,
    /// True if the connection is encrypted up to this server.
    is_tls: bool,
    peer: PeerAddress,
}

impl Node {
    /// Serves a connection in its own task, in the list of plain connections.
    pub(crate) fn spawn_plain<F>(self: &Arc<Self>, peer: PeerAddress, serve: impl FnOnce(Arc<PlainConnection>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let opened_at = self.clock.now();
        // The lock is held until the task is in the list, because the task may look for itself at once.
        let mut list = self.plain.list.lock();
        let place = list.next_place(Standing::Silent);
        let state = Mutex::new(State { place, is_trusted: false, has_entered: false, is_tls: false, peer });
        let connection = Arc::new(PlainConnection { node: self.clone(), state });
        let task = self.tasks.spawn(serve(connection.clone()));
        let key = self.addresses.pending(peer).map(|(key, _)| key);
        list.insert(place, PlainEntry { opened_at, peer, key, task });
        let excess = self.take_excess(&mut list, peer);
        // Before `connection`, whose drop takes the lock.
        drop(list);
        self.close_excess(excess);
    }

    /// The number of WebSocket connections, including those that are being closed.
    pub(crate) fn websocket_count(&self) -> usize {
        let plain = self.plain.list.lock().len();
        self.tasks.len().saturating_sub(plain)
    }

    /// Returns when there is an open file for another connection. If there is none, it closes the first of the list.
    pub(crate) async fn make_room(&self) {
        let ConnectionLimits { all, .. } = self.settings.connections;
        while self.tasks.len() >= all {
            let first = self.plain.list.lock().take_first();
            self.warn_of_low_files();
            match first {
                Some(first) => end(first.task).await,
                None => sleep(PAUSE).await,
            }
        }
    }

    /// While open files run low, closes connections that have sent nothing for [`SHORT_HEAD_TIMEOUT`].
    pub(crate) fn hurry_silent_connections(&self) {
        let ConnectionLimits { all, .. } = self.settings.connections;
        if self.tasks.len() < all - all / LOW {
            return;
        }
        let until = self.clock.now().saturating_sub(millis(SHORT_HEAD_TIMEOUT));
        let silent = self.plain.list.lock().take_silent(until);
        if !silent.is_empty() {
            self.warn_of_low_files();
        }
        for entry in silent {
            entry.task.abort();
        }
    }

    /// Takes out connections that exceed the limits of those without a complete request, after one of `peer` was added.
    fn take_excess(&self, list: &mut List, peer: PeerAddress) -> [(LimitEffect, Option<PlainEntry>); 2] {
        let of_address = self.addresses.pending(peer);
        let of_address = of_address.and_then(|(key, limit)| list.take_excess_of(key, limit.get() as usize));
        let of_all = self.settings.edge.pending_handshakes.and_then(|limit| list.take_excess(limit.get() as usize));
        [(LimitEffect::AddressPendingClosed, of_address), (LimitEffect::PendingClosed, of_all)]
    }

    fn close_excess(&self, excess: [(LimitEffect, Option<PlainEntry>); 2]) {
        for (effect, entry) in excess {
            if let Some(entry) = entry {
                entry.task.abort();
                self.note_limit(effect, entry.peer, None);
            }
        }
    }

    fn warn_of_low_files(&self) {
        if self.plain.log.allows(self.clock.now()) {
            let (open, websockets) = (self.tasks.len(), self.websocket_count());
            let limit = self.settings.connections.all;
            warn!(open, websockets, limit, "open files run low: silent connections are closed");
        }
    }
}

/// Notes that a request with these extensions had a valid signature or token. Its connection is closed only after all
/// others, and does not count for the limits of its address.
pub fn trust_connection(extensions: &Extensions) {
    if let Some(connection) = extensions.get::<Arc<PlainConnection>>() {
        connection.state.lock().is_trusted = true;
        connection.leave_address();
    }
}

/// Delays the answer to a request with a wrong bearer token if too many come from its address. A right token is never
/// delayed.
pub async fn delay_wrong_token(node: &Node, extensions: &Extensions) {
    let client = extensions.get().copied().unwrap_or_default();
    if node.addresses.take_refusal(client) {
        return;
    }
    node.note_limit(LimitEffect::TokensDelayed, client, None);
    if let Some(connection) = extensions.get::<Arc<PlainConnection>>() {
        // While it waits, it may be closed to make room.
        connection.move_to(Standing::Idle);
    }
    sleep(TOKEN_DELAY).await;
}

/// Drops a connection. Returns when its file is closed.
async fn end(task: JoinHandle<()>) {
    task.abort();
    // The error only says that the task was aborted, which was intended.
    let _ = task.await;
}

impl PlainConnection {
    /// The node of the connection.
    pub(crate) const fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// The address of its other end.
    pub fn peer(&self) -> PeerAddress {
        self.state.lock().peer
    }

    /// Notes that the connection is encrypted up to this server.
    pub(crate) fn note_tls(&self) {
        self.state.lock().is_tls = true;
    }

    /// True if the connection is encrypted up to this server.
    pub fn is_tls(&self) -> bool {
        self.state.lock().is_tls
    }

    /// The address of the client that has sent a request with these headers.
    pub(crate) fn client(&self, headers: &HeaderMap) -> PeerAddress {
        self.node.settings.trusted_proxies.client(self.peer(), headers)
    }

    /// Stores the address of the client from a PROXY header.
    pub(crate) fn set_peer(&self, peer: PeerAddress) {
        let mut state = self.state.lock();
        state.peer = peer;
        let key = self.node.addresses.pending(peer).map(|(key, _)| key);
        let mut list = self.node.plain.list.lock();
        list.set_peer(state.place, peer, key);
        let excess = self.node.take_excess(&mut list, peer);
        drop((list, state));
        self.node.close_excess(excess);
    }

    /// Notes the start of a request. False if the connection is being closed to make room: its task ends at the next
    /// await.
    pub(crate) fn begin_request(&self) -> bool {
        self.move_to(Standing::Busy)
    }

    /// Notes that the request is answered, and another may follow. False if the connection has to be closed, because
    /// its address has too many connections without a signature or token.
    pub(crate) fn end_request(&self) -> bool {
        let is_trusted = self.state.lock().is_trusted;
        self.move_to(if is_trusted { Standing::Trusted } else { Standing::Idle });
        is_trusted || self.enter_address()
    }

    /// Counts the connection as one of its address, unless it is counted already. False if there are too many.
    fn enter_address(&self) -> bool {
        let mut state = self.state.lock();
        if !state.has_entered {
            if let Err(crowded) = self.node.addresses.enter(state.peer) {
                self.node.note_limit(crowded.effect(), state.peer, None);
                return false;
            }
            state.has_entered = true;
        }
        true
    }

    fn leave_address(&self) {
        let mut state = self.state.lock();
        if state.has_entered {
            state.has_entered = false;
            self.node.addresses.leave(state.peer);
        }
    }

    fn move_to(&self, standing: Standing) -> bool {
        let mut state = self.state.lock();
        let place = self.node.plain.list.lock().change(state.place, standing);
        state.place = place.unwrap_or(state.place);
        place.is_some()
    }
}

impl Drop for PlainConnection {
    fn drop(&mut self) {
        self.leave_address();
        self.node.plain.list.lock().remove(self.state.get_mut().place);
    }
}
