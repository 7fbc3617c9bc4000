//! Idle connections.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

use super::{connection::Connection, connector::Route};

/// The most idle connections to one receiver.
const IDLE_PER_ROUTE: usize = 16;

/// The time between two checks for expired connections.
const SWEEP: Duration = Duration::from_secs(1);

/// How long no connection to a receiver is kept after it has closed one without an answer.
const DISTRUST: Duration = Duration::from_mins(10);

/// The idle connections. Clones share them.
#[derive(Clone)]
pub(super) struct Pool {
    capacity: usize,
    idle: Arc<Mutex<IdleConnections>>,
}

#[derive(Default)]
struct IdleConnections {
    routes: HashMap<Route, Vec<IdleConnection>>,
    count: usize,
    /// Receivers whose connections are not kept, each with the time until which they are not.
    distrusted: HashMap<Route, Instant>,
    /// True while a task removes expired connections.
    is_swept: bool,
}

struct IdleConnection {
    connection: Connection,
    until: Instant,
}

impl Pool {
    /// A pool that keeps `capacity` connections at most.
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, idle: Arc::default() }
    }

    /// The most recently used idle connection to `route`.
    pub(super) fn take(&self, route: &Route) -> Option<Connection> {
        let mut idle = self.idle.lock();
        let Entry::Occupied(mut entry) = idle.routes.entry(route.clone()) else { return None };
        let taken = entry.get_mut().pop();
        if entry.get().is_empty() {
            entry.remove();
        }
        let IdleConnection { connection, until } = taken?;
        idle.count -= 1;
        (Instant::now() < until).then_some(connection)
    }

    /// Keeps no connection to `route` for a while. Some receivers close a connection after each answer without saying
    /// so in it. A request that crosses with the end of its connection is lost, and repeated after a pause.
    pub(super) fn distrust(&self, route: &Route) {
        let mut idle = self.idle.lock();
        idle.count -= idle.routes.remove(route).map_or(0, |waiting| waiting.len());
        idle.distrusted.insert(route.clone(), Instant::now() + DISTRUST);
        self.begin_sweep(&mut idle);
    }

    /// Keeps a connection for the time `keep`, unless the pool is full or the receiver closes connections unasked.
    pub(super) fn put(&self, route: &Route, connection: Connection, keep: Duration) {
        let until = connection.end().min(Instant::now() + keep);
        let mut idle = self.idle.lock();
        let is_full = idle.count >= self.capacity
            || idle.routes.get(route).is_some_and(|waiting| waiting.len() >= IDLE_PER_ROUTE);
        if is_full || idle.distrusted.get(route).is_some_and(|end| Instant::now() < *end) {
            return;
        }
        idle.routes.entry(route.clone()).or_default().push(IdleConnection { connection, until });
        idle.count += 1;
        self.begin_sweep(&mut idle);
    }

    fn begin_sweep(&self, idle: &mut IdleConnections) {
        if !std::mem::replace(&mut idle.is_swept, true) {
            tokio::spawn(self.clone().sweep());
        }
    }

    /// Removes what has expired until the pool is empty.
    async fn sweep(self) {
        loop {
            sleep(SWEEP).await;
            let mut idle = self.idle.lock();
            let now = Instant::now();
            idle.routes.retain(|_, waiting| {
                waiting.retain(|idle| now < idle.until && !idle.connection.is_closed());
                !waiting.is_empty()
            });
            idle.count = idle.routes.values().map(Vec::len).sum();
            idle.distrusted.retain(|_, end| now < *end);
            if idle.count == 0 && idle.distrusted.is_empty() {
                idle.is_swept = false;
                return;
            }
        }
    }
}
