//! The connections that are not WebSockets, and which of them are closed when open files run low.
//!
//! Every connection is an open file, and any peer can open one without sending anything. So [`PlainConnections`] lists
//! the connections that are not WebSockets (yet) by their [`Standing`]. When all files for connections are in use, the
//! first of the list is closed for each new one, so a new connection can always be accepted. A WebSocket leaves the
//! list when it is admitted. [`ConnectionLimits::websockets`] bounds their number, and leaves the rest to backends and
//! operators.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use clairon_hub::Millis;
use http::{Extensions, HeaderMap};
use parking_lot::Mutex;
use tokio::{task::JoinHandle, time::sleep};
use tracing::warn;

use crate::{clock::millis, edge::PeerAddress, node::Node, settings::ConnectionLimits, throttle::Throttle};

/// The time for the first complete head of a request while open files run low.
const SHORT_HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Open files run low while less than one in this many is free.
const LOW: usize = 4;
/// The pause before the next attempt while no connection can be closed.
const PAUSE: Duration = Duration::from_millis(200);

/// What is known of a connection. Connections with a lower standing are closed first, and among equals the one that has
/// had it for longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    /// It has sent no complete request, or it is a refused WebSocket that is being closed.
    Silent,
    /// It is kept open after a request without a signature or token.
    Idle,
    /// It is kept open after a request with a signature or a token.
    Trusted,
    /// A request is being answered. It is never closed.
    Busy,
}

/// The position of a connection in the list: its standing, and a number that grows with each change of a standing.
type Place = (Standing, u64);

/// All connections of a node that are not WebSockets.
#[derive(Debug, Default)]
pub(crate) struct PlainConnections {
    list: Mutex<List>,
    log: Throttle,
}

#[derive(Debug, Default)]
struct List {
    entries: BTreeMap<Place, Entry>,
    /// The number of connections that are being closed to make room.
    leaving: usize,
    last_number: u64,
}

#[derive(Debug)]
struct Entry {
    opened_at: Millis,
    /// The task that serves the connection.
    task: JoinHandle<()>,
}

/// A connection of the list. It leaves the list when this is dropped.
pub(crate) struct PlainConnection {
    node: Arc<Node>,
    state: Mutex<State>,
}

struct State {
    place: Place,
    is_trusted: bool,
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
        let state = Mutex::new(State { place, is_trusted: false, peer });
        let connection = Arc::new(PlainConnection { node: self.clone(), state });
        let task = self.tasks.spawn(serve(connection.clone()));
        list.entries.insert(place, Entry { opened_at, task });
        // Before `connection`, whose drop takes the lock.
        drop(list);
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
                Some(task) => end(task).await,
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
        silent.iter().for_each(JoinHandle::abort);
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
/// others.
pub(crate) fn trust_connection(extensions: &Extensions) {
    if let Some(connection) = extensions.get::<Arc<PlainConnection>>() {
        connection.state.lock().is_trusted = true;
    }
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
    pub(crate) fn peer(&self) -> PeerAddress {
        self.state.lock().peer
    }

    /// The address of the client that has sent a request with these headers.
    pub(crate) fn client(&self, headers: &HeaderMap) -> PeerAddress {
        self.node.settings.trusted_proxies.client(self.peer(), headers)
    }

    /// Stores the address of the client from a PROXY header.
    pub(crate) fn set_peer(&self, peer: PeerAddress) {
        self.state.lock().peer = peer;
    }

    /// Notes the start of a request. False if the connection is being closed to make room: its task ends at the next
    /// await.
    pub(crate) fn begin_request(&self) -> bool {
        self.move_to(Standing::Busy)
    }

    /// Notes that the request is answered, and another may follow.
    pub(crate) fn end_request(&self) {
        let standing = if self.state.lock().is_trusted { Standing::Trusted } else { Standing::Idle };
        self.move_to(standing);
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
        self.node.plain.list.lock().remove(self.state.get_mut().place);
    }
}

impl List {
    /// The number of open connections that are not WebSockets.
    fn len(&self) -> usize {
        self.entries.len() + self.leaving
    }

    fn next_place(&mut self, standing: Standing) -> Place {
        self.last_number += 1;
        (standing, self.last_number)
    }

    /// Changes the standing of a connection. `None` if it is being closed to make room.
    fn change(&mut self, place: Place, standing: Standing) -> Option<Place> {
        let entry = self.entries.remove(&place)?;
        let place = self.next_place(standing);
        self.entries.insert(place, entry);
        Some(place)
    }

    /// Takes out the first connection of the list. `None` if all are busy.
    fn take_first(&mut self) -> Option<JoinHandle<()>> {
        let (&first, _) = self.entries.first_key_value().filter(|(place, _)| place.0 < Standing::Busy)?;
        self.take(first)
    }

    /// Takes out the silent connections that were opened before `until`.
    fn take_silent(&mut self, until: Millis) -> Vec<JoinHandle<()>> {
        let silent = self.entries.range(..(Standing::Idle, 0));
        let late: Vec<Place> =
            silent.take_while(|(_, entry)| entry.opened_at < until).map(|(place, _)| *place).collect();
        late.into_iter().filter_map(|place| self.take(place)).collect()
    }

    fn take(&mut self, place: Place) -> Option<JoinHandle<()>> {
        let entry = self.entries.remove(&place)?;
        self.leaving += 1;
        Some(entry.task)
    }

    /// Removes a connection that is closed, or has become a WebSocket.
    fn remove(&mut self, place: Place) {
        if self.entries.remove(&place).is_none() {
            self.leaving -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds a connection that never ends by itself.
    fn add(list: &mut List, standing: Standing, opened_at: Millis) -> Place {
        let place = list.next_place(standing);
        list.entries.insert(place, Entry { opened_at, task: tokio::spawn(std::future::pending()) });
        place
    }

    fn places(list: &List) -> Vec<Place> {
        list.entries.keys().copied().collect()
    }

    #[tokio::test]
    async fn silent_ones_give_way_first_and_busy_ones_never() {
        let mut list = List::default();
        let [trusted, idle, busy, silent, later] =
            [Standing::Trusted, Standing::Idle, Standing::Busy, Standing::Silent, Standing::Silent]
                .map(|standing| add(&mut list, standing, 0));
        assert_eq!(places(&list), [silent, later, idle, trusted, busy]);
        for left in [4, 3, 2, 1] {
            assert!(list.take_first().is_some());
            assert_eq!((list.entries.len(), list.len()), (left, 5), "open until its task has ended");
        }
        assert!(list.take_first().is_none());
        assert_eq!(places(&list), [busy]);
        for place in [silent, later, idle, trusted] {
            list.remove(place);
        }
        assert_eq!(list.len(), 1);
    }

    #[tokio::test]
    async fn of_equals_the_one_that_has_been_idle_for_longest_gives_way() {
        let mut list = List::default();
        let [first, second] = [0, 0].map(|at| add(&mut list, Standing::Idle, at));
        let busy = list.change(first, Standing::Busy).unwrap();
        let again = list.change(busy, Standing::Idle).unwrap();
        assert_eq!(places(&list), [second, again]);
        assert!(list.take_first().is_some());
        assert_eq!(list.change(second, Standing::Busy), None, "it has given way");
        assert_eq!(places(&list), [again]);
    }

    #[tokio::test]
    async fn only_silent_ones_have_a_short_time() {
        let mut list = List::default();
        let idle = add(&mut list, Standing::Idle, 0);
        add(&mut list, Standing::Silent, 1);
        let young = add(&mut list, Standing::Silent, 2);
        assert_eq!(list.take_silent(2).len(), 1);
        assert_eq!(places(&list), [young, idle]);
    }
}
