//! Connections that wait for the next request.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

use super::{connection::Connection, connector::Route};

/// The most connections that wait, to one receiver and to all.
const IDLE_PER_ROUTE: usize = 16;
const IDLE: usize = 128;

/// Time between two looks for connections that have waited for too long.
const SWEEP: Duration = Duration::from_secs(1);

/// The connections that wait. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Pool {
    idle: Arc<Mutex<IdleConnections>>,
}

#[derive(Default)]
struct IdleConnections {
    routes: HashMap<Route, Vec<IdleConnection>>,
    count: usize,
    /// A task looks for those that have waited for too long.
    is_swept: bool,
}

struct IdleConnection {
    connection: Connection,
    until: Instant,
}

impl Pool {
    /// The connection to `route` that has waited for the shortest time.
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

    /// Keeps a connection for `keep`, unless there are too many.
    pub(super) fn put(&self, route: &Route, connection: Connection, keep: Duration) {
        let until = connection.end().min(Instant::now() + keep);
        let mut idle = self.idle.lock();
        if idle.count >= IDLE || idle.routes.get(route).is_some_and(|waiting| waiting.len() >= IDLE_PER_ROUTE) {
            return;
        }
        idle.routes.entry(route.clone()).or_default().push(IdleConnection { connection, until });
        idle.count += 1;
        if !idle.is_swept {
            idle.is_swept = true;
            tokio::spawn(self.clone().sweep());
        }
    }

    /// Closes what has waited for too long, until nothing waits.
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
