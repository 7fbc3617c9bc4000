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

    /// Keeps a connection for the time `keep`, unless the pool is full.
    pub(super) fn put(&self, route: &Route, connection: Connection, keep: Duration) {
        let until = connection.end().min(Instant::now() + keep);
        let mut idle = self.idle.lock();
        if idle.count >= self.capacity || idle.routes.get(route).is_some_and(|waiting| waiting.len() >= IDLE_PER_ROUTE)
        {
            return;
        }
        idle.routes.entry(route.clone()).or_default().push(IdleConnection { connection, until });
        idle.count += 1;
        if !idle.is_swept {
            idle.is_swept = true;
            tokio::spawn(self.clone().sweep());
        }
    }

    /// Closes expired connections until the pool is empty.
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
            if idle.count == 0 {
                idle.is_swept = false;
                return;
            }
        }
    }
}
