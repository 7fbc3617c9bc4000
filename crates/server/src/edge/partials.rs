//! The memory of incomplete messages.

use std::{collections::HashMap, num::NonZeroUsize, sync::Arc};

use clairon_hub::Session;
use clairon_protocol::{Disconnect, SocketId};
use parking_lot::Mutex;

/// Less than this is not counted for a connection. So messages of the usual size touch no lock.
const COUNTED: usize = 8 * 1024;

/// The connections with large incomplete messages.
#[derive(Debug)]
pub struct Partials {
    /// The limit of all together, in bytes.
    limit: usize,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    total: usize,
    by_connection: HashMap<SocketId, Partial>,
}

#[derive(Debug)]
struct Partial {
    bytes: usize,
    session: Arc<Session>,
}

impl Partials {
    pub(crate) fn new(limit: Option<NonZeroUsize>) -> Self {
        Self { limit: limit.map_or(usize::MAX, NonZeroUsize::get), table: Mutex::default() }
    }

    /// The counted bytes of all.
    pub fn total(&self) -> usize {
        self.table.lock().total
    }

    /// Notes that the bytes of a connection have changed. If all have too many, those with most are closed.
    pub(crate) fn change(&self, session: &Arc<Session>, before: usize, after: usize) {
        if before.max(after) < COUNTED {
            return;
        }
        let mut table = self.table.lock();
        table.remove(session.id());
        if after >= COUNTED {
            table.total += after;
            table.by_connection.insert(session.id(), Partial { bytes: after, session: session.clone() });
        }
        while table.total > self.limit {
            let fullest = table.by_connection.iter().max_by_key(|(_, partial)| partial.bytes).map(|(id, _)| *id);
            let Some(partial) = fullest.and_then(|id| table.remove(id)) else { break };
            partial.session.close(Disconnect::PartialsFull);
        }
    }

    /// Removes a connection that ends.
    pub(crate) fn remove(&self, connection: SocketId) {
        self.table.lock().remove(connection);
    }
}

impl Table {
    fn remove(&mut self, connection: SocketId) -> Option<Partial> {
        let partial = self.by_connection.remove(&connection)?;
        self.total -= partial.bytes;
        if self.by_connection.is_empty() {
            self.by_connection = HashMap::new();
        }
        Some(partial)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::VecDeque,
        task::{Context, Poll, Waker},
    };

    use clairon_hub::{OutboxLimits, Outboxes};

    use super::*;

    fn is_closed(session: &Session) -> bool {
        let mut batch = VecDeque::new();
        let poll = session.outbox().poll_take(&mut Context::from_waker(Waker::noop()), &mut batch);
        poll == Poll::Ready(Some(Disconnect::PartialsFull))
    }

    #[test]
    fn the_connections_with_most_are_closed() {
        let outboxes = Outboxes::new(OutboxLimits { bytes: 1_000, frames: 10 }, None);
        let session = |number| Session::new(SocketId::from_random(number), outboxes.clone(), Arc::default(), 0);
        let sessions = [1, 2, 3, 4].map(|number| Arc::new(session(number)));
        let partials = Partials::new(NonZeroUsize::new(10 * COUNTED));
        for (session, steps) in sessions.iter().zip([2, 5, 3]) {
            partials.change(session, 0, steps * COUNTED);
        }
        assert_eq!(partials.total(), 10 * COUNTED);
        // Small ones are not counted.
        partials.change(&sessions[3], 0, COUNTED - 1);
        assert!(!sessions.iter().any(|session| is_closed(session)));
        partials.change(&sessions[3], COUNTED - 1, COUNTED);
        let closed = sessions.each_ref().map(|session| is_closed(session));
        assert_eq!((closed, partials.total()), ([false, true, false, false], 6 * COUNTED));
        partials.change(&sessions[0], 2 * COUNTED, 0);
        partials.remove(sessions[2].id());
        partials.remove(sessions[3].id());
        assert_eq!((partials.total(), partials.table.lock().by_connection.capacity()), (0, 0));
    }
}
